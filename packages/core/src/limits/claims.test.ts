import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Budget } from "../budgets/budget.ts";
import type { Attribution } from "../metering/ledger-line.ts";
import { resolvePolicy } from "../tenancy/resolve-policy.ts";
import type { Policy } from "../tenancy/tenant.ts";
import type { Tier } from "../tenancy/tier.ts";
import { aTenant, aTier } from "../testing/builders.ts";
import { claimsFor, holdsFor } from "./claims.ts";
import type { LimitScope } from "./rate-limit.ts";

const scopes: readonly LimitScope[] = ["tenant", "user", "feature", "key"];
const now = Date.UTC(2026, 0, 31, 23, 30);
const at = { now, timeZone: "UTC" };
const worst = { tokens: 1_234, costPico: 5_678n };

const who = (some: Partial<Attribution> = {}): Attribution => ({
  tenantId: "tenant-a",
  userId: null,
  sessionId: null,
  feature: null,
  featuresUsed: [],
  keyId: null,
  ...some,
});

const policyOf = (tier: Partial<Tier>): Policy => resolvePolicy(aTier(tier), aTenant());

const budget = (some: Partial<Budget> = {}): Budget => ({
  id: "budget-month",
  limitPico: 10_000n,
  span: { kind: "calendar", unit: "month" },
  scope: "tenant",
  breach: "block",
  ...some,
});

/** One limit of every kind in every scope. */
const everything = policyOf({
  limits: scopes.map((scope) => ({ id: `calls-${scope}`, metric: "calls", capacity: 5, windowMs: 60_000, scope })),
  concurrency: scopes.map((scope) => ({ id: `concurrent-${scope}`, capacity: 3, scope })),
  budgets: scopes.map((scope) => budget({ id: `budget-${scope}`, scope })),
});

const keysOf = (someone: Attribution): string[] => {
  const { windows, leases, holds } = claimsFor(everything, someone, at, worst);
  return [...windows, ...leases, ...holds].map(({ key }) => key);
};

describe("the claims of a first attempt", () => {
  it("are one slot in every window of calls and the worst case in every window of tokens", () => {
    const policy = policyOf({
      limits: [
        { id: "calls-1m", metric: "calls", capacity: 5, windowMs: 60_000, scope: "tenant" },
        { id: "tokens-1h", metric: "tokens", capacity: 900, windowMs: 3_600_000, scope: "user" },
      ],
    });
    const { windows, leases, holds } = claimsFor(policy, who(), at, worst);
    expect(windows.map(({ key: _key, ...claim }) => claim)).toEqual([
      { limitId: "calls-1m", metric: "calls", capacity: 5, windowMs: 60_000, amount: 1 },
      { limitId: "tokens-1h", metric: "tokens", capacity: 900, windowMs: 3_600_000, amount: 1_234 },
    ]);
    expect(leases).toEqual([]);
    expect(holds).toEqual([]);
  });

  it("are a place in flight under every concurrency limit", () => {
    const policy = policyOf({ concurrency: [{ id: "concurrent", capacity: 3, scope: "tenant" }] });
    const { leases } = claimsFor(policy, who(), at, worst);
    expect(leases).toEqual([{ key: expect.any(String) as string, limitId: "concurrent", capacity: 3 }]);
  });

  it("are the same money in every budget, whatever it does when it is spent", () => {
    const policy = policyOf({ budgets: [budget(), budget({ id: "soft", breach: "warn", limitPico: 1n })] });
    expect(claimsFor(policy, who(), at, worst).holds).toMatchObject([
      { budgetId: "budget-month", limitPico: 10_000n, amountPico: 5_678n, breach: "block" },
      { budgetId: "soft", limitPico: 1n, amountPico: 5_678n, breach: "warn" },
    ]);
  });

  it("hold money in the calendar period of the tenant's own zone (R8)", () => {
    const policy = policyOf({ budgets: [budget()] });
    const spanIn = (timeZone: string): unknown => holdsFor(policy, who(), { now, timeZone }, 1n)[0]?.span;
    expect(spanIn("UTC")).toEqual({
      kind: "calendar",
      period: { from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 1, 1) },
    });
    // 23:30 in UTC is half past midnight on the first of February in Berlin.
    expect(spanIn("Europe/Berlin")).toEqual({
      kind: "calendar",
      period: { from: Date.UTC(2026, 0, 31, 23), to: Date.UTC(2026, 1, 28, 23) },
    });
  });

  it("hold money in a rolling window as it is", () => {
    const policy = policyOf({ budgets: [budget({ span: { kind: "rolling", windowMs: 86_400_000 } })] });
    expect(holdsFor(policy, who(), at, 1n)[0]?.span).toEqual({ kind: "rolling", windowMs: 86_400_000 });
  });

  it("take the very keys a later attempt's holds take", () => {
    const someone = who({ userId: "u", feature: "f", keyId: "k" });
    const first = claimsFor(everything, someone, at, worst).holds;
    expect(holdsFor(everything, someone, at, worst.costPico)).toEqual(first);
  });
});

describe("the key of a count", () => {
  it("is shared by all calls of the scope and by no others", () => {
    const rows: [string, Partial<Attribution>, LimitScope[]][] = [
      ["another user", { userId: "other" }, ["user"]],
      ["another feature", { feature: "other" }, ["feature"]],
      ["another key", { keyId: "other" }, ["key"]],
      ["another session", { sessionId: "other" }, []],
      ["other features used", { featuresUsed: ["x"] }, []],
      ["another tenant", { tenantId: "other" }, [...scopes]],
    ];
    const one = who({ userId: "u", sessionId: "s", feature: "f", keyId: "k" });
    for (const [name, change, differing] of rows) {
      const [before, after] = [keysOf(one), keysOf({ ...one, ...change })];
      const expected = [0, 1, 2].flatMap(() => scopes.map((scope) => differing.includes(scope)));
      expect(
        before.map((key, index) => key !== after[index]),
        name,
      ).toEqual(expected);
    }
  });

  it("is the one scope (none) for calls without the id", () => {
    expect(keysOf(who())).toEqual(keysOf(who({ userId: "(none)", feature: "(none)", keyId: "(none)" })));
    expect(keysOf(who())[1]).toContain('"(none)"');
    expect(keysOf(who())[0]).not.toContain("(none)");
  });

  it("never imitates another, whatever the ids are made of (R4)", () => {
    const oddId = fc.oneof(
      fc.stringMatching(/^["\\,:[\]%()a]{1,6}$/),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }),
      fc.constantFrom("null", "[", '","', "window", "(other)", "tenant-a"),
    );
    const someone = fc.record({ tenantId: oddId, userId: oddId, limitId: oddId });
    const keyOf = ({ tenantId, userId, limitId }: { tenantId: string; userId: string; limitId: string }): string[] => {
      const limits: Tier["limits"] = [{ id: limitId, metric: "calls", capacity: 1, windowMs: 1, scope: "user" }];
      const policy = policyOf({
        limits,
        concurrency: [{ id: limitId, capacity: 1, scope: "user" }],
        budgets: [budget({ id: limitId, scope: "user" })],
      });
      const { windows, leases, holds } = claimsFor(policy, who({ tenantId, userId }), at, worst);
      return [...windows, ...leases, ...holds].map(({ key }) => key);
    };
    fc.assert(
      fc.property(someone, someone, (a, b) => {
        const isSame = a.tenantId === b.tenantId && a.userId === b.userId && a.limitId === b.limitId;
        // A window, a place and a budget of the same name are three counts.
        expect(new Set([...keyOf(a), ...keyOf(b)]).size).toBe(isSame ? 3 : 6);
      }),
      { numRuns: 500 },
    );
  });
});
