import { aTenant } from "@tenantry/core/testing";
import { createSystemClock } from "@tenantry/adapters-system";
import { createTenants, type HoldClaim, parseCatalogue } from "@tenantry/core";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openSqliteStorage, type SqliteStorage } from "../src/index.ts";
import { startChild } from "./child.ts";

let folder: string;
let path: string;
let storage: SqliteStorage;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tenantry-budgets-"));
  path = join(folder, "tenantry.db");
  storage = await openSqliteStorage({ path, busyTimeoutMs: 20_000 }, { clock: createSystemClock() });
});
afterEach(async () => {
  await storage.close();
  rmSync(folder, { recursive: true, force: true });
});

const budgets = [{ usd: "10", per: "year" }];
const { catalogue } = parseCatalogue({ tiers: { basic: { models: ["a/b"], budgets } }, tenants: {} });

it("of two processes that add many top-ups at once and make one tenant, nothing is lost and one wins", async () => {
  await storage.tenants.put(aTenant({ id: "acme", tier: "basic" }));
  const children = ["one", "two"].map((name) => startChild("topping-up-child.ts", path, name, "40"));
  for (const child of children) expect(await child.line()).toBe("ready");
  for (const child of children) child.tell("go");
  const told = await Promise.all(children.map(async (child) => await child.line()));
  expect(told.toSorted()).toEqual(["made new", "refused new"]);
  for (const child of children) expect(await child.line()).toBe("added 40");
  const ids = (await storage.tenants.find("acme"))?.topUps?.map(({ id }) => id).toSorted();
  const expected = ["one", "two"].flatMap((name) => Array.from({ length: 40 }, (_, index) => `${name}-${index}`));
  // The forty-first is everybody's: it was sent by both, and counts once.
  expect(ids).toEqual([...expected, "shared"].toSorted());
  await Promise.all(children.map(async (child) => await child.kill()));
}, 60_000);

it("tells a share that is spent once, whichever connection settles, and not again after a restart", async () => {
  const other = await openSqliteStorage({ path, busyTimeoutMs: 20_000 }, { clock: createSystemClock() });
  const claim: HoldClaim = {
    key: "b",
    budgetId: "b",
    limitPico: 100n,
    span: { kind: "calendar", period: { from: 0, to: 8_640_000_000_000 } },
    amountPico: 0n,
    breach: "warn",
    alertAtPercent: [80, 100],
  };
  const spend = async (of: SqliteStorage, id: string): Promise<readonly number[]> => {
    await of.limits.admit({ callId: id, attemptId: id, windows: [], leases: [], holds: [claim] });
    const { reached } = await of.limits.settle({ callId: id, attemptId: id, spentPico: 2n, claims: [claim] });
    return reached.map(({ percent }) => percent);
  };
  const told = await Promise.all(
    Array.from({ length: 60 }, async (_, index) => await spend(index % 2 === 0 ? storage : other, `${index}`)),
  );
  expect(told.flat().toSorted((a, b) => a - b)).toEqual([80, 100]);
  await other.close();
  const again = await openSqliteStorage({ path, busyTimeoutMs: 20_000 }, { clock: createSystemClock() });
  expect(await spend(again, "after")).toEqual([]);
  const [state] = (await again.limits.peek({ windows: [], leases: [], holds: [claim] })).budgets;
  expect(state).toMatchObject({ spentPico: 122n, toldPercent: 100 });
  await again.close();
});

it("keeps a year's budget until the next year, which may inherit from it, is over", async () => {
  const year = (n: number): { from: number; to: number } => ({ from: Date.UTC(n, 0, 1), to: Date.UTC(n + 1, 0, 1) });
  let now = Date.UTC(2026, 5, 1);
  const clock = { ...createSystemClock(), now: () => now };
  const short = await openSqliteStorage({ path: ":memory:" }, { clock });
  const claim = (n: number): HoldClaim => ({
    key: "b",
    budgetId: "b",
    limitPico: 100n,
    span: { kind: "calendar", period: year(n) },
    amountPico: 1n,
    breach: "block",
    rollover: { previous: year(n - 1), previousLimitPico: 100n, atMostPico: 100n },
  });
  const admit = async (id: string, holds: readonly HoldClaim[]): Promise<string> =>
    (await short.limits.admit({ callId: id, attemptId: id, windows: [], leases: [], holds })).kind;
  expect(await admit("first", [{ ...claim(2026), amountPico: 90n }])).toBe("admitted");
  await short.limits.settle({ callId: "first", attemptId: "first", spentPico: 90n });
  now = Date.UTC(2027, 11, 31);
  // Enough to sweep what is over, many times.
  for (let index = 0; index < 1_100; index += 1) await admit(`${index}`, []);
  const [state] = (await short.limits.peek({ windows: [], leases: [], holds: [claim(2027)] })).budgets;
  expect(state?.rolledPico).toBe(10n);
  await short.close();
});

it("is refused by name where a budget is not the tenant's", async () => {
  await storage.tenants.put(aTenant({ id: "acme", tier: "basic" }));
  const tenants = createTenants({ directory: storage.tenants, catalogue });
  const adding = tenants.topUp("acme", { id: "x", budgetId: "budget-month", amountUsd: "1" }, Date.now());
  await expect(adding).rejects.toMatchObject({
    issues: [{ path: "budgetId", message: expect.stringContaining("budget-year") }],
  });
});
