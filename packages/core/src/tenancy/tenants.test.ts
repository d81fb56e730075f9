import { describe, expect, it } from "vitest";
import { usd } from "../money/decimal.ts";
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

describe("topping up", () => {
  const now = Date.UTC(2026, 0, 15);
  const budgets = [
    { usd: "10", per: "month" },
    { usd: "1", within: "1h", scope: "user" },
  ];
  const sold = parseCatalogue({
    tiers: { basic: { ...tier, budgets } },
    tenants: { acme: { tier: "basic" } },
  }).catalogue;
  const openSold = (directory = createMemoryTenantDirectory(sold.tenants)): Tenants =>
    createTenants({ directory, catalogue: sold });
  const gift = { id: "gift", budgetId: "budget-month", amountUsd: "2.5" };

  it("is in the tenant's record, once, however often and by however many it is told", async () => {
    const data = new Map<string, Tenant>();
    const one = openSold(createMemoryTenantDirectory(sold.tenants, data));
    const two = openSold(createMemoryTenantDirectory([], data));
    const all = await Promise.all(
      Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? one : two).topUp("acme", gift, now)),
    );
    const expected = {
      id: "gift",
      budgetId: "budget-month",
      scopeId: null,
      amountPico: usd("2.5"),
      at: now,
      note: null,
    };
    for (const { topUp } of all) expect(topUp).toEqual(expected);
    expect(data.get("acme")?.topUps).toEqual([expected]);
  });

  it("loses none of many at once, nor a suspension that comes in between", async () => {
    const data = new Map<string, Tenant>();
    const clients = [
      openSold(createMemoryTenantDirectory(sold.tenants, data)),
      openSold(createMemoryTenantDirectory([], data)),
    ];
    await Promise.all([
      ...Array.from({ length: 30 }, (_, index) =>
        clients[index % 2]?.topUp("acme", { ...gift, id: `gift-${index}` }, now),
      ),
      clients[1]?.change("acme", { status: "suspended" }),
    ]);
    expect(data.get("acme")?.topUps).toHaveLength(30);
    expect(data.get("acme")).toMatchObject({ status: "suspended", suspendedByOperator: true });
  });

  it("under an id that stands for other money is refused", async () => {
    const tenants = openSold();
    await tenants.topUp("acme", gift, now);
    const again = tenants.topUp("acme", { ...gift, amountUsd: "3" }, now);
    await expect(again).rejects.toMatchObject({ code: "conflict" });
    expect((await tenants.topUp("acme", gift, Date.UTC(2026, 1, 15))).topUp.at).toBe(now);
  });

  it("forgets what counts for nothing any more", async () => {
    const tenants = openSold();
    await tenants.topUp("acme", gift, now);
    const later = await tenants.topUp("acme", { ...gift, id: "march" }, Date.UTC(2026, 2, 1));
    expect(later.tenant.topUps?.map(({ id }) => id)).toEqual(["march"]);
  });

  it("names every field at fault at once, and changes nothing", async () => {
    const tenants = openSold();
    const wrong = { id: "", budgetId: "budget-year", amountUsd: "-1", note: "n".repeat(201) };
    await expect(tenants.topUp("acme", wrong, now)).rejects.toMatchObject({
      code: "invalid_request",
      issues: [{ path: "id" }, { path: "budgetId" }, { path: "amountUsd" }, { path: "note" }],
    });
    for (const [field, some] of [
      ["scopeId", { scopeId: "ann" }],
      ["at", { at: Date.UTC(2025, 11, 31) }],
      ["amountUsd", { amountUsd: "0" }],
    ] as const) {
      await expect(tenants.topUp("acme", { ...gift, ...some }, now)).rejects.toMatchObject({
        issues: [{ path: field }],
      });
    }
    await expect(tenants.topUp("nobody", gift, now)).rejects.toMatchObject({ code: "not_found" });
    expect((await tenants.change("acme", {})).topUps).toBeUndefined();
  });

  it("outlives what the configuration says at the next start", async () => {
    const tenants = openSold();
    const { tenant } = await tenants.topUp("acme", gift, now);
    const [declared] = sold.tenants;
    expect(mergeDeclared(declared as Tenant, tenant).topUps).toEqual(tenant.topUps);
  });

  it("is refused beyond two hundred that count", async () => {
    const tenants = openSold();
    for (let index = 0; index < 200; index += 1) await tenants.topUp("acme", { ...gift, id: `gift-${index}` }, now);
    await expect(tenants.topUp("acme", gift, now)).rejects.toMatchObject({ code: "conflict" });
  });
});
