import { type Budget, defaultAlertAtPercent } from "../budgets/budget.ts";
import { rollingTopUps, type TopUp, toppedUpPico } from "../budgets/top-up.ts";
import type { Attribution } from "../metering/ledger-line.ts";
import type { PicoUsd } from "../money/pico-usd.ts";
import type { Claims, HoldClaim, Rollover } from "../ports/limit-store.port.ts";
import type { Policy } from "../tenancy/tenant.ts";
import { type CalendarUnit, calendarPeriod, type Period, previousPeriod } from "../time/period.ts";
import type { Instant } from "../time/instant.ts";
import type { LimitScope } from "./rate-limit.ts";

/** When a claim is made, and what of the tenant decides its budgets then. */
export interface ClaimMoment {
  readonly now: Instant;
  readonly timeZone: string;
  /** Default: none. */
  readonly topUps?: readonly TopUp[] | undefined;
}

/** Calls without a user, feature or key share this one scope. */
export const noId = "(none)";

/** The first attempt's claims: a slot in every window, a place in flight, and money in every budget (R3). */
export function claimsFor(
  policy: Policy,
  who: Attribution,
  at: ClaimMoment,
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
export function holdsFor(policy: Policy, who: Attribution, at: ClaimMoment, amountPico: PicoUsd): readonly HoldClaim[] {
  return policy.budgets.map((budget) => holdFor(budget, who, at, amountPico));
}

function holdFor(budget: Budget, who: Attribution, at: ClaimMoment, amountPico: PicoUsd): HoldClaim {
  const { span, rolloverPico } = budget;
  const period = span.kind === "rolling" ? null : calendarPeriod(span.unit, at.now, at.timeZone);
  const alertAtPercent = budget.alertAtPercent ?? defaultAlertAtPercent;
  const ownLimit = (when: Period): PicoUsd => budget.limitPico + toppedUpBy(budget, who, at, when);
  return {
    key: scopeKey("budget", who, budget.id, budget.scope),
    budgetId: budget.id,
    limitPico: ownLimit(period ?? rollingTopUps(at.now, span.kind === "rolling" ? span.windowMs : 0)),
    span: span.kind === "rolling" ? span : { kind: "calendar", period: period as Period },
    amountPico,
    breach: budget.breach,
    ...(span.kind === "rolling" || rolloverPico === undefined
      ? {}
      : { rollover: rolloverOf(previousOf(span.unit, period as Period, at.timeZone), ownLimit, rolloverPico) }),
    ...(alertAtPercent.length === 0 ? {} : { alertAtPercent }),
  };
}

function rolloverOf(previous: Period, ownLimit: (when: Period) => PicoUsd, atMostPico: PicoUsd): Rollover {
  return { previous, previousLimitPico: ownLimit(previous), atMostPico };
}

function toppedUpBy({ id, scope }: Budget, who: Attribution, { topUps = [] }: ClaimMoment, when: Period): PicoUsd {
  return topUps.length === 0 ? 0n : toppedUpPico(topUps, id, scopeId(who, scope), when);
}

/** Periods are shared objects, each of one unit and zone, so what came before one is asked of the calendar once. */
const previousPeriods = new WeakMap<Period, Period>();

function previousOf(unit: CalendarUnit, period: Period, timeZone: string): Period {
  let previous = previousPeriods.get(period);
  if (previous === undefined) previousPeriods.set(period, (previous = previousPeriod(unit, period, timeZone)));
  return previous;
}

/** Whose count a budget's key names. */
export function scopeOfKey(key: string): { readonly tenantId: string; readonly scopeId: string | null } {
  const [, tenantId, , scopeId] = JSON.parse(key) as [string, string, string, string | null];
  return { tenantId, scopeId };
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
