import {
  type AdmitResult,
  type Claims,
  type Clock,
  type LimitStates,
  type LimitStore,
  TenantryError,
} from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { createBudgetCounts } from "./budget-counts.ts";
import type { GroupCommit } from "./group-commit.ts";
import { createLeases } from "./leases.ts";
import type { Owners } from "./owners.ts";
import { createSpentOfLine } from "./spent-of-line.ts";
import { createWindowCounts } from "./window-counts.ts";

export interface LimitStorePorts {
  readonly db: DatabaseSync;
  readonly group: GroupCommit;
  readonly owners: Owners;
  readonly clock: Clock;
}

/** Admissions between two sweeps of keys in which nothing counts any more. */
const SWEEP_EVERY = 256;

/** `LimitStore` on the store's transaction: an admission is decided at once and durable with the turn's commit. */
export function createLimitStore({ db, group, owners, clock }: LimitStorePorts): LimitStore {
  const windows = createWindowCounts(db);
  const leases = createLeases(db);
  const budgets = createBudgetCounts(db);
  const spentOfLine = createSpentOfLine(db);
  let admissions = 0;

  function statesOf(claims: Claims, now: number): LimitStates {
    return {
      windows: windows.states(claims.windows, now),
      leases: leases.states(claims.leases),
      budgets: budgets.states(claims.holds, now),
    };
  }

  function sweepNowAndThen(now: number): void {
    admissions += 1;
    if (admissions % SWEEP_EVERY !== 0) return;
    windows.sweep(now);
    budgets.sweep(now);
  }

  return {
    admit: (request) =>
      group.decide((): AdmitResult => {
        if (budgets.isHeld(request.attemptId)) {
          throw new TenantryError("conflict", `attempt ${request.attemptId} already has holds`);
        }
        const at = clock.now();
        const stamps = windows.check(request.windows, at);
        if (stamps.refusal !== null) return { kind: "refused", at, refusal: stamps.refusal };
        const noPlace = leases.check(request.leases, request.callId);
        if (noPlace !== null) return { kind: "refused", at, refusal: noPlace };
        const holds = budgets.check(request.holds, at);
        if (holds.refusal !== null) return { kind: "refused", at, refusal: holds.refusal };
        windows.take(stamps, request.callId, owners.id);
        leases.take(request.leases, request.callId, owners.id);
        budgets.take(holds, request.attemptId, owners.id);
        const states = statesOf(request, at);
        sweepNowAndThen(at);
        return { kind: "admitted", at, states };
      }),
    settle: ({ attemptId, spentPico }) => group.write(() => budgets.settle(attemptId, spentPico)),
    release: ({ callId, tokens }) =>
      group.write(() => {
        leases.release(callId);
        windows.correct(callId, tokens);
      }),
    peek: (claims) => group.decide(() => statesOf(claims, clock.now())),
    recover: () =>
      group.write(() => {
        const dead = owners.dead();
        const attempts = budgets.attemptsOf(dead);
        // The process may have died between the line and the settlement of its hold: the line decides then (R2).
        for (const attemptId of attempts) budgets.settle(attemptId, spentOfLine(attemptId));
        const dropped = leases.drop(dead);
        windows.abandon(dead);
        owners.prune(dead);
        return { leases: dropped, holds: attempts.length };
      }),
  };
}
