import type { Attribution } from "../metering/ledger-line.ts";
import { formatUsd } from "../money/decimal.ts";
import type { LimitStore, PeekedStates } from "../ports/limit-store.port.ts";
import type { Budget } from "../budgets/budget.ts";
import type { Policy, Tenant } from "../tenancy/tenant.ts";
import type { TierPolicy } from "../tenancy/tier.ts";
import { formatDuration } from "../time/duration.ts";
import type { Instant } from "../time/instant.ts";
import { claimsFor } from "./claims.ts";
import type { ConcurrencyLimit, LimitScope, RateLimit } from "./rate-limit.ts";

/** A limit and where it stands. Amounts are numbers for calls and tokens, decimal strings for USD. */
export interface LimitLine {
  readonly id: string;
  readonly kind: "rate" | "concurrency" | "budget";
  readonly scope: LimitScope;
  readonly unit: "calls" | "tokens" | "USD";
  /** Length of a sliding window; null for calendar periods and calls in flight. */
  readonly windowMs: number | null;
  readonly limit: number | string;
  /** Null where the limit has a count for each user, feature or key. */
  readonly used: number | string | null;
  /** Reserved for calls in flight; null where nothing is reserved. */
  readonly held: string | null;
  readonly left: number | string | null;
  /** For a person. */
  readonly allowed: string;
}

/** A limit as JSON carries it. */
export type LimitView = Omit<LimitLine, "allowed">;

/** What a limit allows, without where it stands. */
export type LimitTerms = Pick<LimitLine, "id" | "kind" | "scope" | "unit" | "windowMs" | "limit">;

/** The limits somebody bought. */
export function limitTerms(policy: Pick<TierPolicy, "limits" | "concurrency" | "budgets">): readonly LimitTerms[] {
  return linesOf(policy, { windows: [], leases: [], budgets: [] }).map(
    ({ id, kind, scope, unit, windowMs, limit }) => ({
      id,
      kind,
      scope,
      unit,
      windowMs,
      limit,
    }),
  );
}

/** All limits of a tenant, counted where the count is the tenant's own. Changes nothing; rejects as `LimitStore.peek` does. */
export async function describeLimits(
  limits: Pick<LimitStore, "peek">,
  tenant: Tenant,
  policy: Policy,
  now: Instant,
): Promise<readonly LimitLine[]> {
  const own = <Limit extends { readonly scope: LimitScope }>(all: readonly Limit[]): readonly Limit[] =>
    all.filter(({ scope }) => scope === "tenant");
  const counted: Policy = {
    ...policy,
    limits: own(policy.limits),
    concurrency: own(policy.concurrency),
    budgets: own(policy.budgets),
  };
  const at = { now, timeZone: tenant.timeZone, topUps: tenant.topUps };
  const states = await limits.peek(claimsFor(counted, anybodyOf(tenant), at, { tokens: 0, costPico: 0n }));
  return linesOf(policy, states);
}

/** Budgets are spent in provider cost: where that may not be seen, what they bought is told and not where it stands. */
export function limitsView(
  lines: readonly LimitLine[],
  { showCost }: { readonly showCost: boolean },
): readonly LimitView[] {
  return lines.map(({ allowed: _allowed, ...line }) =>
    showCost || line.kind !== "budget" ? line : { ...line, used: null, held: null, left: null },
  );
}

function linesOf(
  { limits, concurrency, budgets }: Pick<TierPolicy, "limits" | "concurrency" | "budgets">,
  states: PeekedStates,
): readonly LimitLine[] {
  return [
    ...limits.map((limit) => rateLine(limit, states)),
    ...concurrency.map((limit) => concurrencyLine(limit, states)),
    ...budgets.map((budget) => budgetLine(budget, states)),
  ];
}

function rateLine(limit: RateLimit, { windows }: PeekedStates): LimitLine {
  const state = windows.find(({ limitId }) => limitId === limit.id);
  return {
    id: limit.id,
    kind: "rate",
    scope: limit.scope,
    unit: limit.metric,
    windowMs: limit.windowMs,
    limit: limit.capacity,
    used: state === undefined ? null : state.capacity - state.remaining,
    held: null,
    left: state?.remaining ?? null,
    allowed: `${limit.capacity} ${limit.metric} in any ${formatDuration(limit.windowMs)}${per(limit.scope)}`,
  };
}

function concurrencyLine(limit: ConcurrencyLimit, { leases }: PeekedStates): LimitLine {
  const state = leases.find(({ limitId }) => limitId === limit.id);
  return {
    id: limit.id,
    kind: "concurrency",
    scope: limit.scope,
    unit: "calls",
    windowMs: null,
    limit: limit.capacity,
    used: state?.inFlight ?? null,
    held: null,
    left: state === undefined ? null : Math.max(0, state.capacity - state.inFlight),
    allowed: `${limit.capacity} calls at once${per(limit.scope)}`,
  };
}

function budgetLine(budget: Budget, { budgets }: PeekedStates): LimitLine {
  const state = budgets.find(({ budgetId }) => budgetId === budget.id);
  const { span } = budget;
  const time = span.kind === "calendar" ? `a ${span.unit}` : `in any ${formatDuration(span.windowMs)}`;
  const effect = budget.breach === "block" ? "" : ", warns only";
  return {
    id: budget.id,
    kind: "budget",
    scope: budget.scope,
    unit: "USD",
    windowMs: span.kind === "calendar" ? null : span.windowMs,
    // With what was topped up, and without what was inherited, which would tell how much was spent before.
    limit: formatUsd(state === undefined ? budget.limitPico : state.limitPico - state.rolledPico),
    used: state === undefined ? null : formatUsd(state.spentPico),
    held: state === undefined || state.heldPico === 0n ? null : formatUsd(state.heldPico),
    left: state === undefined ? null : formatUsd(atLeast0(state.limitPico - state.spentPico - state.heldPico)),
    allowed: `$${formatUsd(budget.limitPico)} ${time}${per(budget.scope)}${effect}`,
  };
}

function per(scope: LimitScope): string {
  return scope === "tenant" ? "" : ` per ${scope}`;
}

function atLeast0(amount: bigint): bigint {
  return amount < 0n ? 0n : amount;
}

/** Whoever calls for a tenant, for counts that are its own. */
export function anybodyOf({ id }: Tenant): Attribution {
  return { tenantId: id, userId: null, sessionId: null, feature: null, featuresUsed: [], keyId: null };
}
