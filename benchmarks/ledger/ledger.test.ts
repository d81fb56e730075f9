import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteStorage, type SqliteStorage } from "@tenantry/adapters-storage-sqlite";
import { createSystemClock } from "@tenantry/adapters-system";
import type { UsageReader } from "@tenantry/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkSample } from "./check-sample.ts";
import { callsBetween, dayMs, days, monthOf, pastCall } from "./history.ts";
import { questions } from "./questions.ts";
import { seedHistory } from "./seed-history.ts";

const shape = monthOf(100_000);

let folder: string;
let storage: SqliteStorage;
let written: number;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tenantry-ledger-test-"));
  const path = join(folder, "tenantry.db");
  written = await seedHistory(path, shape, () => {});
  storage = await openSqliteStorage({ path }, { clock: createSystemClock() });
}, 120_000);
afterAll(async () => {
  await storage.close();
  await rm(folder, { recursive: true, force: true });
});

test("a month of a hundred thousand lines: the roll-ups equal the fold of what was written", async () => {
  expect(written).toBeGreaterThan(95_000);
  expect(await checkSample(storage.reader, shape)).toMatch(/^roll-ups equal the fold of the lines: \d\d?,\d+ lines/);
}, 60_000);

test("the check finds a roll-up that is one call off", async () => {
  const off: Pick<UsageReader, "usage"> = {
    async usage(scope, query) {
      const [first, ...others] = await storage.reader.usage(scope, query);
      return first === undefined ? [] : [{ ...first, calls: first.calls + 1 }, ...others];
    },
  };
  await expect(checkSample({ ...storage.reader, ...off }, shape)).rejects.toThrow();
}, 60_000);

test("every question has an answer", async () => {
  for (const { name, ask } of questions(shape)) {
    const answer = await ask(storage.reader, 0);
    expect(
      JSON.stringify(answer, (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value)).length,
      name,
    ).toBeGreaterThan(100);
  }
});

test("the calls of a stretch are those that were made in it", () => {
  const from = shape.beginsAt + 3.4 * dayMs;
  const near = callsBetween(shape, from, from + dayMs);
  const within = (index: number): boolean => {
    const { admittedAt } = pastCall(shape, index).call;
    return admittedAt >= from && admittedAt < from + dayMs;
  };
  const all = Array.from({ length: days * shape.callsADay }, (_, index) => index).filter(within);
  expect(near.filter(within)).toEqual(all);
  expect(near.length - all.length).toBeLessThanOrEqual(4);
});
