import { scopeOfKey } from "../limits/claims.ts";
import { formatUsd } from "../money/decimal.ts";
import type { PicoUsd } from "../money/pico-usd.ts";
import type { BudgetReached } from "../ports/limit-store.port.ts";
import type { LogFields } from "../ports/log.port.ts";
import { formatInstant, type Instant } from "../time/instant.ts";

/** A share of a budget is spent: told once per budget, user, feature or key, and period. */
export interface BudgetEvent {
  readonly tenantId: string;
  readonly budgetId: string;
  /** The user, feature or key whose count it is; null for the tenant's own. */
  readonly scopeId: string | null;
  readonly percent: number;
  /** In force then: with top-ups and what was inherited. */
  readonly limitPico: PicoUsd;
  readonly spentPico: PicoUsd;
  /** End of the period; null for a rolling budget. */
  readonly resetAt: Instant | null;
}

export function budgetEventOf({ key, ...reached }: BudgetReached): BudgetEvent {
  return { ...scopeOfKey(key), ...reached };
}

/** What a log and a span say of it. */
export function budgetEventFields(event: BudgetEvent): LogFields {
  const { tenantId, budgetId, scopeId, percent, limitPico, spentPico, resetAt } = event;
  return {
    tenantId,
    budgetId,
    scopeId,
    percent,
    limitUsd: formatUsd(limitPico),
    spentUsd: formatUsd(spentPico),
    resetAt: resetAt === null ? null : formatInstant(resetAt),
  };
}
