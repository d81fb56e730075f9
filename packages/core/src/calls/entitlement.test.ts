import { describe, expect, it } from "vitest";
import { resolvePolicy } from "../tenancy/resolve-policy.ts";
import type { Tenant } from "../tenancy/tenant.ts";
import type { Tier } from "../tenancy/tier.ts";
import { aTenant, aTier } from "../testing/builders.ts";
import type { CallInput } from "./call-input.ts";
import { type Entitlement, entitlementOf } from "./entitlement.ts";

const large = { provider: "acme", model: "large" };
const small = { provider: "acme", model: "team/small" };
const other = { provider: "other", model: "large" };

function entitled(input: Partial<CallInput>, tier: Partial<Tier> = {}, tenant: Partial<Tenant> = {}): Entitlement {
  const who = aTenant(tenant);
  const policy = resolvePolicy(
    aTier({ id: "gold", route: [large, small, other], features: ["summary", "decisions"], ...tier }),
    who,
  );
  return entitlementOf(who, policy, { tenantId: who.id, ...input });
}

const denial = (code: string, message: string): Entitlement =>
  ({
    kind: "denied",
    denial: {
      code,
      message,
      limitId: null,
      limit: null,
      remaining: null,
      resetAt: null,
      waitFor: null,
      retryAfterMs: null,
    },
  }) as Entitlement;

describe("what a call may do", () => {
  it("is all the tier has, where it asks for nothing", () => {
    expect(entitled({})).toEqual({
      kind: "entitled",
      features: ["summary", "decisions"],
      route: [large, small, other],
    });
    expect(entitled({ model: "default" })).toEqual(entitled({}));
  });

  it("is what it asks for, where the tier has it", () => {
    expect(entitled({ features: ["decisions"] })).toMatchObject({ kind: "entitled", features: ["decisions"] });
    expect(entitled({ features: [] })).toMatchObject({ kind: "entitled", features: [] });
  });

  it.each([
    ["acme/large", [large, small, other]],
    ["large", [large, small, other]],
    ["acme/team/small", [small, other]],
    ["team/small", [small, other]],
    ["other/large", [other]],
  ])("with model %s is the route from there on", (model, route) => {
    expect(entitled({ model })).toMatchObject({ kind: "entitled", route });
  });

  it.each([
    ["fast", [small, other]],
    ["smart", [large, small, other]],
    ["large", [large, small, other]],
  ])("with alias %s is the route from its model on", (model, route) => {
    const aliases = [
      { name: "fast", target: small },
      { name: "smart", target: large },
    ];
    expect(entitled({ model }, { aliases })).toMatchObject({ kind: "entitled", route });
  });

  it("does not include an alias nobody gave, nor one whose model the tenant has not", () => {
    const aliases = [
      { name: "fast", target: small },
      { name: "gone", target: { provider: "acme", model: "gone" } },
    ];
    for (const model of ["Fast", "faster", "gone"]) {
      expect(entitled({ model }, { aliases, route: [small] })).toEqual(
        denial("model_not_in_tier", `model ${model} is not in tier gold; it has fast, gone, acme/team/small`),
      );
    }
  });

  it.each(["huge", "acme/huge", "acme", "", "small", "LARGE", "other/team/small", "default "])(
    "does not include a model the tier has not: %j",
    (model) => {
      expect(entitled({ model })).toEqual(
        denial(
          "model_not_in_tier",
          `model ${model} is not in tier gold; it has acme/large, acme/team/small, other/large`,
        ),
      );
    },
  );

  it("does not include a feature the tier has not: every one is named, with what there is", () => {
    expect(entitled({ features: ["summary", "gold", "silver"] })).toEqual(
      denial("feature_not_in_tier", "gold, silver is not in tier gold; it has summary, decisions"),
    );
    expect(entitled({ features: ["summary"] }, { features: [] })).toEqual(
      denial("feature_not_in_tier", "summary is not in tier gold; it has none"),
    );
  });

  it("is nothing for a suspended tenant, whatever it asks for", () => {
    const suspended = denial("tenant_suspended", "tenant tenant-a is suspended; ask the operator to resume it");
    expect(entitled({}, {}, { status: "suspended" })).toEqual(suspended);
    expect(entitled({ features: ["gold"], model: "huge" }, {}, { status: "suspended" })).toEqual(suspended);
  });

  it("follows what the tenant overrides", () => {
    const overrides = { features: ["gold"], route: [small] };
    expect(entitled({}, {}, { overrides })).toEqual({ kind: "entitled", features: ["gold"], route: [small] });
    expect(entitled({ model: "acme/large" }, {}, { overrides })).toMatchObject({ kind: "denied" });
  });

  it("denies a call where there is no model at all", () => {
    expect(entitled({}, { route: [] })).toMatchObject({ kind: "denied", denial: { code: "model_not_in_tier" } });
  });
});
