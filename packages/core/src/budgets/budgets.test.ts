import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { holdsFor } from "../limits/claims.ts";
import type { Attribution } from "../metering/ledger-line.ts";
import { usd } from "../money/decimal.ts";
import { resolvePolicy } from "../tenancy/resolve-policy.ts";
import { aTenant, aTier } from "../testing/builders.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { createMemoryLimitStore } from "../testing/memory-limit-store.ts";
import { type CalendarUnit, calendarPeriod, previousPeriod } from "../time/period.ts";
import { reachedPercents } from "./alerts.ts";
import type { Budget } from "./budget.ts";
import { budgetView, describeBudgets } from "./describe-budgets.ts";
import { drawnOf, limitInForce, rolledOver } from "./rollover.ts";
import { isTopUpOver, rollingTopUps, type TopUp, toppedUpPico, topUpPeriod } from "./top-up.ts";

const someone: Attribution = {
  tenantId: "tenant-a",
  userId: "ann",
  sessionId: null,
  feature: null,
  featuresUsed: [],
  keyId: null,
};
const monthly: Budget = {
  id: "budget-month",
  limitPico: usd("10"),
  span: { kind: "calendar", unit: "month" },
  scope: "tenant",
  breach: "block",
};
const perUser: Budget = { ...monthly, id: "budget-month-user", scope: "user" };
const daily: Budget = { ...monthly, id: "budget-1d", span: { kind: "rolling", windowMs: 86_400_000 } };

function aTopUp(some: Partial<TopUp> = {}): TopUp {
  const at = Date.UTC(2026, 0, 15);
  return { id: "gift", budgetId: monthly.id, scopeId: null, amountPico: usd("5"), at, note: null, ...some };
}

function limitsAt(
  now: number,
  topUps: readonly TopUp[],
  timeZone = "UTC",
  budgets = [monthly, perUser, daily],
): bigint[] {
  const policy = resolvePolicy(aTier({ budgets }), aTenant());
  return holdsFor(policy, someone, { now, timeZone, topUps }, 1n).map(({ limitPico }) => limitPico);
}

describe("a top-up", () => {
  it("counts in the month of the tenant's zone that contains its instant, and in no other", () => {
    // Already February in Kathmandu.
    const topUp = aTopUp({ at: Date.UTC(2026, 0, 31, 20) });
    const february = (day: number): number => Date.UTC(2026, 1, day);
    expect(limitsAt(february(10), [topUp], "Asia/Kathmandu")[0]).toBe(usd("15"));
    expect(limitsAt(february(10), [topUp])[0]).toBe(usd("10"));
    expect(limitsAt(Date.UTC(2026, 0, 2), [topUp])[0]).toBe(usd("15"));
    expect(limitsAt(Date.UTC(2026, 0, 2), [topUp], "Asia/Kathmandu")[0]).toBe(usd("10"));
  });

  it("of a rolling budget counts for one window from its instant on", () => {
    const at = Date.UTC(2026, 0, 15);
    const topUp = aTopUp({ budgetId: daily.id, at });
    const limit = (now: number): bigint | undefined => limitsAt(now, [topUp])[2];
    expect([at - 1, at, at + 86_399_999, at + 86_400_000].map(limit)).toEqual(["10", "15", "15", "10"].map(usd));
  });

  it("is for the one it names, or for each where it names nobody", () => {
    const now = Date.UTC(2026, 0, 20);
    const forAnn = aTopUp({ budgetId: perUser.id, scopeId: "ann" });
    const forBob = aTopUp({ id: "other", budgetId: perUser.id, scopeId: "bob", amountPico: usd("7") });
    const forAll = aTopUp({ id: "all", budgetId: perUser.id, amountPico: usd("1") });
    expect(limitsAt(now, [forAnn, forBob, forAll])).toEqual([usd("10"), usd("16"), usd("10")]);
  });

  it("counts at an instant iff its own period holds that instant, whatever the unit and the zone", () => {
    const units = fc.constantFrom<CalendarUnit>("hour", "day", "week", "month", "year");
    const zones = fc.constantFrom("UTC", "Australia/Lord_Howe", "America/Santiago", "Pacific/Apia", "Asia/Kathmandu");
    const instants = fc.integer({ min: Date.UTC(2011, 11, 1), max: Date.UTC(2012, 11, 31) });
    fc.assert(
      fc.property(units, zones, instants, instants, (unit, timeZone, at, now) => {
        const budget = { id: "b", span: { kind: "calendar", unit } } as const;
        const topUp = aTopUp({ budgetId: "b", at });
        const { from, to } = topUpPeriod(budget, topUp, timeZone);
        const counted = toppedUpPico([topUp], "b", null, calendarPeriod(unit, now, timeZone));
        expect(counted > 0n).toBe(from <= now && now < to);
        const rolling = { id: "b", span: { kind: "rolling", windowMs: 1_000 } } as const;
        const window = topUpPeriod(rolling, topUp, timeZone);
        const near = at + (now % 3_000) - 1_500;
        const inWindow = toppedUpPico([topUp], "b", null, rollingTopUps(near, 1_000)) > 0n;
        expect(inWindow).toBe(window.from <= near && near < window.to);
      }),
      { numRuns: 300 },
    );
  });

  it("is kept for its own period and the next, which may inherit from it", () => {
    const over = (now: number, topUp = aTopUp()): boolean =>
      isTopUpOver(topUp, [monthly, daily], { now, timeZone: "UTC" });
    expect([Date.UTC(2026, 0, 31), Date.UTC(2026, 1, 28), Date.UTC(2026, 2, 1)].map((now) => over(now))).toEqual([
      false,
      false,
      true,
    ]);
    expect(over(Date.UTC(2025, 5, 1))).toBe(false);
    expect(over(aTopUp().at, aTopUp({ budgetId: "gone" }))).toBe(true);
    expect(over(Date.UTC(2026, 0, 16), aTopUp({ budgetId: daily.id }))).toBe(true);
  });
});

describe("rollover", () => {
  it("takes the own limit of the period before, with what was topped up then", () => {
    const topUps = [
      aTopUp({ at: Date.UTC(2026, 0, 15) }),
      aTopUp({ id: "feb", at: Date.UTC(2026, 1, 15), amountPico: 1n }),
    ];
    const policy = resolvePolicy(aTier({ budgets: [{ ...monthly, rolloverPico: usd("4") }] }), aTenant());
    const [claim] = holdsFor(policy, someone, { now: Date.UTC(2026, 1, 20), timeZone: "America/Santiago", topUps }, 1n);
    const february = calendarPeriod("month", Date.UTC(2026, 1, 20), "America/Santiago");
    expect(claim).toMatchObject({
      limitPico: usd("10") + 1n,
      rollover: {
        previous: previousPeriod("month", february, "America/Santiago"),
        previousLimitPico: usd("15"),
        atMostPico: usd("4"),
      },
    });
  });

  it("is nothing for a rolling budget, and where it is not asked for", () => {
    const policy = resolvePolicy(aTier({ budgets: [monthly, { ...daily, rolloverPico: 1n }] }), aTenant());
    for (const claim of holdsFor(policy, someone, { now: 0, timeZone: "UTC" }, 1n)) {
      expect(claim).not.toHaveProperty("rollover");
    }
  });

  it("never adds money: over two periods no more is admitted than both limits and what the first inherited", () => {
    const amount = fc.bigInt({ min: 0n, max: 150n });
    fc.assert(
      fc.property(amount, amount, amount, (spent, atMostPico, late) => {
        const own = 100n;
        const first = spent < own ? spent : own;
        const rolled = rolledOver({ previousLimitPico: own, atMostPico }, first, 0n);
        expect(rolled).toBeLessThanOrEqual(atMostPico);
        const second = own + rolled;
        const drawn = drawnOf(own, rolled, second);
        const claim = {
          limitPico: own,
          rollover: { previous: { from: 0, to: 1 }, previousLimitPico: own, atMostPico },
        };
        const room = limitInForce(claim, 0n, drawn) - first;
        const more = late < room ? late : room > 0n ? room : 0n;
        expect(first + more + second).toBeLessThanOrEqual(2n * own);
      }),
      { numRuns: 500 },
    );
  });
});

describe("shares that are told", () => {
  it("are those that are spent and above the last one told, exact at any size", () => {
    expect(reachedPercents([80, 100], 79n, 100n, null)).toEqual([]);
    expect(reachedPercents([80, 100], 80n, 100n, null)).toEqual([80]);
    expect(reachedPercents([80, 100], 250n, 100n, null)).toEqual([80, 100]);
    expect(reachedPercents([80, 100], 250n, 100n, 80)).toEqual([100]);
    expect(reachedPercents([50, 80], 90n, 100n, 80)).toEqual([]);
    const limit = 10n ** 25n;
    expect(reachedPercents([80], (limit * 80n) / 100n - 1n, limit, null)).toEqual([]);
    expect(reachedPercents([80], (limit * 80n) / 100n, limit, null)).toEqual([80]);
  });
});

describe("budgets and where they stand", () => {
  const clock = createManualClock();
  const limits = createMemoryLimitStore({ clock });
  const budgets = [{ ...monthly, rolloverPico: usd("2") }, perUser, daily];
  const tenant = aTenant({ topUps: [aTopUp({ at: clock.now() })] });
  const policy = resolvePolicy(aTier({ budgets }), tenant);

  it("tell limit, top-ups, what was left over, spent, held, left, told and when it counts no more", async () => {
    const at = { now: clock.now(), timeZone: "UTC", topUps: tenant.topUps };
    const holds = holdsFor(policy, someone, at, usd("1"));
    for (const [attemptId, spentPico] of [
      ["one", usd("14")],
      ["two", null],
    ] as const) {
      await limits.admit({
        callId: attemptId,
        attemptId,
        windows: [],
        leases: [],
        holds: holds.map((claim) => ({ ...claim, breach: "warn" })),
      });
      if (spentPico !== null) await limits.settle({ callId: attemptId, attemptId, spentPico, claims: holds });
    }
    const lines = await describeBudgets(limits, tenant, policy, clock.now(), { userId: "ann" });
    const [month, user, day] = lines.map((line) => budgetView(line, { showCost: true }));
    const { to } = calendarPeriod("month", clock.now(), "UTC");
    expect(month).toEqual({
      tenantId: "tenant-a",
      budgetId: "budget-month",
      scope: "tenant",
      scopeId: null,
      per: "month",
      onBreach: "block",
      limitUsd: "10",
      toppedUpUsd: "5",
      rolledUsd: "2",
      spentUsd: "14",
      heldUsd: "1",
      leftUsd: "2",
      toldPercent: 80,
      resetAt: new Date(to).toISOString(),
    });
    expect(user).toMatchObject({ scopeId: "ann", toppedUpUsd: "0", spentUsd: "14", leftUsd: "0", toldPercent: 100 });
    expect(day).toMatchObject({ per: "1d", resetAt: new Date(clock.now() + 86_400_000).toISOString() });
  });

  it("have no count where each user has one and none is named", async () => {
    const [, user] = await describeBudgets(limits, tenant, policy, clock.now());
    expect(user).toMatchObject({ count: null, scopeId: null });
  });

  it("hide what is spent, and all that follows from it, where cost may not be seen", async () => {
    const lines = await describeBudgets(limits, tenant, policy, clock.now(), { userId: "ann" });
    for (const line of lines) {
      const hidden = { rolledUsd: null, spentUsd: null, heldUsd: null, leftUsd: null, toldPercent: null };
      expect(budgetView(line, { showCost: false })).toMatchObject({ limitUsd: "10", ...hidden });
    }
    expect(budgetView(lines[2] as (typeof lines)[0], { showCost: false }).resetAt).toBeNull();
  });
});
