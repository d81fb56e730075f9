import { hostname } from "node:os";
import { DatabaseSync } from "node:sqlite";
import { foldUsage, type UsageQuery } from "@tenantry/core";
import { aCallRecord, aLine, anIntent, aTenant } from "@tenantry/core/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { firstSchema } from "../src/migrations/0001-first-schema.ts";
import { keysAndAnswers } from "../src/migrations/0002-keys-and-answers.ts";
import { answersKept } from "../src/migrations/0003-answers-kept.ts";
import { wideRollUps } from "../src/migrations/0009-wide-roll-ups.ts";
import { spans } from "../src/migrations/0010-spans.ts";
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

it("keeps what calls in flight hold, each with its owner, when they become one row each", async () => {
  const now = bench.clock.now();
  const old = new DatabaseSync(bench.path);
  old.exec(`${firstSchema.sql}; ${keysAndAnswers.sql}; ${answersKept.sql}
    PRAGMA application_id = ${0x546e7279}; PRAGMA user_version = 3;
    INSERT INTO owners VALUES ('dead', ${2 ** 22 + 1}, NULL, NULL, '${hostname()}', 0, 0), ('left', 1, NULL, NULL, 'h', 0, 1);
    INSERT INTO window_keys VALUES (5, 'w', 0, ${now}, 60000, 0, 40);
    INSERT INTO window_entries VALUES (5, ${now}, 40);
    INSERT INTO token_stamps VALUES (1, 'call-1', 5, ${now}, 40, 'dead');
    INSERT INTO leases VALUES ('l', 'call-1', 'dead'), ('l', 'call-2', 'left');
    INSERT INTO spendings VALUES (3, 'b', 0, 8640000000000, 0, 0, 2, 57, 0, NULL, 0, 0),
      (4, 'r', NULL, NULL, 0, 0, 0, 9, 0, ${now}, 60000, 0);
    INSERT INTO holds VALUES (1, 'att-1', 3, ${now}, 2, 50, 'dead'), (2, 'att-1', 4, ${now}, 0, 9, 'dead'),
      (3, 'att-2', 3, ${now}, 0, 7, 'left')`);
  old
    .prepare("INSERT INTO intents VALUES ('att-1', 'call-1', 1, 'dead', 0, ?)")
    .run(toExactJson(anIntent({ atMostPico: 2n ** 70n })));
  old.close();
  const storage = await bench.open();
  const span = { kind: "calendar", period: { from: 0, to: 8_640_000_000_000 } } as const;
  const hold = { budgetId: "b", limitPico: 10n ** 12n, amountPico: 0n, breach: "block" } as const;
  const counted = async (): Promise<readonly unknown[]> => {
    const { windows, leases, budgets } = await storage.limits.peek({
      windows: [{ key: "w", limitId: "w", metric: "tokens", capacity: 100, windowMs: 60_000, amount: 0 }],
      leases: [{ key: "l", limitId: "l", capacity: 9 }],
      holds: [
        { ...hold, key: "b", span },
        { ...hold, key: "r", span: { kind: "rolling", windowMs: 60_000 } },
      ],
    });
    const money = budgets.map(({ spentPico, heldPico }) => [spentPico, heldPico]);
    return [windows[0]?.remaining, leases[0]?.inFlight, ...money.flat()];
  };
  expect(await counted()).toEqual([60, 2, 0n, 2_000_000_057n, 0n, 9n]);
  expect(await storage.ledger.orphans()).toEqual([
    { callId: "call-1", intents: [{ intent: anIntent({ atMostPico: 2n ** 70n }), settled: false }] },
  ]);
  // The attempt without an intent was never sent; the other may have cost money.
  expect(await storage.limits.recover()).toEqual({ leases: 2, holds: 1 });
  expect(await counted()).toEqual([60, 0, 0n, 2_000_000_050n, 0n, 9n]);
  await storage.ledger.settle({ line: aLine({ costPico: 30n }), call: aCallRecord() });
  await storage.limits.settle({ callId: "call-1", attemptId: "att-1", spentPico: 30n });
  await storage.limits.release({ callId: "call-1", tokens: null });
  expect(await counted()).toEqual([60, 0, 30n, 0n, 30n, 0n]);
  const file = new DatabaseSync(bench.path, { readOnly: true });
  for (const table of ["open_calls", "lease_counts", "rolling_holds"]) {
    expect(file.prepare(`SELECT count(*) AS n FROM ${table}`).get()).toEqual({ n: 0 });
  }
  file.close();
});

it("fills the roll-ups without users from those with users", async () => {
  const dayMs = 86_400_000;
  const noon = Date.UTC(2026, 0, 30, 12);
  const lines = Array.from({ length: 60 }, (_, n) =>
    aLine({
      attemptId: `att-${n}`,
      callId: `call-${n}`,
      tenantId: `tenant-${n % 2} "quoted" é`,
      userId: n % 3 === 0 ? null : `user-${n % 5}`,
      feature: n % 4 === 0 ? null : "search",
      featuresUsed: n % 2 === 0 ? ["a", "b"] : [],
      occurredAt: noon + n * 3 * 3_600_000,
      // Sums of the lower halves go beyond what one amount has.
      costPico: 999_999_999n * BigInt(n + 1),
    }),
  );
  const calls = lines.map(({ callId, tenantId, userId, feature, featuresUsed, occurredAt }) =>
    aCallRecord({ callId, tenantId, userId, feature, featuresUsed, admittedAt: occurredAt }),
  );
  const storage = await bench.open();
  await Promise.all(lines.map(async (line, n) => await storage.ledger.settle({ line, call: calls[n] ?? null })));
  await storage.close();
  // As the file was before there were any.
  const before = new DatabaseSync(bench.path);
  before.exec("DROP TABLE wide_groups; DROP TABLE wide_roll_ups; DROP TABLE day_roll_ups");
  before.exec(wideRollUps.sql);
  before.close();

  const again = await bench.open();
  const groupings: readonly UsageQuery["groupBy"][] = [
    ["tenant"],
    ["tenant", "feature", "model"],
    ["featureUsed"],
    ["day"],
  ];
  for (const groupBy of groupings) {
    for (const period of [
      { from: noon - dayMs, to: noon + 9 * dayMs },
      { from: noon + 12_345, to: noon + 5 * dayMs + 1 },
    ]) {
      const query = { period, groupBy, timeZone: "UTC" };
      expect(await again.reader.usage({ kind: "installation" }, query)).toEqual(foldUsage(lines, calls, [], query));
    }
  }
  // What comes later is added to the same rows.
  const late = aLine({ ...lines[0], lineId: "late", attemptId: "late", costPico: 7n });
  await again.ledger.settle({ line: late, call: null });
  const query: UsageQuery = {
    period: { from: noon - dayMs, to: noon + 9 * dayMs },
    groupBy: ["tenant"],
    timeZone: "UTC",
  };
  expect(await again.reader.usage({ kind: "installation" }, query)).toEqual(
    foldUsage([...lines, late], calls, [], query),
  );
});

it("knows the answers of calls that were made before there were spans, and of those alone", async () => {
  const storage = await bench.open();
  const line = (attemptId: string, of: Parameters<typeof aLine>[0]): Promise<unknown> =>
    storage.ledger.settle({ line: aLine({ attemptId, callId: `call-${attemptId}`, ...of }), call: null });
  await line("ours", { responseId: 'it\'s "r" é' });
  await line("theirs", { responseId: 'it\'s "r" é', tenantId: "tenant-b" });
  await line("none", {});
  await line("told", { responseId: 'it\'s "r" é', origin: "ingest" });
  await storage.close();
  // As the file was before.
  const before = new DatabaseSync(bench.path);
  const tables = before.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT NULL`).all();
  const made = tables.map(({ name }) => String(name)).filter((name) => spans.sql.includes(`CREATE TABLE ${name} (`));
  for (const name of made) before.exec(`DROP TABLE ${name}`);
  before.exec("DROP INDEX lines_by_response; ALTER TABLE lines DROP COLUMN response_id; PRAGMA user_version = 9");
  before.close();

  const again = await bench.open();
  expect(made.length).toBeGreaterThan(5);
  const responses = [{ tenantId: "tenant-a", id: 'it\'s "r" é' }];
  const found = await again.spans.lines({ calls: [], responses, attempts: [] });
  expect(found.map(({ lineId }) => lineId)).toEqual(["ours"]);
  const db = new DatabaseSync(bench.path, { readOnly: true });
  expect(db.prepare("SELECT line_id FROM lines WHERE response_id IS NOT NULL ORDER BY 1").all()).toEqual([
    { line_id: "ours" },
    { line_id: "theirs" },
  ]);
  db.close();
});
