import {
  type BudgetReached,
  type HoldClaim,
  type Instant,
  limitInForce,
  type PicoUsd,
  reachedPercents,
  rolledOver,
  storeTime,
  toldInForce,
} from "@tenantry/core";
import type { BudgetMarks } from "./budget-marks.ts";
import type { SpendingEntries } from "./spending-entries.ts";
import type { Spending, SpendingRows } from "./spending-row.ts";

/** A budget that an admission has met, with what it claims of it. */
export interface MetBudget {
  readonly spending: Spending;
  readonly pendingPico: PicoUsd;
}

/** What a period has from the one before. */
export interface Inherited {
  /** The period before; null where nothing is inherited. */
  readonly from: Spending | null;
  readonly rolledPico: PicoUsd;
}

/** How much of a budget there is, and how much of it is spent. */
export interface BudgetLimits {
  spent(spending: Spending, claim: HoldClaim, t: Instant): PicoUsd;
  /** `met`: by name, the budgets of the same admission. */
  inherited(claim: HoldClaim, met?: ReadonlyMap<string, MetBudget>): Inherited;
  /** The limit in force. */
  inForce(claim: HoldClaim, spending: Spending, rolledPico: PicoUsd): PicoUsd;
  /** The highest alert told in this period or window. */
  told(claim: HoldClaim, spending: Spending, t: Instant): number | null;
  /** Which alerts are reached and were not told; remembers them. For a row that is written. */
  reached(claim: HoldClaim, spending: Spending, now: Instant): readonly BudgetReached[];
}

export interface BudgetLimitsPorts {
  readonly rows: SpendingRows;
  readonly entries: SpendingEntries;
  readonly marks: BudgetMarks;
}

const nothingInherited: Inherited = { from: null, rolledPico: 0n };

export function createBudgetLimits({ rows, entries, marks }: BudgetLimitsPorts): BudgetLimits {
  const limits: BudgetLimits = {
    spent: (spending, { span }, t) =>
      span.kind === "calendar" ? spending.spentPico : entries.spentIn(spending, span.windowMs, t),
    inherited(claim, met) {
      const { key, rollover } = claim;
      if (rollover === undefined) return nothingInherited;
      const claimed = met?.get(nameOf(key, rollover.previous));
      const from = claimed?.spending ?? rows.find(key, rollover.previous);
      const heldPico = from.heldPico + (claimed?.pendingPico ?? 0n);
      return { from, rolledPico: rolledOver(rollover, from.spentPico, heldPico) };
    },
    inForce: (claim, { id }, rolledPico) =>
      claim.rollover === undefined ? claim.limitPico : limitInForce(claim, rolledPico, marks.of(id).drawnPico),
    told: ({ span }, { id }, t) =>
      toldInForce(marks.of(id).told, span.kind === "rolling" ? span.windowMs : null, t)?.percent ?? null,
    reached(claim, spending, now) {
      const { key, budgetId, span, alertAtPercent = [] } = claim;
      const lowest = alertAtPercent[0];
      if (lowest === undefined || spending.id === null) return [];
      const t = span.kind === "calendar" ? now : storeTime(now, spending.offsetMs, spending.latest).t;
      const spentPico = limits.spent(spending, claim, t);
      // The cheap answer of nearly every settlement. What a period inherits makes its limit larger or smaller.
      if (claim.rollover === undefined && spentPico * 100n < BigInt(lowest) * claim.limitPico) return [];
      const limitPico = limits.inForce(claim, spending, limits.inherited(claim).rolledPico);
      const percents = reachedPercents(alertAtPercent, spentPico, limitPico, limits.told(claim, spending, t));
      const percent = percents.at(-1);
      if (percent !== undefined) marks.tell(spending.id, { percent, at: t });
      const resetAt = span.kind === "calendar" ? span.period.to : null;
      return percents.map((one) => ({ key, budgetId, percent: one, limitPico, spentPico, resetAt }));
    },
  };
  return limits;
}

/** A budget of one admission. */
export function nameOf(key: string, period: Spending["period"]): string {
  return period === null ? JSON.stringify([key]) : JSON.stringify([key, period.from, period.to]);
}
