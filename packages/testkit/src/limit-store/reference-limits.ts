import {
  type AdmitRequest,
  type AdmitResult,
  type BudgetReached,
  type BudgetState,
  calendarFitsAt,
  type Claims,
  drawnOf,
  fitsBudget,
  type HoldClaim,
  type Instant,
  limitInForce,
  type LimitRelease,
  type LimitSettlement,
  type LimitSpending,
  type MoneyEntry,
  type PeekedBudget,
  type PeekedStates,
  reachedPercents,
  readWindow,
  rolledOver,
  rollingFitsAt,
  rollingResetAt,
  type SettledLimits,
  spentInWindow,
  storeTime,
  type Told,
  toldInForce,
  type WindowClaim,
} from "@tenantry/core";

interface Stamp {
  readonly stamp: Instant;
  amount: number;
  readonly callId: string;
  readonly metric: "calls" | "tokens";
}

interface Money extends MoneyEntry {
  /** Null for what was told of later. */
  readonly attemptId: string | null;
  isHeld: boolean;
  amountPico: bigint;
}

interface Kept<Entry> {
  readonly entries: Entry[];
  offsetMs: number;
}

/**
 * Limits as the definitions have them: every admission is remembered for ever and every answer is computed anew from
 * the whole history by core's pure functions. Slow, and right.
 */
export function createReferenceLimits(now: () => Instant): ReferenceLimits {
  const windows = new Map<string, Kept<Stamp>>();
  const money = new Map<string, Kept<Money>>();
  const leases = new Set<string>();
  const firstClaims = new Map<string, Instant>();
  const heard = new Set<string>();
  /** By budget and period: what the next period has drawn from it, and what was told last. */
  const drawn = new Map<string, bigint>();
  const told = new Map<string, Told>();

  const timeOf = (kept: Kept<{ readonly stamp: Instant }>): Instant => {
    const { t, offsetMs } = storeTime(now(), kept.offsetMs, kept.entries.at(-1)?.stamp ?? null);
    kept.offsetMs = offsetMs;
    return t;
  };
  const before = ({ key, rollover }: HoldClaim): string =>
    rollover === undefined ? "" : nameOf({ key, span: { kind: "calendar", period: rollover.previous } });
  const rolledOf = (claim: HoldClaim): bigint => {
    if (claim.rollover === undefined) return 0n;
    const { entries } = keep(money, before(claim));
    return rolledOver(claim.rollover, sumOf(entries, false), sumOf(entries, true));
  };
  const limitOf = (claim: HoldClaim): bigint => limitInForce(claim, rolledOf(claim), drawn.get(nameOf(claim)) ?? 0n);
  const toldOf = (claim: HoldClaim, t: Instant): number | null => {
    const windowMs = claim.span.kind === "rolling" ? claim.span.windowMs : null;
    return toldInForce(told.get(nameOf(claim)) ?? null, windowMs, t)?.percent ?? null;
  };
  const stateOf = (claim: HoldClaim): BudgetState => ({
    ...readBudget(keep(money, nameOf(claim)), claim, timeOf),
    limitPico: limitOf(claim),
  });
  const peekedOf = (claim: HoldClaim): PeekedBudget => ({
    ...stateOf(claim),
    rolledPico: rolledOf(claim),
    toldPercent: toldOf(claim, timeOf(keep(money, nameOf(claim)))),
  });
  const reachedBy = (claim: HoldClaim): readonly BudgetReached[] => {
    const { key, budgetId, span, alertAtPercent = [] } = claim;
    const t = timeOf(keep(money, nameOf(claim)));
    const { spentPico, limitPico } = stateOf(claim);
    const percents = reachedPercents(alertAtPercent, spentPico, limitPico, toldOf(claim, t));
    const percent = percents.at(-1);
    if (percent !== undefined) told.set(nameOf(claim), { percent, at: t });
    const resetAt = span.kind === "calendar" ? span.period.to : null;
    return percents.map((one) => ({ key, budgetId, percent: one, limitPico, spentPico, resetAt }));
  };
  const read = (claims: Claims): PeekedStates => ({
    windows: claims.windows.map((claim) => readClaim(keep(windows, claim.key), claim, timeOf)),
    leases: claims.leases.map(({ key, limitId, capacity }) => ({
      limitId,
      capacity,
      inFlight: holdersOf(leases, key),
    })),
    budgets: claims.holds.map(peekedOf),
  });
  const firstMisfit = (request: AdmitRequest): AdmitResult | null => {
    const at = now();
    for (const claim of request.windows) {
      const kept = keep(windows, claim.key);
      const t = timeOf(kept);
      const { used, remaining } = readWindow(kept.entries, claim.capacity, claim.windowMs, t);
      if (used + claim.amount <= claim.capacity) continue;
      const { limitId, metric, capacity } = claim;
      const fitsAt = firstFit(kept.entries, claim, t);
      const shown = fitsAt === null ? null : fitsAt - kept.offsetMs;
      return { kind: "refused", at, refusal: { kind: "window", limitId, metric, capacity, remaining, fitsAt: shown } };
    }
    for (const { key, limitId, capacity } of request.leases) {
      if (holdersOf(leases, key) >= capacity)
        return { kind: "refused", at, refusal: { kind: "lease", limitId, capacity } };
    }
    for (const claim of request.holds) {
      const kept = keep(money, nameOf(claim));
      const t = timeOf(kept);
      const { budgetId, amountPico } = claim;
      const { spentPico, heldPico, limitPico } = stateOf(claim);
      if (claim.breach === "warn" || fitsBudget(limitPico, spentPico, heldPico, amountPico)) continue;
      const resetAt = budgetFitsAt(kept, { ...claim, limitPico }, t);
      return {
        kind: "refused",
        at,
        refusal: { kind: "budget", budgetId, limitPico, spentPico, heldPico, amountPico, resetAt },
      };
    }
    return null;
  };
  return {
    admit(request) {
      const refused = firstMisfit(request);
      if (refused !== null) return refused;
      for (const { key, metric, amount } of request.windows) {
        const kept = keep(windows, key);
        kept.entries.push({ stamp: timeOf(kept), amount, callId: request.callId, metric });
      }
      for (const { key } of request.leases) leases.add(JSON.stringify([key, request.callId]));
      for (const claim of request.holds) {
        const kept = keep(money, nameOf(claim));
        const { attemptId } = request;
        if (!firstClaims.has(nameOf(claim))) firstClaims.set(nameOf(claim), now());
        kept.entries.push({ stamp: timeOf(kept), amountPico: claim.amountPico, attemptId, isHeld: true });
        const { spentPico, heldPico } = stateOf(claim);
        const used = drawnOf(claim.limitPico, rolledOf(claim), spentPico + heldPico);
        if (used > (drawn.get(before(claim)) ?? 0n)) drawn.set(before(claim), used);
      }
      const { windows: taken, leases: places } = read(request);
      const states = { windows: taken, leases: places, budgets: request.holds.map(stateOf) };
      return { kind: "admitted", at: now(), states };
    },
    settle({ attemptId, spentPico, claims = [] }) {
      const settled = new Set<string>();
      for (const [name, { entries }] of money) {
        for (const entry of entries) {
          if (entry.attemptId !== attemptId || !entry.isHeld) continue;
          entry.isHeld = false;
          entry.amountPico = spentPico;
          settled.add(name);
        }
      }
      const spent = spentPico === 0n ? [] : claims.filter((claim) => settled.has(nameOf(claim)));
      return { reached: spent.flatMap(reachedBy) };
    },
    release({ callId, tokens }) {
      for (const lease of leases) if ((JSON.parse(lease) as [string, string])[1] === callId) leases.delete(lease);
      if (tokens === null) return;
      for (const { entries } of windows.values()) {
        for (const entry of entries) if (entry.callId === callId && entry.metric === "tokens") entry.amount = tokens;
      }
    },
    spend({ spendingId, claims, amountPico, at }) {
      if (heard.has(spendingId)) return;
      heard.add(spendingId);
      for (const claim of new Map(claims.map((one) => [nameOf(one), one])).values()) {
        const kept = keep(money, nameOf(claim));
        const t = timeOf(kept);
        if (claim.span.kind === "rolling" && at <= t - claim.span.windowMs) continue;
        if (amountPico > 0n) {
          if (!firstClaims.has(nameOf(claim))) firstClaims.set(nameOf(claim), at);
          const after = kept.entries.findIndex(({ stamp }) => stamp > at);
          const index = after === -1 ? kept.entries.length : after;
          kept.entries.splice(index, 0, { stamp: at, amountPico, attemptId: null, isHeld: false });
        } else if ((firstClaims.get(nameOf(claim)) ?? Infinity) <= at + 60_000) {
          takeFrom(kept.entries, claim.span.kind === "rolling" ? at : -Infinity, -amountPico);
        }
      }
    },
    read,
  };
}

/** Pico by pico it would be the same: the earliest settled money from an instant on goes first. */
function takeFrom(entries: readonly Money[], from: Instant, amountPico: bigint): void {
  let left = amountPico;
  for (const entry of entries) {
    if (entry.isHeld || entry.stamp < from) continue;
    const kept = entry.amountPico > left ? entry.amountPico - left : 0n;
    left -= entry.amountPico - kept;
    entry.amountPico = kept;
  }
}

export interface ReferenceLimits {
  admit(request: AdmitRequest): AdmitResult;
  settle(settlement: LimitSettlement): SettledLimits;
  /** At most once a call. */
  release(release: LimitRelease): void;
  /** Under a clock that does not step. */
  spend(spending: LimitSpending): void;
  read(claims: Claims): PeekedStates;
}

/** Searched from the definition: the instants at which an entry leaves are the only ones at which room appears. */
function firstFit(entries: readonly Stamp[], claim: WindowClaim, t: Instant): Instant | null {
  const candidates = [t, ...entries.map(({ stamp }) => stamp + claim.windowMs).filter((instant) => instant > t)];
  const fitting = candidates.filter(
    (at) => readWindow(entries, claim.capacity, claim.windowMs, at).used + claim.amount <= claim.capacity,
  );
  return fitting.length === 0 ? null : Math.min(...fitting);
}

function readClaim(
  kept: Kept<Stamp>,
  claim: WindowClaim,
  timeOf: (kept: Kept<Stamp>) => Instant,
): PeekedStates["windows"][number] {
  const { limitId, metric, capacity, windowMs } = claim;
  const { remaining, resetAt } = readWindow(kept.entries, capacity, windowMs, timeOf(kept));
  return { limitId, metric, capacity, windowMs, remaining, resetAt: resetAt - kept.offsetMs };
}

function readBudget(kept: Kept<Money>, claim: HoldClaim, timeOf: (kept: Kept<Money>) => Instant): BudgetState {
  const { budgetId, limitPico, span, breach } = claim;
  const t = timeOf(kept);
  const spent = kept.entries.filter((entry) => !entry.isHeld);
  const windowMs = span.kind === "rolling" ? span.windowMs : Infinity;
  const spentPico = spentInWindow(spent, windowMs, t);
  const heldPico = sumOf(kept.entries, true);
  const resetAt = span.kind === "calendar" ? span.period.to : rollingResetAt(spent, span.windowMs, t);
  return { budgetId, limitPico, spentPico, heldPico, breach, resetAt };
}

function budgetFitsAt(kept: Kept<Money>, { span, limitPico, amountPico }: HoldClaim, t: Instant): Instant | null {
  if (span.kind === "calendar") return calendarFitsAt(span.period.to, limitPico, amountPico);
  const spent = kept.entries.filter((entry) => !entry.isHeld);
  const holds = kept.entries.filter((entry) => entry.isHeld);
  return rollingFitsAt(spent, holds, limitPico, span.windowMs, t, amountPico);
}

function keep<Entry>(map: Map<string, Kept<Entry>>, key: string): Kept<Entry> {
  let kept = map.get(key);
  if (kept === undefined) map.set(key, (kept = { entries: [], offsetMs: 0 }));
  return kept;
}

function holdersOf(leases: ReadonlySet<string>, key: string): number {
  return [...leases].filter((lease) => (JSON.parse(lease) as [string, string])[0] === key).length;
}

function sumOf(entries: readonly Money[], isHeld: boolean): bigint {
  return entries.reduce((sum, entry) => (entry.isHeld === isHeld ? sum + entry.amountPico : sum), 0n);
}

function nameOf({ key, span }: Pick<HoldClaim, "key" | "span">): string {
  return JSON.stringify(span.kind === "rolling" ? [key] : [key, span.period.from]);
}
