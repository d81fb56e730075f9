import { holdsFor } from "../limits/claims.ts";
import { anybodyOf } from "../limits/limit-lines.ts";
import type { LimitScope } from "../limits/rate-limit.ts";
import type { Attribution } from "../metering/ledger-line.ts";
import { formatUsd } from "../money/decimal.ts";
import type { PicoUsd } from "../money/pico-usd.ts";
import type { HoldClaim, LimitStore, PeekedBudget } from "../ports/limit-store.port.ts";
import type { Policy, Tenant } from "../tenancy/tenant.ts";
import { formatDuration } from "../time/duration.ts";
import { formatInstant, type Instant } from "../time/instant.ts";
import type { Budget } from "./budget.ts";

/** A budget and where it stands. */
export interface BudgetLine {
  readonly tenantId: string;
  readonly budgetId: string;
  readonly scope: LimitScope;
  /** Whose count it is; null for the tenant's own, and where the budget has many and nobody was named. */
  readonly scopeId: string | null;
  /** A calendar unit, or the length of a window. */
  readonly per: string;
  readonly onBreach: "block" | "warn";
  readonly limitPico: PicoUsd;
  /** Added to it now. */
  readonly toppedUpPico: PicoUsd;
  /** Null where nobody was named. */
  readonly count: BudgetCount | null;
  /** End of the calendar period; null for a rolling budget. */
  readonly periodEndsAt: Instant | null;
}

/** What of a budget is spent and left. */
export interface BudgetCount {
  /** From the period before. */
  readonly rolledPico: PicoUsd;
  readonly spentPico: PicoUsd;
  readonly heldPico: PicoUsd;
  /** ≥ 0. */
  readonly leftPico: PicoUsd;
  /** The highest share that was told in this period or window. */
  readonly toldPercent: number | null;
  /** When spent money counts no more; null for a rolling budget without spending. */
  readonly resetAt: Instant | null;
}

/** Whose counts are asked for where a budget has one for each. */
export type BudgetOwner = Partial<Pick<Attribution, "userId" | "feature" | "keyId">>;

/** A budget as JSON carries it: money as decimal strings, instants as ISO 8601. */
export interface BudgetView {
  readonly tenantId: string;
  readonly budgetId: string;
  readonly scope: LimitScope;
  readonly scopeId: string | null;
  readonly per: string;
  readonly onBreach: "block" | "warn";
  readonly limitUsd: string;
  readonly toppedUpUsd: string;
  readonly rolledUsd: string | null;
  readonly spentUsd: string | null;
  readonly heldUsd: string | null;
  readonly leftUsd: string | null;
  readonly toldPercent: number | null;
  readonly resetAt: string | null;
}

/** All budgets of a tenant, and where they stand. Changes nothing; rejects as `LimitStore.peek` does. */
export async function describeBudgets(
  limits: Pick<LimitStore, "peek">,
  tenant: Tenant,
  policy: Policy,
  now: Instant,
  owner: BudgetOwner = {},
): Promise<readonly BudgetLine[]> {
  const { budgets } = policy;
  if (budgets.length === 0) return [];
  const at = { now, timeZone: tenant.timeZone, topUps: tenant.topUps };
  const claims = holdsFor(policy, { ...anybodyOf(tenant), ...owner }, at, 0n);
  const states = await limits.peek({ windows: [], leases: [], holds: claims });
  return budgets.flatMap((budget, index) => {
    const claim = claims[index];
    const state = states.budgets[index];
    return claim === undefined || state === undefined ? [] : [lineOf(tenant.id, budget, claim, state, owner)];
  });
}

/** Budgets are spent in provider cost: where that may not be seen, what was bought is told and not where it stands. */
export function budgetView(line: BudgetLine, { showCost }: { readonly showCost: boolean }): BudgetView {
  const { tenantId, budgetId, scope, scopeId, per, onBreach, limitPico, toppedUpPico, periodEndsAt } = line;
  const count = showCost ? line.count : null;
  const resetAt = count?.resetAt ?? periodEndsAt;
  return {
    tenantId,
    budgetId,
    scope,
    scopeId,
    per,
    onBreach,
    limitUsd: formatUsd(limitPico),
    toppedUpUsd: formatUsd(toppedUpPico),
    rolledUsd: count === null ? null : formatUsd(count.rolledPico),
    spentUsd: count === null ? null : formatUsd(count.spentPico),
    heldUsd: count === null ? null : formatUsd(count.heldPico),
    leftUsd: count === null ? null : formatUsd(count.leftPico),
    toldPercent: count?.toldPercent ?? null,
    resetAt: resetAt === null ? null : formatInstant(resetAt),
  };
}

function lineOf(
  tenantId: string,
  budget: Budget,
  claim: HoldClaim,
  state: PeekedBudget,
  owner: BudgetOwner,
): BudgetLine {
  const { id: budgetId, scope, span, breach: onBreach, limitPico } = budget;
  const scopeId = ownerIn(scope, owner);
  const { rolledPico, spentPico, heldPico, toldPercent, resetAt } = state;
  const left = state.limitPico - spentPico - heldPico;
  const isCounted = scope === "tenant" || scopeId !== null;
  return {
    tenantId,
    budgetId,
    scope,
    scopeId,
    per: span.kind === "calendar" ? span.unit : formatDuration(span.windowMs),
    onBreach,
    limitPico,
    toppedUpPico: claim.limitPico - limitPico,
    count: isCounted
      ? { rolledPico, spentPico, heldPico, leftPico: left < 0n ? 0n : left, toldPercent, resetAt }
      : null,
    periodEndsAt: claim.span.kind === "calendar" ? claim.span.period.to : null,
  };
}

function ownerIn(scope: LimitScope, { userId, feature, keyId }: BudgetOwner): string | null {
  switch (scope) {
    case "tenant":
      return null;
    case "user":
      return userId ?? null;
    case "feature":
      return feature ?? null;
    case "key":
      return keyId ?? null;
  }
}
