import { describe, expect, it } from "vitest";
import { createMemoryTenantDirectory } from "../testing/memory-tenant-directory.ts";
import type { Catalogue } from "./catalogue.ts";
import { parseCatalogue } from "./catalogue.ts";
import type { Tenant } from "./tenant.ts";
import { createTenants, mergeDeclared, type Tenants } from "./tenants.ts";

const tier = { models: ["example/small"] };
const read = (tenants: object): Catalogue =>
  parseCatalogue({ tiers: { basic: tier, better: tier }, tenants }).catalogue;
const catalogue = read({ declared: { tier: "basic" }, held: { tier: "basic", status: "suspended" } });

function open(): { readonly tenants: Tenants; readonly find: (id: string) => Promise<Tenant | null> } {
  const directory = createMemoryTenantDirectory(catalogue.tenants);
  return { tenants: createTenants({ directory, catalogue }), find: async (id) => await directory.find(id) };
}

describe("making a tenant", () => {
  it("takes the id as name and UTC where nothing else is said", async () => {
    const { tenants, find } = open();
    const made = await tenants.create({ id: "new", tier: "basic" });
    expect(made).toEqual({ id: "new", name: "new", tier: "basic", status: "active", timeZone: "UTC", overrides: {} });
    expect(await find("new")).toEqual(made);
  });

  it("names every field at fault at once, and makes nothing", async () => {
    const { tenants, find } = open();
    const making = tenants.create({ id: "", name: "\u0000", tier: "best", timeZone: "Mars" });
    await expect(making).rejects.toMatchObject({
      code: "invalid_request",
      issues: [{ path: "id" }, { path: "name" }, { path: "tier" }, { path: "timeZone" }],
    });
    expect(await find("")).toBeNull();
  });

  it("refuses the id of what belongs to nobody", async () => {
    const { tenants } = open();
    const making = tenants.create({ id: "(unattributed)", tier: "basic" });
    await expect(making).rejects.toMatchObject({ code: "invalid_request", issues: [{ path: "id" }] });
  });

  it("refuses an id that is taken, also when two come at once", async () => {
    const { tenants, find } = open();
    await expect(tenants.create({ id: "declared", tier: "better" })).rejects.toMatchObject({ code: "conflict" });
    const both = await Promise.allSettled(
      ["basic", "better"].map(async (name) => await tenants.create({ id: "new", tier: name })),
    );
    expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect((await find("new"))?.tier).toBe("basic");
  });
});

describe("changing a tenant", () => {
  it("changes what is said and nothing else; again changes nothing", async () => {
    const { tenants } = open();
    await tenants.create({ id: "new", tier: "basic", name: "New" });
    const changed = await tenants.change("new", { tier: "better", timeZone: "Asia/Tokyo" });
    expect(changed).toMatchObject({ name: "New", tier: "better", timeZone: "Asia/Tokyo", status: "active" });
    expect(await tenants.change("new", { tier: "better" })).toEqual(changed);
    expect(await tenants.change("new", {})).toEqual(changed);
  });

  it("leaves to the configuration what it declares", async () => {
    const { tenants } = open();
    for (const change of [{ tier: "better" }, { name: "other" }, { timeZone: "Asia/Tokyo" }]) {
      await expect(tenants.change("declared", change)).rejects.toMatchObject({ code: "conflict" });
    }
    await expect(tenants.change("declared", { tier: "basic" })).resolves.toMatchObject({ tier: "basic" });
    await expect(tenants.change("held", { status: "active" })).rejects.toMatchObject({ code: "conflict" });
  });

  it("is not found where there is none, and refused where it makes no sense", async () => {
    const { tenants } = open();
    await expect(tenants.change("nobody", {})).rejects.toMatchObject({ code: "not_found" });
    await expect(tenants.change("declared", { tier: "best" })).rejects.toMatchObject({ code: "invalid_request" });
  });

  it("goes on after one that failed", async () => {
    const { tenants } = open();
    const failed = tenants.change("nobody", {});
    const later = tenants.change("declared", { status: "suspended" });
    await expect(failed).rejects.toMatchObject({ code: "not_found" });
    await expect(later).resolves.toMatchObject({ status: "suspended" });
  });
});

describe("at the next start", () => {
  const [declared, held] = catalogue.tenants as readonly [Tenant, Tenant];

  it("an operator's suspension still holds, and what the configuration changed counts", async () => {
    const { tenants } = open();
    const suspended = await tenants.change("declared", { status: "suspended" });
    const [moved] = read({ declared: { tier: "better" } }).tenants as readonly [Tenant];
    expect(mergeDeclared(moved, suspended)).toMatchObject({ tier: "better", status: "suspended" });
    expect(mergeDeclared(declared, await tenants.change("declared", { status: "active" }))).toEqual(declared);
  });

  it("a suspension of the configuration ends with the configuration", () => {
    expect(mergeDeclared({ ...held, status: "active" }, held).status).toBe("active");
    expect(mergeDeclared(held, { ...held, status: "active" }).status).toBe("suspended");
    expect(mergeDeclared(declared, null)).toEqual(declared);
  });
});
