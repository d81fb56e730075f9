import {
  type Attribution,
  claimsFor,
  formatDuration,
  formatUsd,
  type LimitScope,
  type Policy,
  type Tenant,
} from "@tenantry/core";
import type { Books } from "@tenantry/composition";

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

/** All limits of a tenant, counted where the count is the tenant's own. */
export async function describeLimits(books: Books, tenant: Tenant, policy: Policy): Promise<readonly LimitLine[]> {
  const own = <Limit extends { readonly scope: LimitScope }>(limits: readonly Limit[]): readonly Limit[] =>
    limits.filter(({ scope }) => scope === "tenant");
  const counted: Policy = {
    ...policy,
    limits: own(policy.limits),
    concurrency: own(policy.concurrency),
    budgets: own(policy.budgets),
  };
  const at = { now: Date.now(), timeZone: tenant.timeZone };
  const states = await books.storage.limits.peek(claimsFor(counted, whoIs(tenant), at, { tokens: 0, costPico: 0n }));
  return [
    ...policy.limits.map((limit): LimitLine => {
      const state = states.windows.find(({ limitId }) => limitId === limit.id);
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
    }),
    ...policy.concurrency.map((limit): LimitLine => {
      const state = states.leases.find(({ limitId }) => limitId === limit.id);
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
    }),
    ...policy.budgets.map((budget): LimitLine => {
      const state = states.budgets.find(({ budgetId }) => budgetId === budget.id);
      const { span } = budget;
      const time = span.kind === "calendar" ? `a ${span.unit}` : `in any ${formatDuration(span.windowMs)}`;
      const effect = budget.breach === "block" ? "" : ", warns only";
      return {
        id: budget.id,
        kind: "budget",
        scope: budget.scope,
        unit: "USD",
        windowMs: span.kind === "calendar" ? null : span.windowMs,
        limit: formatUsd(budget.limitPico),
        used: state === undefined ? null : formatUsd(state.spentPico),
        held: state === undefined || state.heldPico === 0n ? null : formatUsd(state.heldPico),
        left: state === undefined ? null : formatUsd(most0(state.limitPico - state.spentPico - state.heldPico)),
        allowed: `$${formatUsd(budget.limitPico)} ${time}${per(budget.scope)}${effect}`,
      };
    }),
  ];
}

/** Limits as JSON carries them. */
export function limitsView(limits: readonly LimitLine[]): readonly Omit<LimitLine, "allowed">[] {
  return limits.map(({ allowed: _allowed, ...limit }) => limit);
}

function per(scope: LimitScope): string {
  return scope === "tenant" ? "" : ` per ${scope}`;
}

function most0(amount: bigint): bigint {
  return amount < 0n ? 0n : amount;
}

function whoIs({ id }: Tenant): Attribution {
  return { tenantId: id, userId: null, sessionId: null, feature: null, featuresUsed: [], keyId: null };
}
