import type { PicoUsd } from "../money/pico-usd.ts";
import type { Instant } from "../time/instant.ts";
import { calendarPeriod, type Period, previousPeriod } from "../time/period.ts";
import type { Budget } from "./budget.ts";

/**
 * Money added to one budget of a tenant once. It counts in the calendar period, in the tenant's zone, that contains `at`;
 * for a rolling budget for one window from `at` on. Nothing removes it afterwards: the period is over, or it is not (R8).
 */
export interface TopUp {
  /** Unique within the tenant; adding it again adds nothing. */
  readonly id: string;
  readonly budgetId: string;
  /** The user, feature or key it is for; null where the budget has one count, or for each count where it has many. */
  readonly scopeId: string | null;
  /** > 0. */
  readonly amountPico: PicoUsd;
  readonly at: Instant;
  /** Why, for people. */
  readonly note: string | null;
}

/** When a top-up of this budget counts. */
export function topUpPeriod(budget: Pick<Budget, "span">, { at }: Pick<TopUp, "at">, timeZone: string): Period {
  const { span } = budget;
  return span.kind === "calendar" ? calendarPeriod(span.unit, at, timeZone) : { from: at, to: at + span.windowMs };
}

/**
 * What top-ups made within `when` add to a budget, for one user, feature or key of its scope; null for the tenant's own.
 * For a calendar budget `when` is the period itself, which contains a top-up's instant iff the top-up counts in it.
 */
export function toppedUpPico(
  topUps: readonly TopUp[],
  budgetId: string,
  scopeId: string | null,
  when: Period,
): PicoUsd {
  let sum = 0n;
  for (const topUp of topUps) {
    if (topUp.budgetId !== budgetId || (topUp.scopeId !== null && topUp.scopeId !== scopeId)) continue;
    if (when.from <= topUp.at && topUp.at < when.to) sum += topUp.amountPico;
  }
  return sum;
}

/** The instants whose top-ups count in a rolling budget now: at t iff at ≤ t < at + windowMs. */
export function rollingTopUps(now: Instant, windowMs: number): Period {
  return { from: now - windowMs + 1, to: now + 1 };
}

/**
 * Whether a top-up counts for nothing any more: its period is over, and so is the one after, which may have inherited
 * from it. A budget that is gone forgets its top-ups.
 */
export function isTopUpOver(
  topUp: TopUp,
  budgets: readonly Budget[],
  moment: { readonly now: Instant; readonly timeZone: string },
): boolean {
  const budget = budgets.find(({ id }) => id === topUp.budgetId);
  if (budget === undefined) return true;
  const { now, timeZone } = moment;
  const { to } = topUpPeriod(budget, topUp, timeZone);
  if (budget.span.kind === "rolling") return to <= now;
  const current = calendarPeriod(budget.span.unit, now, timeZone);
  return to <= previousPeriod(budget.span.unit, current, timeZone).from;
}
