import type { Attribution } from "../metering/ledger-line.ts";
import type { PicoUsd } from "../money/pico-usd.ts";
import type { Claims, HoldClaim } from "../ports/limit-store.port.ts";
import type { Policy } from "../tenancy/tenant.ts";
import { calendarPeriod } from "../time/period.ts";
import type { Instant } from "../time/instant.ts";
import type { LimitScope } from "./rate-limit.ts";

/** Calls without a user, feature or key share this one scope. */
export const noId = "(none)";

/** The first attempt's claims: a slot in every window, a place in flight, and money in every budget (R3). */
export function claimsFor(
  policy: Policy,
  who: Attribution,
  at: { readonly now: Instant; readonly timeZone: string },
  worst: { readonly tokens: number; readonly costPico: PicoUsd },
): Claims {
  return {
    windows: policy.limits.map((limit) => ({
      key: scopeKey("window", who, limit.id, limit.scope),
      limitId: limit.id,
      metric: limit.metric,
      capacity: limit.capacity,
      windowMs: limit.windowMs,
      amount: limit.metric === "calls" ? 1 : worst.tokens,
    })),
    leases: policy.concurrency.map((limit) => ({
      key: scopeKey("lease", who, limit.id, limit.scope),
      limitId: limit.id,
      capacity: limit.capacity,
    })),
    holds: holdsFor(policy, who, at, worst.costPico),
  };
}

/** The money claims of one attempt: the same amount in every budget that covers it. */
export function holdsFor(
  policy: Policy,
  who: Attribution,
  at: { readonly now: Instant; readonly timeZone: string },
  amountPico: PicoUsd,
): readonly HoldClaim[] {
  return policy.budgets.map((budget) => ({
    key: scopeKey("budget", who, budget.id, budget.scope),
    budgetId: budget.id,
    limitPico: budget.limitPico,
    span:
      budget.span.kind === "rolling"
        ? budget.span
        : { kind: "calendar" as const, period: calendarPeriod(budget.span.unit, at.now, at.timeZone) },
    amountPico,
    breach: budget.breach,
  }));
}

/** One text per count; a JSON list, so that no id can imitate another's key (R4). */
function scopeKey(kind: string, who: Attribution, limitId: string, scope: LimitScope): string {
  return JSON.stringify([kind, who.tenantId, limitId, scopeId(who, scope)]);
}

function scopeId(who: Attribution, scope: LimitScope): string | null {
  switch (scope) {
    case "tenant":
      return null;
    case "user":
      return who.userId ?? noId;
    case "feature":
      return who.feature ?? noId;
    case "key":
      return who.keyId ?? noId;
  }
}
