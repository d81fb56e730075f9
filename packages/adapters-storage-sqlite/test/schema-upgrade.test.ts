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
