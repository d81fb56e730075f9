import { describe, expect, it } from "vitest";
import { aTenant, aTier } from "../testing/builders.ts";
import { resolvePolicy } from "./resolve-policy.ts";
import type { Tier } from "./tier.ts";

const limit = { id: "calls-1m", metric: "calls", capacity: 5, windowMs: 60_000, scope: "tenant" } as const;

describe("the policy of a tenant", () => {
  it("is its tier's where it overrides nothing, and knows the tier by its id", () => {
    const { id, name: _name, ...policy } = aTier({ limits: [limit], retries: 2 });
    expect(resolvePolicy(aTier({ limits: [limit], retries: 2 }), aTenant())).toEqual({ ...policy, tierId: id });
  });

  it("has each part that is overridden in place of the tier's whole part", () => {
    const tier = aTier({ limits: [limit], retries: 2, features: ["a", "b"] });
    const overrides = { limits: [{ ...limit, id: "calls-1h", windowMs: 3_600_000 }], retries: 0, features: [] };
    const policy = resolvePolicy(tier, aTenant({ overrides }));
    expect(policy.limits).toEqual(overrides.limits);
    expect(policy.retries).toBe(0);
    expect(policy.features).toEqual([]);
    expect(policy.timeoutMs).toBe(tier.timeoutMs);
  });

  it("shows a tenant's key what providers bill where it pays just that, unless it says otherwise", () => {
    const atCost = { kind: "pass-through", version: "pass-through" } as const;
    const marked = { kind: "markup", version: "markup", markupPpm: 200_000n } as const;
    const included = { ...atCost, allowance: { unit: "usd", amount: 1n, per: "month" } } as const;
    const shows = (tier: Partial<Tier>, overrides: Partial<Tier> = {}): boolean =>
      resolvePolicy(aTier({ showCost: null, ...tier }), aTenant({ overrides })).showCost;
    expect([shows({ charge: atCost }), shows({ charge: marked }), shows({ charge: included })]).toEqual([
      true,
      false,
      false,
    ]);
    // What is charged by another rule does not show the margin by what its tier shows.
    expect(shows({ charge: atCost }, { charge: marked })).toBe(false);
    expect([shows({ charge: atCost, showCost: false }), shows({ charge: marked, showCost: true })]).toEqual([
      false,
      true,
    ]);
  });

  it("changes neither the tier nor the tenant", () => {
    const [tier, tenant] = [aTier(), aTenant({ overrides: { retries: 5 } })];
    resolvePolicy(tier, tenant);
    expect(tier).toEqual(aTier());
    expect(tenant).toEqual(aTenant({ overrides: { retries: 5 } }));
  });
});
