import { describe, expect, it } from "vitest";
import { aTenant, aTier } from "../testing/builders.ts";
import { resolvePolicy } from "./resolve-policy.ts";

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

  it("changes neither the tier nor the tenant", () => {
    const [tier, tenant] = [aTier(), aTenant({ overrides: { retries: 5 } })];
    resolvePolicy(tier, tenant);
    expect(tier).toEqual(aTier());
    expect(tenant).toEqual(aTenant({ overrides: { retries: 5 } }));
  });
});
