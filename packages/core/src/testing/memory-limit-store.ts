import { TenantryError } from "../errors/tenantry-error.ts";
import type { Clock } from "../ports/clock.port.ts";
import type {
  AdmitRequest,
  AdmitResult,
  Claims,
  LeaseClaim,
  LimitRelease,
  LimitSettlement,
  LimitSpending,
  LimitStates,
  LimitStore,
  PeekedStates,
  Refusal,
  SettledLimits,
} from "../ports/limit-store.port.ts";
import { bindStoreClock, resultOnWall, spendingOnStore, statesOnWall } from "../limits/store-clock.ts";
import { spentOf } from "../metering/line-in-force.ts";
import type { Instant } from "../time/instant.ts";
import { forgetAt } from "../limits/late-spending.ts";
import {
  budgetName,
  budgetState,
  spendHold,
  spendLate,
  sweepBudgets,
  takeHold,
  tellReached,
} from "./memory-budgets.ts";
import {
  type MemoryOwnerOptions,
  type MemoryStamp,
  type MemoryState,
  ownerOf,
  refuseReadOnly,
} from "./memory-state.ts";
import { sweepWindows, takeWindow, windowState } from "./memory-windows.ts";

export interface MemoryLimitStoreOptions extends MemoryOwnerOptions {
  readonly clock: Clock;
}

/** Below this many keys a sweep would cost more than it gives back. */
const minKeysToSweep = 1024;

/**
 * Limits in memory: exact for one process, without durability. What no longer counts is dropped, so memory is bounded
 * by the admissions that are in force.
 */
export function createMemoryLimitStore(options: MemoryLimitStoreOptions): LimitStore {
  const { clock } = options;
  const { state, owner, isAlive } = ownerOf(options);
  const time = bindStoreClock(clock, state.anchor);
  state.anchor = time.anchor;
  let keysAfterSweep = 0;

  const sweepWhenGrown = (now: Instant): void => {
    if (
      state.windows.size + state.budgets.size + state.lateSpendings.size <
      Math.max(minKeysToSweep, 2 * keysAfterSweep)
    )
      return;
    sweepWindows(state, now);
    sweepBudgets(state, now);
    for (const [id, until] of state.lateSpendings) if (until <= now) state.lateSpendings.delete(id);
    keysAfterSweep = state.windows.size + state.budgets.size + state.lateSpendings.size;
  };
  return {
    async admit(request) {
      refuseReadOnly(state);
      if (state.holds.has(request.attemptId))
        throw new TenantryError("conflict", `attempt ${request.attemptId} already has holds`);
      const now = time.now();
      sweepWhenGrown(now);
      return resultOnWall(takeAll(state, owner, request, now), request, time.lagMs());
    },
    async settle(settlement) {
      refuseReadOnly(state);
      return settleHolds(state, settlement, time.now());
    },
    async release(release) {
      refuseReadOnly(state);
      endCall(state, release);
    },
    async spend(spending) {
      refuseReadOnly(state);
      const now = time.now();
      sweepWhenGrown(now);
      spendOnce(state, spendingOnStore(spending, time.lagMs()), now);
    },
    async peek(claims) {
      return statesOnWall(readStates(state, claims, time.now()), claims, time.lagMs());
    },
    async recover() {
      refuseReadOnly(state);
      return dropDead(state, isAlive);
    },
  };
}

function takeAll(state: MemoryState, owner: string, request: AdmitRequest, now: Instant): AdmitResult {
  const undos: (() => void)[] = [];
  const refuse = (refusal: Refusal): AdmitResult => {
    for (const undo of undos.toReversed()) undo();
    return { kind: "refused", at: now, refusal };
  };
  const tokenStamps: MemoryStamp[] = [];
  for (const claim of request.windows) {
    const taken = takeWindow(state, claim, now);
    if ("refusal" in taken) return refuse(taken.refusal);
    undos.push(taken.undo);
    if (claim.metric === "tokens") tokenStamps.push(taken.entry);
  }
  for (const claim of request.leases) {
    const taken = takeLease(state, claim, request.callId, owner);
    if ("refusal" in taken) return refuse(taken.refusal);
    undos.push(taken.undo);
  }
  const budgets = new Set<string>();
  for (const claim of request.holds) {
    const taken = takeHold(state, claim, request.attemptId, now);
    if ("refusal" in taken) return refuse(taken.refusal);
    undos.push(taken.undo);
    budgets.add(taken.name);
  }
  if (budgets.size > 0) state.holds.set(request.attemptId, { owner, callId: request.callId, budgets });
  if (tokenStamps.length > 0) {
    const earlier = state.tokenStamps.get(request.callId)?.stamps ?? [];
    state.tokenStamps.set(request.callId, { owner, stamps: [...earlier, ...tokenStamps] });
  }
  return { kind: "admitted", at: now, states: withoutPeeked(readStates(state, request, now)) };
}

function takeLease(
  state: MemoryState,
  { key, limitId, capacity }: LeaseClaim,
  callId: string,
  owner: string,
): { undo(): void } | { readonly refusal: Refusal } {
  const holders = state.leases.get(key) ?? new Map<string, string>();
  if (holders.has(callId)) return { undo: () => {} };
  if (holders.size >= capacity) return { refusal: { kind: "lease", limitId, capacity } };
  holders.set(callId, owner);
  state.leases.set(key, holders);
  return { undo: () => dropLease(state, key, callId) };
}

function dropLease(state: MemoryState, key: string, callId: string): boolean {
  const holders = state.leases.get(key);
  const dropped = holders?.delete(callId) === true;
  if (holders?.size === 0) state.leases.delete(key);
  return dropped;
}

function settleHolds(
  state: MemoryState,
  { attemptId, spentPico, claims = [] }: LimitSettlement,
  now: Instant,
): SettledLimits {
  const hold = state.holds.get(attemptId);
  state.holds.delete(attemptId);
  for (const name of hold?.budgets ?? []) {
    const budget = state.budgets.get(name);
    if (budget !== undefined) spendHold(budget, attemptId, spentPico);
  }
  const spent = spentPico === 0n ? [] : claims.filter((claim) => hold?.budgets.has(budgetName(claim)) === true);
  return { reached: spent.flatMap((claim) => tellReached(state, claim, now)) };
}

function spendOnce(state: MemoryState, spending: LimitSpending, now: Instant): void {
  const { spendingId, claims, amountPico, at } = spending;
  if (state.lateSpendings.has(spendingId)) return;
  state.lateSpendings.set(spendingId, forgetAt(claims, at));
  if (amountPico === 0n) return;
  const budgets = new Map(claims.map((claim) => [budgetName(claim), claim]));
  for (const claim of budgets.values()) spendLate(state, claim, spending, now);
}

function endCall(state: MemoryState, { callId, tokens }: LimitRelease): void {
  const stamps = state.tokenStamps.get(callId)?.stamps ?? [];
  state.tokenStamps.delete(callId);
  if (tokens !== null) for (const stamp of stamps) stamp.amount = tokens;
  for (const key of state.leases.keys()) dropLease(state, key, callId);
}

function readStates(state: MemoryState, claims: Claims, now: Instant): PeekedStates {
  return {
    windows: claims.windows.map((claim) => windowState(state, claim, now)),
    leases: claims.leases.map(({ key, limitId, capacity }) => ({
      limitId,
      capacity,
      inFlight: state.leases.get(key)?.size ?? 0,
    })),
    budgets: claims.holds.map((claim) => budgetState(state, claim, now)),
  };
}

/** What only `peek` tells is left out. */
function withoutPeeked(states: PeekedStates): LimitStates {
  const budgets = states.budgets.map(({ rolledPico: _rolled, toldPercent: _told, ...state }) => state);
  return { ...states, budgets };
}

function dropDead(state: MemoryState, isAlive: (owner: string) => boolean): { leases: number; holds: number } {
  let leases = 0;
  for (const [key, holders] of state.leases) {
    for (const [callId, owner] of holders) if (!isAlive(owner) && dropLease(state, key, callId)) leases += 1;
  }
  let holds = 0;
  for (const [attemptId, { owner, budgets }] of state.holds) {
    if (isAlive(owner)) continue;
    state.holds.delete(attemptId);
    // The process may have died between the line and the settlement of its hold: the line decides then (R2).
    const line = state.lines.get(attemptId);
    const spentPico = line === undefined ? 0n : spentOf(line);
    for (const name of budgets) {
      const budget = state.budgets.get(name);
      if (budget !== undefined) spendHold(budget, attemptId, spentPico);
    }
    holds += 1;
  }
  for (const [callId, { owner }] of state.tokenStamps) if (!isAlive(owner)) state.tokenStamps.delete(callId);
  return { leases, holds };
}
