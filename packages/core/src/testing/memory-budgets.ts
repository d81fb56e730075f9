import { reachedPercents, toldInForce } from "../budgets/alerts.ts";
import { drawnOf, limitInForce, rolledOver } from "../budgets/rollover.ts";
import {
  calendarFitsAt,
  fitsBudget,
  type MoneyEntry,
  rollingFitsAt,
  rollingResetAt,
  spentInWindow,
} from "../limits/budget-window.ts";
import { keptUntil, lateStamp, takeBack, wasClaimedBy } from "../limits/late-spending.ts";
import { expiredEntries } from "../limits/sliding-window.ts";
import { storeTime } from "../limits/store-time.ts";
import type { BudgetReached, HoldClaim, LimitSpending, PeekedBudget, Refusal } from "../ports/limit-store.port.ts";
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
  const budget = known ?? emptyBudget(claim, null);
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
  const heldPico = heldOf(budget);
  const rolledPico = rolledOf(state, claim);
  const limitPico = limitInForce(claim, rolledPico, budget.drawnPico);
  if (claim.breach === "block" && !fitsBudget(limitPico, spentPico, heldPico, claim.amountPico)) {
    const { budgetId, amountPico } = claim;
    const resetAt = fitsAgainAt(budget, { ...claim, limitPico }, t);
    return { refusal: { kind: "budget", budgetId, limitPico, spentPico, heldPico, amountPico, resetAt } };
  }
  const entry: MoneyEntry = { stamp: t, amountPico: claim.amountPico };
  const before = budget.holds.get(attemptId);
  budget.holds.set(attemptId, [...(before ?? []), entry]);
  state.budgets.set(name, budget);
  const { since } = budget;
  budget.since ??= now;
  const undraw = draw(state, claim, drawnOf(claim.limitPico, rolledPico, spentPico + heldPico + claim.amountPico));
  const undo = (): void => {
    undraw();
    budget.since = since;
    if (before === undefined) budget.holds.delete(attemptId);
    else budget.holds.set(attemptId, before);
    if (known === undefined) state.budgets.delete(name);
  };
  return { name, undo };
}

/** Remembers in the period before how much of it is used up here; answers how to forget that again. */
function draw(state: MemoryState, { key, rollover }: HoldClaim, drawnPico: PicoUsd): () => void {
  if (rollover === undefined || drawnPico === 0n) return () => {};
  const span = { kind: "calendar", period: rollover.previous } as const;
  const name = budgetName({ key, span });
  const previous = state.budgets.get(name) ?? emptyBudget({ span }, null);
  state.budgets.set(name, previous);
  const before = previous.drawnPico;
  if (drawnPico > before) previous.drawnPico = drawnPico;
  return () => {
    previous.drawnPico = before;
  };
}

/** What of the claim's alerts is reached now and has not been told. Telling is remembered. */
export function tellReached(state: MemoryState, claim: HoldClaim, now: Instant): readonly BudgetReached[] {
  const { key, budgetId, span, alertAtPercent = [] } = claim;
  const budget = state.budgets.get(budgetName(claim));
  if (budget === undefined) return [];
  const { t } = storeTime(now, budget.offsetMs, budget.latest);
  const spentPico = spentOf(budget, claim, t);
  const limitPico = limitInForce(claim, rolledOf(state, claim), budget.drawnPico);
  const percents = reachedPercents(alertAtPercent, spentPico, limitPico, toldOf(budget, claim, t));
  const highest = percents.at(-1);
  if (highest !== undefined) budget.told = { percent: highest, at: t };
  const resetAt = span.kind === "calendar" ? span.period.to : null;
  return percents.map((percent) => ({ key, budgetId, percent, limitPico, spentPico, resetAt }));
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
  const since = known?.since ?? null;
  if (amountPico < 0n && (since === null || !wasClaimedBy(since, at))) return;
  const budget = known ?? emptyBudget(claim, null);
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
  budget.since ??= at;
  state.budgets.set(name, budget);
  addSpent(budget, stamp, amountPico);
}

/** Whether two claims are on the same budget. */
export function budgetName({ key, span }: Pick<HoldClaim, "key" | "span">): string {
  return JSON.stringify(span.kind === "rolling" ? [key] : [key, span.period.from, span.period.to]);
}

export function budgetState(state: MemoryState, claim: HoldClaim, now: Instant): PeekedBudget {
  const budget = state.budgets.get(budgetName(claim)) ?? emptyBudget(claim, null);
  const { t, offsetMs } = storeTime(now, budget.offsetMs, budget.latest);
  const { span } = claim;
  const rolledPico = rolledOf(state, claim);
  const rollingReset = span.kind === "rolling" ? rollingResetAt(budget.spent, span.windowMs, t) : null;
  return {
    budgetId: claim.budgetId,
    limitPico: limitInForce(claim, rolledPico, budget.drawnPico),
    spentPico: spentOf(budget, claim, t),
    heldPico: heldOf(budget),
    breach: claim.breach,
    resetAt: span.kind === "calendar" ? span.period.to : rollingReset === null ? null : rollingReset - offsetMs,
    rolledPico,
    toldPercent: toldOf(budget, claim, t),
  };
}

/** Drops budgets in which nothing counts any more, so that memory is bounded by what is in force. */
export function sweepBudgets(state: MemoryState, now: Instant): void {
  for (const [name, budget] of state.budgets) {
    if (budget.holds.size > 0) continue;
    const { t } = storeTime(now, budget.offsetMs, budget.latest);
    if (budget.endsAt === null) budget.spent.splice(0, expiredEntries(budget.spent, budget.windowMs, t));
    const isOver = budget.keptUntil === null ? budget.spent.length === 0 : budget.keptUntil <= t;
    if (isOver) state.budgets.delete(name);
  }
}

function emptyBudget({ span }: Pick<HoldClaim, "span">, since: Instant | null): MemoryBudget {
  return {
    spent: [],
    holds: new Map(),
    offsetMs: 0,
    latest: null,
    endsAt: span.kind === "calendar" ? span.period.to : null,
    windowMs: 0,
    goneTo: -Infinity,
    keptUntil: span.kind === "calendar" ? keptUntil(span.period) : null,
    since,
    drawnPico: 0n,
    told: null,
  };
}

function heldOf(budget: MemoryBudget): PicoUsd {
  return sumPico([...budget.holds.values()].flat());
}

function rolledOf(state: MemoryState, { key, rollover }: HoldClaim): PicoUsd {
  if (rollover === undefined) return 0n;
  const span = { kind: "calendar", period: rollover.previous } as const;
  const previous = state.budgets.get(budgetName({ key, span }));
  return previous === undefined
    ? rolledOver(rollover, 0n, 0n)
    : rolledOver(rollover, sumPico(previous.spent), heldOf(previous));
}

function toldOf(budget: MemoryBudget, { span }: HoldClaim, t: Instant): number | null {
  return toldInForce(budget.told, span.kind === "rolling" ? span.windowMs : null, t)?.percent ?? null;
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
