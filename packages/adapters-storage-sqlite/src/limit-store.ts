import {
  type AdmitRequest,
  type AdmitResult,
  type Claims,
  type LimitStore,
  type PeekedStates,
  type Refusal,
  resultOnWall,
  spendingOnStore,
  statesOnWall,
  type StoreClock,
  TenantryError,
} from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { type CheckedHolds, createBudgetCounts } from "./budget-counts.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { InFlight } from "./in-flight.ts";
import { createLateSpendings } from "./late-spendings.ts";
import { createLeases } from "./leases.ts";
import type { Owners } from "./owners.ts";
import { createSpentOfLine } from "./spent-of-line.ts";
import { type CheckedWindows, createWindowCounts } from "./window-counts.ts";

export interface LimitStorePorts {
  readonly db: DatabaseSync;
  readonly group: GroupCommit;
  readonly owners: Owners;
  readonly inFlight: InFlight;
  readonly time: StoreClock;
}

/** Admissions between two sweeps of keys in which nothing counts any more. */
const SWEEP_EVERY = 32;

/** `LimitStore` on the store's transaction: an admission is decided at once and durable with the turn's commit. */
export function createLimitStore({ db, group, owners, inFlight, time }: LimitStorePorts): LimitStore {
  const { calls, windowKeys, leaseCounts, spendings } = inFlight;
  const windows = createWindowCounts(db, windowKeys, calls);
  const leases = createLeases(calls, leaseCounts);
  const budgets = createBudgetCounts(db, spendings, calls);
  const lateSpendings = createLateSpendings(db, spendings);
  const spentOfLine = createSpentOfLine(db);
  let admissions = 0;

  function statesOf(claims: Claims, now: number): PeekedStates {
    return {
      windows: windows.states(claims.windows, now),
      leases: leases.states(claims.leases),
      budgets: budgets.states(claims.holds, now),
    };
  }

  function sweepNowAndThen(now: number): void {
    admissions += 1;
    if (admissions % SWEEP_EVERY !== 0) return;
    windowKeys.sweep(now);
    spendings.sweep(now);
    lateSpendings.sweep(now);
  }

  /** The decision; what it answers writes it. */
  function admission(request: AdmitRequest): () => AdmitResult {
    const { callId, attemptId } = request;
    if (budgets.isHeld(callId, attemptId))
      throw new TenantryError("conflict", `attempt ${attemptId} already has holds`);
    const at = time.now();
    const refused = (refusal: Refusal, stamps: CheckedWindows, holds: CheckedHolds | null) => (): AdmitResult => {
      windows.keepTime(stamps);
      if (holds !== null) budgets.keepTime(holds);
      return resultOnWall({ kind: "refused", at, refusal }, request, time.lagMs());
    };
    const stamps = windows.check(request.windows, at);
    if (stamps.refusal !== null) return refused(stamps.refusal, stamps, null);
    const places = leases.check(request.leases, callId);
    if (places.refusal !== null) return refused(places.refusal, stamps, null);
    const holds = budgets.check(request.holds, at);
    if (holds.refusal !== null) return refused(holds.refusal, stamps, holds);
    return () => {
      const states = {
        windows: windows.take(stamps, callId),
        leases: leases.take(places, callId),
        budgets: budgets.take(holds, callId, attemptId),
      };
      sweepNowAndThen(at);
      return resultOnWall({ kind: "admitted", at, states }, request, time.lagMs());
    };
  }

  return {
    admit: (request) => group.decide({ check: () => admission(request) }),
    settle: ({ callId, attemptId, spentPico, claims = [] }) =>
      group.write({ check: () => budgets.settlement(callId, attemptId, spentPico, { claims, now: time.now() }) }),
    release: ({ callId, tokens }) =>
      group.write({
        check: () => {
          const correct = windows.correction(callId, tokens);
          return () => {
            leases.release(callId);
            correct();
          };
        },
      }),
    spend: (spending) =>
      group.write({ check: () => lateSpendings.spending(spendingOnStore(spending, time.lagMs()), time.now()) }),
    peek: (claims) =>
      group.decide({
        check: () => {
          const states = statesOnWall(statesOf(claims, time.now()), claims, time.lagMs());
          return () => states;
        },
      }),
    recover: () =>
      group.write({
        check: () => () => {
          const dead = owners.dead();
          const unwatched = { claims: [], now: time.now() };
          const attempts = budgets.attemptsOf(dead);
          // The process may have died between the line and the settlement of its hold: the line decides then (R2).
          for (const { callId, attemptId } of attempts) {
            budgets.settlement(callId, attemptId, spentOfLine(attemptId), unwatched)();
          }
          const dropped = leases.drop(dead);
          windows.abandon(dead);
          calls.flush();
          owners.prune(dead);
          return { leases: dropped, holds: attempts.length };
        },
      }),
  };
}
