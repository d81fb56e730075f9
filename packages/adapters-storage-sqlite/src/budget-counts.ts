import {
  type BudgetState,
  drawnOf,
  type HoldClaim,
  type Instant,
  type PeekedBudget,
  type PicoUsd,
  type Refusal,
  type SettledLimits,
} from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { createBudgetLimits, nameOf } from "./budget-limits.ts";
import { createBudgetMarks } from "./budget-marks.ts";
import { assertMoney } from "./money-columns.ts";
import type { Hold, OpenCalls } from "./open-calls.ts";
import { createSpendingEntries } from "./spending-entries.ts";
import { advance, periodOf, type Spending, type SpendingRows } from "./spending-row.ts";

/** Money held and spent. All methods run inside the caller's transaction; instants in answers are on the wall clock. */
export interface BudgetCounts {
  isHeld(callId: string, attemptId: string): boolean;
  /** Says which claim does not fit, or null. Writes nothing. */
  check(claims: readonly HoldClaim[], now: Instant): CheckedHolds;
  /** Reserves all claims that were checked, and answers where they stand then. */
  take(checked: CheckedHolds, callId: string, attemptId: string): readonly BudgetState[];
  /** Keeps the time that refused claims met: it goes on from there (store-time.ts of core). */
  keepTime(checked: CheckedHolds): void;
  states(claims: readonly HoldClaim[], now: Instant): readonly PeekedBudget[];
  /**
   * What turns the attempt's holds into spent money, in the periods they were taken in, and tells which alerts of the
   * claims that reaches; itself it writes nothing.
   */
  settlement(callId: string, attemptId: string, spentPico: PicoUsd, watch: Watch): () => SettledLimits;
  /** Attempts with holds of these owners, but for those with an open intent: they may have cost money (R2). */
  attemptsOf(ownerIds: readonly string[]): readonly HeldAttempt[];
}

export interface HeldAttempt {
  readonly callId: string;
  readonly attemptId: string;
}

/** Whose alerts to look after, and when. */
export interface Watch {
  readonly claims: readonly HoldClaim[];
  readonly now: Instant;
}

export interface CheckedHolds {
  readonly refusal: Refusal | null;
  readonly holds: readonly CheckedHold[];
  /** All that were met. */
  readonly budgets: readonly OpenBudget[];
}

interface CheckedHold {
  readonly claim: HoldClaim;
  readonly budget: OpenBudget;
  readonly spentPico: PicoUsd;
  /** In force. */
  readonly limitPico: PicoUsd;
  readonly drawn: Drawn | null;
}

/** What a claim uses up of the period before. */
interface Drawn {
  readonly from: Spending;
  readonly amountPico: PicoUsd;
}

interface Met {
  readonly spending: Spending;
  /** The budget's time. */
  readonly t: Instant;
}

/** A budget as this admission finds it. */
interface OpenBudget extends Met {
  /** Whether the row has another time, or a shorter window, than this admission met. */
  readonly hasMoved: boolean;
  /** Claimed by this admission so far. */
  pendingPico: PicoUsd;
}

const nothingReached: SettledLimits = { reached: [] };

export function createBudgetCounts(db: DatabaseSync, rows: SpendingRows, calls: OpenCalls): BudgetCounts {
  const entries = createSpendingEntries(db);
  const marks = createBudgetMarks(db);
  const limits = createBudgetLimits({ rows, entries, marks });

  function holdsOf(callId: string, attemptId: string): Hold[] {
    return calls.of(callId).flatMap(({ holds }) => holds.filter((hold) => hold.attemptId === attemptId));
  }

  function fitsAgainAt(
    { spending, t, pendingPico }: OpenBudget,
    claim: HoldClaim,
    excessPico: PicoUsd,
  ): Instant | null {
    const { span, limitPico, amountPico } = claim;
    if (amountPico > limitPico) return null;
    if (span.kind === "calendar") return span.period.to;
    const amounts = { mayStayPico: limitPico - amountPico, mustLeavePico: excessPico, pendingPico };
    return entries.fitsAt(spending, { windowMs: span.windowMs, t }, amounts) - spending.offsetMs;
  }

  function widen(spending: Spending, { span }: HoldClaim): void {
    if (span.kind === "rolling") spending.keepMs = Math.max(spending.keepMs, span.windowMs);
  }

  function openBudget(claim: HoldClaim, now: Instant): OpenBudget {
    const spending = rows.find(claim.key, periodOf(claim));
    const { offsetMs, latest, keepMs } = spending;
    const t = advance(spending, now);
    spending.since ??= now;
    widen(spending, claim);
    if (spending.period === null) entries.expire(spending, t);
    const hasMoved = offsetMs !== spending.offsetMs || latest !== spending.latest || keepMs !== spending.keepMs;
    return { spending, t, hasMoved, pendingPico: 0n };
  }

  function refusalOf(budget: OpenBudget, claim: HoldClaim, limitPico: PicoUsd, spentPico: PicoUsd): Refusal | null {
    const { budgetId, amountPico } = claim;
    const heldPico = budget.spending.heldPico + budget.pendingPico;
    const excessPico = spentPico + heldPico + amountPico - limitPico;
    if (claim.breach === "warn" || excessPico <= 0n) return null;
    const resetAt = fitsAgainAt(budget, { ...claim, limitPico }, excessPico);
    return { kind: "budget", budgetId, limitPico, spentPico, heldPico, amountPico, resetAt };
  }

  function save(spending: Spending): bigint {
    if (spending.id !== null && spending.period === null) entries.deleteExpired(spending);
    return rows.save(spending);
  }

  function stateOf(
    { budgetId, breach, span }: HoldClaim,
    { spending, t }: Met,
    limitPico: PicoUsd,
    spent: PicoUsd,
  ): BudgetState {
    const leavesAt = span.kind === "rolling" ? entries.lastLeavesAt(spending, span.windowMs, t) : null;
    const resetAt = span.kind === "calendar" ? span.period.to : leavesAt === null ? null : leavesAt - spending.offsetMs;
    return { budgetId, limitPico, spentPico: spent, heldPico: spending.heldPico, breach, resetAt };
  }

  return {
    isHeld: (callId, attemptId) => holdsOf(callId, attemptId).length > 0,
    check(claims, now) {
      const known = new Map<string, OpenBudget>();
      const holds: CheckedHold[] = [];
      for (const claim of claims) {
        const name = nameOf(claim.key, periodOf(claim));
        const budget = known.get(name) ?? openBudget(claim, now);
        known.set(name, budget);
        widen(budget.spending, claim);
        const spentPico = limits.spent(budget.spending, claim, budget.t);
        const { from, rolledPico } = limits.inherited(claim, known);
        const limitPico = limits.inForce(claim, budget.spending, rolledPico);
        const refusal = refusalOf(budget, claim, limitPico, spentPico);
        if (refusal !== null) return { refusal, holds: [], budgets: [...known.values()] };
        budget.pendingPico += claim.amountPico;
        assertMoney(claim.amountPico, budget.spending.heldPico + budget.pendingPico);
        const usedPico = spentPico + budget.spending.heldPico + budget.pendingPico;
        const drawnPico = drawnOf(claim.limitPico, rolledPico, usedPico);
        const drawn = from === null || drawnPico === 0n ? null : { from, amountPico: drawnPico };
        holds.push({ claim, budget, spentPico, limitPico, drawn });
      }
      return { refusal: null, holds, budgets: [...known.values()] };
    },
    take({ holds, budgets }, callId, attemptId) {
      for (const { spending, pendingPico } of budgets) {
        spending.heldPico += pendingPico;
        save(spending);
      }
      if (holds.length === 0) return [];
      for (const { drawn } of holds) {
        if (drawn === null) continue;
        const { from, amountPico } = drawn;
        // Another claim of this request may have written the row since.
        const id = from.id ?? rows.find(from.key, from.period).id;
        if (marks.of(id).drawnPico < amountPico) marks.draw(id ?? save(from), amountPico);
      }
      const taken = holds.map(({ claim: { amountPico }, budget: { spending, t } }) => {
        if (spending.period === null) entries.hold(spending.id!, t, amountPico, 1);
        return { attemptId, key: spending.key, period: spending.period, stamp: t, amountPico };
      });
      const own = calls.own(callId);
      own.holds = [...own.holds, ...taken];
      calls.changed(own);
      return holds.map(({ claim, budget, limitPico, spentPico }) => stateOf(claim, budget, limitPico, spentPico));
    },
    keepTime({ budgets }) {
      for (const { spending, hasMoved } of budgets) if (spending.id !== null && hasMoved) save(spending);
    },
    states: (claims, now) =>
      claims.map((claim) => {
        const spending = rows.find(claim.key, periodOf(claim));
        const t = advance(spending, now);
        const { rolledPico } = limits.inherited(claim);
        const limitPico = limits.inForce(claim, spending, rolledPico);
        const state = stateOf(claim, { spending, t }, limitPico, limits.spent(spending, claim, t));
        return { ...state, rolledPico, toldPercent: limits.told(claim, spending, t) };
      }),
    settlement(callId, attemptId, spentPico, { claims, now }) {
      const holds = holdsOf(callId, attemptId);
      if (holds.length === 0) return () => nothingReached;
      const met = new Map<bigint, Spending>();
      const writes: (() => void)[] = [];
      for (const { key, period, stamp, amountPico } of holds) {
        const found = rows.find(key, period);
        // A budget that was swept has nothing left to count in.
        if (found.id === null) continue;
        const { id } = found;
        // Several claims of the attempt on one budget are still one cost.
        const isFirst = !met.has(id);
        const spending = met.get(id) ?? found;
        met.set(id, spending);
        spending.heldPico -= amountPico;
        if (period === null) writes.push(() => entries.hold(id, stamp, amountPico, -1));
        if (!isFirst || spentPico === 0n) continue;
        if (period === null) writes.push(entries.adding(spending, stamp, spentPico));
        else spending.spentPico += spentPico;
      }
      for (const { heldPico, spentPico: spent } of met.values()) assertMoney(heldPico, spent);
      return () => {
        for (const call of calls.of(callId)) {
          call.holds = call.holds.filter((hold) => hold.attemptId !== attemptId);
          calls.changed(call);
        }
        for (const write of writes) write();
        for (const spending of met.values()) rows.save(spending);
        if (spentPico === 0n) return nothingReached;
        const spendings = [...met.values()];
        const reached = claims.flatMap((claim) => {
          const name = nameOf(claim.key, periodOf(claim));
          const spending = spendings.find(({ key, period }) => nameOf(key, period) === name);
          return spending === undefined ? [] : limits.reached(claim, spending, now);
        });
        return reached.length === 0 ? nothingReached : { reached };
      };
    },
    attemptsOf(ownerIds) {
      const attempts = new Map<string, HeldAttempt>();
      for (const { callId, holds } of calls.ofOwners(ownerIds)) {
        const open = calls.of(callId).flatMap((call) => call.attempts.filter(({ isSettled }) => !isSettled));
        for (const { attemptId } of holds) {
          if (open.some((attempt) => attempt.attemptId === attemptId)) continue;
          attempts.set(attemptId, { callId, attemptId });
        }
      }
      return [...attempts.values()];
    },
  };
}
