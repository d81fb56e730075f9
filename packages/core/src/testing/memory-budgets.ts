import {
  calendarFitsAt,
  fitsBudget,
  type MoneyEntry,
  rollingFitsAt,
  rollingResetAt,
  spentInWindow,
} from "../limits/budget-window.ts";
import { isOver, lateStamp, takeBack, wasClaimedBy } from "../limits/late-spending.ts";
import { expiredEntries } from "../limits/sliding-window.ts";
import { storeTime } from "../limits/store-time.ts";
import type { BudgetState, HoldClaim, LimitSpending, Refusal } from "../ports/limit-store.port.ts";
import type { PicoUsd } from "../money/pico-usd.ts";
import type { Instant } from "../time/instant.ts";
import { type MemoryBudget, type MemoryState, sumPico } from "./memory-state.ts";

export interface TakenHold {
  readonly name: string;
  undo(): void;
}

/** Reserves the claim for the attempt, or says why it does not fit. */
export function takeHold(
  state: MemoryState,
  claim: HoldClaim,
  attemptId: string,
  now: Instant,
): TakenHold | { readonly refusal: Refusal } {
  const name = budgetName(claim);
  const known = state.budgets.get(name);
  const budget = known ?? emptyBudget(claim, now);
  // What follows is kept also when the claim is refused: time does not go back, and what has left does not return.
  const { t, offsetMs } = storeTime(now, budget.offsetMs, budget.latest);
  budget.offsetMs = offsetMs;
  budget.latest = t;
  if (claim.span.kind === "rolling") {
    budget.windowMs = Math.max(budget.windowMs, claim.span.windowMs);
    budget.spent.splice(0, expiredEntries(budget.spent, budget.windowMs, t));
    budget.goneTo = Math.max(budget.goneTo, t - budget.windowMs);
  }
  const spentPico = spentOf(budget, claim, t);
  const heldPico = sumPico([...budget.holds.values()].flat());
  if (claim.breach === "block" && !fitsBudget(claim.limitPico, spentPico, heldPico, claim.amountPico)) {
    const { budgetId, limitPico, amountPico } = claim;
    const resetAt = fitsAgainAt(budget, claim, t);
    return { refusal: { kind: "budget", budgetId, limitPico, spentPico, heldPico, amountPico, resetAt } };
  }
  const entry: MoneyEntry = { stamp: t, amountPico: claim.amountPico };
  const before = budget.holds.get(attemptId);
  budget.holds.set(attemptId, [...(before ?? []), entry]);
  state.budgets.set(name, budget);
  const undo = (): void => {
    if (before === undefined) budget.holds.delete(attemptId);
    else budget.holds.set(attemptId, before);
    if (known === undefined) state.budgets.delete(name);
  };
  return { name, undo };
}

/** Turns an attempt's hold on one budget into spent money at the hold's own stamp. */
export function spendHold(budget: MemoryBudget, attemptId: string, spentPico: PicoUsd): void {
  const held = budget.holds.get(attemptId);
  budget.holds.delete(attemptId);
  const stamp = held?.[0]?.stamp;
  if (stamp === undefined || spentPico === 0n) return;
  addSpent(budget, stamp, spentPico);
}

function addSpent(budget: MemoryBudget, stamp: Instant, spentPico: PicoUsd): void {
  if (budget.endsAt !== null) {
    budget.spent = [{ stamp, amountPico: sumPico(budget.spent) + spentPico }];
    return;
  }
  // What has left the window does not come back, also when the wall clock steps back.
  if (stamp <= budget.goneTo) return;
  budget.spent.push({ stamp, amountPico: spentPico });
  budget.spent.sort((a, b) => a.stamp - b.stamp);
}

/** Counts money in one budget after the fact, or takes it back. */
export function spendLate(
  state: MemoryState,
  claim: HoldClaim,
  { amountPico, at }: Pick<LimitSpending, "amountPico" | "at">,
  now: Instant,
): void {
  const name = budgetName(claim);
  const known = state.budgets.get(name);
  if (amountPico < 0n && (known === undefined || !wasClaimedBy(known.since, at))) return;
  const budget = known ?? emptyBudget(claim, at);
  const { t, offsetMs } = storeTime(now, budget.offsetMs, budget.latest);
  const stamp = lateStamp(claim, { amountPico, at }, { now, t, offsetMs });
  if (stamp === null) return;
  budget.offsetMs = offsetMs;
  budget.latest = t;
  if (amountPico < 0n) {
    takeBack(budget.spent, budget.endsAt === null ? stamp : -Infinity, -amountPico).forEach((entry, index) => {
      budget.spent[index] = entry;
    });
    return;
  }
  if (claim.span.kind === "rolling") budget.windowMs = Math.max(budget.windowMs, claim.span.windowMs);
  state.budgets.set(name, budget);
  addSpent(budget, stamp, amountPico);
}

/** Whether two claims are on the same budget. */
export function budgetName({ key, span }: HoldClaim): string {
  return JSON.stringify(span.kind === "rolling" ? [key] : [key, span.period.from, span.period.to]);
}

export function budgetState(state: MemoryState, claim: HoldClaim, now: Instant): BudgetState {
  const budget = state.budgets.get(budgetName(claim)) ?? emptyBudget(claim, now);
  const { t, offsetMs } = storeTime(now, budget.offsetMs, budget.latest);
  const { span } = claim;
  const rollingReset = span.kind === "rolling" ? rollingResetAt(budget.spent, span.windowMs, t) : null;
  return {
    budgetId: claim.budgetId,
    limitPico: claim.limitPico,
    spentPico: spentOf(budget, claim, t),
    heldPico: sumPico([...budget.holds.values()].flat()),
    breach: claim.breach,
    resetAt: span.kind === "calendar" ? span.period.to : rollingReset === null ? null : rollingReset - offsetMs,
  };
}

/** Drops budgets in which nothing counts any more, so that memory is bounded by what is in force. */
export function sweepBudgets(state: MemoryState, now: Instant): void {
  for (const [name, budget] of state.budgets) {
    if (budget.holds.size > 0) continue;
    const { t } = storeTime(now, budget.offsetMs, budget.latest);
    if (budget.endsAt === null) budget.spent.splice(0, expiredEntries(budget.spent, budget.windowMs, t));
    const isDone = budget.endsAt === null ? budget.spent.length === 0 : isOver(budget.endsAt, t);
    if (isDone) state.budgets.delete(name);
  }
}

function emptyBudget({ span }: HoldClaim, since: Instant): MemoryBudget {
  const endsAt = span.kind === "calendar" ? span.period.to : null;
  return { spent: [], holds: new Map(), offsetMs: 0, latest: null, endsAt, windowMs: 0, goneTo: -Infinity, since };
}

function spentOf(budget: MemoryBudget, { span }: HoldClaim, t: Instant): PicoUsd {
  return span.kind === "rolling" ? spentInWindow(budget.spent, span.windowMs, t) : sumPico(budget.spent);
}

function fitsAgainAt(budget: MemoryBudget, { span, limitPico, amountPico }: HoldClaim, t: Instant): Instant | null {
  if (span.kind === "calendar") return calendarFitsAt(span.period.to, limitPico, amountPico);
  const holds = [...budget.holds.values()].flat();
  const fitsAt = rollingFitsAt(budget.spent, holds, limitPico, span.windowMs, t, amountPico);
  return fitsAt === null ? null : fitsAt - budget.offsetMs;
}
