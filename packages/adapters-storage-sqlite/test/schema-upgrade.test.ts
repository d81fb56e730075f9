import { DatabaseSync } from "node:sqlite";
import { aTenant } from "@tenantry/core/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { firstSchema } from "../src/migrations/0001-first-schema.ts";
import { toExactJson } from "../src/exact-json.ts";
import { type Bench, createBench } from "./open-subjects.ts";

let bench: Bench;

beforeEach(() => {
  bench = createBench();
});

afterEach(() => bench.close());

it("knows the margins of what was rolled up before there were margins", async () => {
  const first = new DatabaseSync(bench.path);
  first.exec(`${firstSchema.sql}; PRAGMA application_id = ${0x546e7279}; PRAGMA user_version = 1`);
  first.exec("INSERT INTO usage_groups (id, name, tenant_id) VALUES (1, 'one', 'tenant-a')");
  // Costs $5.000000001 and charges $7 for 4 attempts, of which one has no price and one is unknown.
  first.exec(`INSERT INTO usage_roll_ups VALUES
    (1, 0, 4, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5000, 1000, 7000, 0, 0, 0, 1, 0, 1)`);
  first.close();
  const { reader } = await bench.open();
  const query = { period: { from: 0, to: 86_400_000 }, groupBy: [], timeZone: "UTC" };
  const [row] = await reader.usage({ kind: "installation" }, query);
  expect(row).toMatchObject({ costPico: 5_000_000_001_000n, chargePico: 7_000_000_000_000n, marginUnknown: 2 });
  expect(row?.marginPico).toBe(1_999_999_999_000n);
});

it("brings a file of the first schema up to date, and keeps what it holds", async () => {
  const first = new DatabaseSync(bench.path);
  first.exec(`${firstSchema.sql}; PRAGMA application_id = ${0x546e7279}; PRAGMA user_version = 1`);
  first.prepare("INSERT INTO tenants (id, tenant) VALUES (?, ?)").run("tenant-a", toExactJson(aTenant()));
  first.close();
  const storage = await bench.open();
  expect(await storage.tenants.list()).toEqual([aTenant()]);
  expect(await storage.keys.list()).toEqual([]);
  const key = { tenantId: "tenant-a", route: "r", idempotencyKey: "k" };
  expect(await storage.answers.claim(key, "hash", { expiresAt: bench.clock.now() + 1, keepUntil: 0 })).toEqual({
    kind: "claimed",
  });
});
