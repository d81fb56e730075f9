import { describe, expect, it } from "vitest";
import { aPriceBook, aTenant, aTier } from "../testing/builders.ts";
import { fixedPrice } from "../testing/fixed-prices.ts";
import type { Catalogue } from "./catalogue.ts";
import { priceIssues } from "./price-issues.ts";
import type { Tenant } from "./tenant.ts";
import type { Tier } from "./tier.ts";

const at = Date.UTC(2026, 0, 15);
const ref = (model: string): Tier["route"][number] => ({ provider: "acme", model });
const book = aPriceBook([
  fixedPrice("acme/priced", {}),
  fixedPrice("acme/old", { to: at }),
  fixedPrice("acme/new", { from: at }),
  fixedPrice("acme/private", { tenantId: "tenant-a" }),
]);

const catalogueOf = (tiers: readonly Tier[], tenants: readonly Tenant[] = []): Catalogue => ({
  tiers: new Map(tiers.map((tier) => [tier.id, tier])),
  tenants,
});

const paths = (catalogue: Catalogue): string[] => priceIssues(catalogue, book, at).map(({ path }) => path);

describe("models nobody can price", () => {
  it("are reported with their place and what to do", () => {
    const tier = aTier({ id: "gold", route: [ref("priced"), ref("nobody")] });
    expect(priceIssues(catalogueOf([tier]), book, at)).toEqual([
      {
        path: "tiers.gold.models[1]",
        message: "acme/nobody has no price; add one to the price file, or set unpriced: allow on the tier",
      },
    ]);
  });

  it("are those without a price at that instant", () => {
    const route = [ref("old"), ref("new")];
    expect(paths(catalogueOf([aTier({ route })]))).toEqual(["tiers.tier-a.models[0]"]);
    expect(priceIssues(catalogueOf([aTier({ route })]), book, at - 1).map(({ path }) => path)).toEqual([
      "tiers.tier-a.models[1]",
    ]);
  });

  it("are fine where the tier allows them", () => {
    expect(paths(catalogueOf([aTier({ unpriced: "allow", route: [ref("nobody")] })]))).toEqual([]);
  });

  it("are found in what a tenant overrides, with the tenant's own prices", () => {
    const overrides = { route: [ref("private"), ref("nobody")] };
    const tier = aTier({ route: [ref("priced")] });
    expect(paths(catalogueOf([tier], [aTenant({ overrides })]))).toEqual(["tenants.tenant-a.overrides.models[1]"]);
    expect(paths(catalogueOf([tier], [aTenant({ id: "tenant-b", overrides })]))).toEqual([
      "tenants.tenant-b.overrides.models[0]",
      "tenants.tenant-b.overrides.models[1]",
    ]);
  });

  it("are judged by the tenant's own rule where it has one", () => {
    const route = [ref("nobody")];
    const strict = aTier({ route: [ref("priced")] });
    expect(paths(catalogueOf([strict], [aTenant({ overrides: { route, unpriced: "allow" } })]))).toEqual([]);
    const loose = aTier({ route: [ref("priced")], unpriced: "allow" });
    expect(paths(catalogueOf([loose], [aTenant({ overrides: { route } })]))).toEqual([]);
    expect(paths(catalogueOf([loose], [aTenant({ overrides: { route, unpriced: "deny" } })]))).toHaveLength(1);
  });

  it("are reported once, at the tier, for tenants that have its route", () => {
    const tier = aTier({ route: [ref("nobody")] });
    expect(paths(catalogueOf([tier], [aTenant(), aTenant({ id: "tenant-b" })]))).toEqual(["tiers.tier-a.models[0]"]);
    expect(paths(catalogueOf([], [aTenant({ overrides: { route: [ref("nobody")] } })]))).toEqual([]);
  });
});
