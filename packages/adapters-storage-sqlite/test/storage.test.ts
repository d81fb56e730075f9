import { foldSla, TenantryError } from "@tenantry/core";
import type { AdmitRequest, HoldClaim } from "@tenantry/core";
import { aCallRecord, aLine, anIntent, aTenant, createManualClock } from "@tenantry/core/testing";
import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openSqliteStorage, type SqliteStorage } from "../src/index.ts";
import { type Bench, createBench } from "./open-subjects.ts";

let bench: Bench;
let storage: SqliteStorage;

beforeEach(async () => {
  bench = createBench();
  storage = await bench.open();
});

afterEach(() => bench.close());

const everybody = { kind: "installation" } as const;
const always = { from: 0, to: 8_640_000_000_000 };
const money: HoldClaim = {
  key: "b",
  budgetId: "b",
  limitPico: 1_000n,
  span: { kind: "calendar", period: always },
  amountPico: 70n,
  breach: "block",
};

function admission(id: string, claims: Partial<AdmitRequest> = {}): AdmitRequest {
  return { windows: [], leases: [], holds: [], ...claims, callId: id, attemptId: id };
}

async function budget(of: SqliteStorage): Promise<{ spentPico: bigint; heldPico: bigint }> {
  const { budgets } = await of.limits.peek({ windows: [], leases: [], holds: [money] });
  return { spentPico: budgets[0]?.spentPico ?? -1n, heldPico: budgets[0]?.heldPico ?? -1n };
}

it("undoes an admission whose intent cannot be made durable", async () => {
  await storage.limits.admit(admission("before", { holds: [money] }));
  await storage.ledger.open(anIntent({ attemptId: "before", callId: "before" }));
  const db = new DatabaseSync(bench.path);
  // The intent's row alone is refused: the whole transaction has to go with the commit that cannot be had.
  db.exec("CREATE TRIGGER broken BEFORE INSERT ON open_calls BEGIN SELECT raise(ROLLBACK, 'broken'); END");
  db.close();
  const admitted = await storage.limits.admit(admission("lost", { holds: [money] }));
  expect(admitted.kind).toBe("admitted");
  await expect(storage.ledger.open(anIntent({ attemptId: "lost", callId: "lost" }))).rejects.toMatchObject({
    code: "unavailable",
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(await budget(storage)).toEqual({ spentPico: 0n, heldPico: 70n });
});

it("remembers nothing of a batch that was rolled back", async () => {
  const db = new DatabaseSync(bench.path);
  db.exec("CREATE TRIGGER broken BEFORE INSERT ON open_calls BEGIN SELECT raise(ROLLBACK, 'broken'); END");
  const of = (attemptId: string, userId: string) => ({ line: aLine({ attemptId, userId }), call: null });
  const batch = [
    storage.ledger.settle(of("1", "u")),
    storage.ledger.settle(of("2", "u")),
    storage.ledger.open(anIntent()),
  ];
  const results = await Promise.allSettled(batch);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  await new Promise((resolve) => setImmediate(resolve));
  await storage.ledger.settle(of("3", "v"));
  await storage.ledger.settle(of("4", "u"));
  const rows = await storage.reader.usage(everybody, { period: always, groupBy: ["user"], timeZone: "UTC" });
  expect(rows.map(({ userId, attempts }) => [userId, attempts])).toEqual([
    ["u", 1],
    ["v", 1],
  ]);
  db.close();
});

it("is unhealthy while nothing can be written, and healthy again after", async () => {
  expect(await storage.health()).toEqual({ ok: true });
  bench.breakWrites();
  expect(await storage.health()).toMatchObject({ ok: false });
  bench.mendWrites();
  expect(await storage.health()).toEqual({ ok: true });
});

it("is unavailable in every port after close, and closes once", async () => {
  await storage.reader.call(everybody, "call-1");
  await storage.close();
  await storage.close();
  const asked = [
    storage.limits.admit(admission("late")),
    storage.ledger.open(anIntent()),
    storage.reader.call(everybody, "call-1"),
    storage.tenants.find("tenant-a"),
  ];
  for (const answer of await Promise.allSettled(asked)) {
    expect(answer.status === "rejected" && TenantryError.from(answer.reason).code).toBe("unavailable");
  }
  expect(await storage.health()).toMatchObject({ ok: false });
});

it("settles a dead owner's hold to its line when the process died between the two", async () => {
  await storage.limits.admit({ ...admission("att-1", { holds: [money] }), callId: "call-1" });
  await storage.ledger.open(anIntent());
  await storage.ledger.settle({ line: aLine({ costPico: 33n }), call: null });
  await bench.kill(storage);
  const next = await bench.open();
  expect(await next.limits.recover()).toEqual({ leases: 0, holds: 1 });
  expect(await budget(next)).toEqual({ spentPico: 33n, heldPico: 0n });
});

it("never refunds a dead owner's hold while its intent is open", async () => {
  await storage.limits.admit({ ...admission("att-1", { holds: [money] }), callId: "call-1" });
  await storage.ledger.open(anIntent());
  await bench.kill(storage);
  const next = await bench.open();
  expect(await next.limits.recover()).toEqual({ leases: 0, holds: 0 });
  expect(await budget(next)).toEqual({ spentPico: 0n, heldPico: 70n });
  const [orphan] = await next.ledger.orphans();
  expect(orphan?.intents.map(({ settled }) => settled)).toEqual([false]);
  const line = aLine({ source: "unknown", costPico: null, atMostPico: 70n, usage: null });
  await next.ledger.settle({ line, call: aCallRecord({ outcome: "lost" }) });
  expect(await next.limits.recover()).toEqual({ leases: 0, holds: 1 });
  expect(await budget(next)).toEqual({ spentPico: 70n, heldPico: 0n });
});

it("is safe to recover from two sides at once", async () => {
  for (const id of ["a", "b", "c"]) {
    await storage.limits.admit(admission(id, { holds: [money], leases: [{ key: "l", limitId: "l", capacity: 9 }] }));
  }
  await bench.kill(storage);
  const [one, two] = [await bench.open(), await bench.open()];
  const results = await Promise.all([one.limits.recover(), two.limits.recover()]);
  expect(results.reduce((sum, { leases, holds }) => sum + leases + holds, 0)).toBe(6);
  expect(await budget(one)).toEqual({ spentPico: 0n, heldPico: 0n });
});

it("gives up what it holds when it closes in order", async () => {
  await storage.limits.admit(admission("att-1", { leases: [{ key: "l", limitId: "l", capacity: 1 }] }));
  await storage.ledger.open(anIntent());
  const next = await bench.open();
  expect(await next.ledger.orphans()).toEqual([]);
  await storage.close();
  expect((await next.ledger.orphans()).map(({ callId }) => callId)).toEqual(["call-1"]);
  expect(await next.limits.recover()).toEqual({ leases: 1, holds: 0 });
});

it("keeps what is over out of the file", async () => {
  const call = { key: "w", limitId: "w", metric: "tokens", capacity: 100, windowMs: 1_000, amount: 5 } as const;
  const rolling: HoldClaim = { ...money, key: "r", span: { kind: "rolling", windowMs: 1_000 } };
  for (let n = 0; n < 600; n += 1) {
    const id = `call-${n}`;
    const windows = [call, { ...call, key: `user-${n}` }];
    const result = await storage.limits.admit(admission(id, { windows, holds: [money, rolling] }));
    expect(result.kind).toBe("admitted");
    await storage.ledger.open(anIntent({ attemptId: id, callId: id }));
    await storage.ledger.settle({ line: aLine({ attemptId: id, callId: id }), call: aCallRecord({ callId: id }) });
    await storage.limits.settle({ callId: id, attemptId: id, spentPico: 1n });
    await storage.limits.release({ callId: id, tokens: 3 });
    await bench.clock.advance(100);
  }
  const db = new DatabaseSync(bench.path, { readOnly: true });
  const rows = (table: string): number => (db.prepare(`SELECT count(*) AS n FROM ${table}`).get() as { n: number }).n;
  for (const table of ["open_calls", "lease_counts", "rolling_holds"]) expect([table, rows(table)]).toEqual([table, 0]);
  // Ten count; what has left goes now and then.
  expect(rows("spending_entries")).toBeLessThan(40);
  // Keys that nobody asks for any more go with the next sweeps.
  expect(rows("window_keys")).toBeLessThan(300);
  expect(rows("window_entries")).toBeLessThan(300);
  db.close();
});

it("answers reports without holding up writers or the event loop", async () => {
  for (let n = 0; n < 20; n += 1) {
    await Promise.all(
      Array.from({ length: 500 }, (_, m) =>
        storage.ledger.settle({
          line: aLine({ attemptId: `${n}/${m}`, userId: `u${m}`, sessionId: `s${m}` }),
          call: null,
        }),
      ),
    );
  }
  const query = { period: always, groupBy: ["session", "user"] as const, timeZone: "UTC" };
  await storage.reader.usage(everybody, query);
  let isReading = true;
  const reports = Array.from({ length: 10 }, () => storage.reader.usage(everybody, query));
  const reading = Promise.all(reports).finally(() => (isReading = false));
  let written = 0;
  while (isReading) {
    await storage.ledger.settle({ line: aLine({ attemptId: `during-${written}` }), call: null });
    written += 1;
  }
  const [first = []] = await reading;
  expect(first.reduce((sum, row) => sum + row.attempts, 0)).toBeGreaterThanOrEqual(10_000);
  expect(written).toBeGreaterThan(1);
});

it("moves the log into the file while it runs", async () => {
  const { size } = statSync(bench.path);
  for (let n = 0; n < 1_100; n += 1) await storage.ledger.settle({ line: aLine({ attemptId: `${n}` }), call: null });
  for (let tries = 0; statSync(bench.path).size === size && tries < 1_000; tries += 1) await setTimeout(10);
  expect(statSync(bench.path).size).toBeGreaterThan(size);
});

it("works in memory, where a reader sees commits alone", async () => {
  const memory = await openSqliteStorage({ path: ":memory:" }, { clock: createManualClock() });
  await memory.ledger.settle({ line: aLine(), call: aCallRecord() });
  expect((await memory.reader.call(everybody, "call-1"))?.lines).toEqual([aLine()]);
  await memory.close();
  await expect(memory.reader.call(everybody, "call-1")).rejects.toMatchObject({ code: "unavailable" });
});

it("refuses a line or a call that cannot be stored, and leaves what came with it alone", async () => {
  const tokens = { ...aLine().usage!.tokens, input: 1.5 };
  const results = await Promise.allSettled([
    storage.ledger.settle({ line: aLine({ attemptId: "1", lineId: "1" }), call: aCallRecord({ callId: "1" }) }),
    storage.ledger.settle({ line: aLine({ attemptId: "2", usage: { ...aLine().usage!, tokens } }), call: null }),
    storage.ledger.settle({ line: null, call: aCallRecord({ callId: "3", latencyMs: Number.NaN }) }),
    storage.ledger.settle({ line: aLine({ attemptId: "4", costPico: 10n ** 30n }), call: null }),
    storage.ledger.open(anIntent({ attemptId: "5", ordinal: 0.5 })),
    storage.limits.admit(admission("6", { holds: [{ ...money, limitPico: 10n ** 40n, amountPico: 10n ** 30n }] })),
    storage.ledger.open(anIntent({ attemptId: "1" })),
    storage.ledger.open(anIntent({ attemptId: "7", callId: "7" })),
  ]);
  expect(
    results.map((result) => (result.status === "rejected" ? TenantryError.from(result.reason).code : "ok")),
  ).toEqual(["ok", "internal", "invalid_request", "internal", "internal", "internal", "conflict", "ok"]);
  expect(await budget(storage)).toEqual({ spentPico: 0n, heldPico: 0n });
  const [row] = await storage.reader.usage(everybody, { period: always, groupBy: [], timeZone: "UTC" });
  expect(row).toMatchObject({ calls: 1, attempts: 1 });
});

it("adds latencies to what another process wrote in between, and forgets those of a batch that was lost", async () => {
  const other = await bench.open();
  const settle = (of: SqliteStorage, callId: string, latencyMs: number): Promise<unknown> =>
    of.ledger.settle({ line: null, call: aCallRecord({ callId, latencyMs, ttftMs: latencyMs / 2 }) });
  const kept = [5, 700, 20, 3, 9_000, 44];
  for (const [n, latencyMs] of kept.entries()) await settle(n % 3 === 0 ? other : storage, `${n}`, latencyMs);
  const db = new DatabaseSync(bench.path);
  db.exec("CREATE TRIGGER lost AFTER UPDATE ON latency_roll_ups BEGIN SELECT raise(ABORT, 'lost'); END");
  await expect(settle(storage, "lost", 1)).rejects.toMatchObject({ code: "unavailable" });
  db.exec("DROP TRIGGER lost");
  db.close();
  await settle(storage, "after", 80);
  const query = { period: always };
  const calls = [...kept, 80].map((latencyMs, n) => aCallRecord({ callId: `${n}`, latencyMs, ttftMs: latencyMs / 2 }));
  expect(await other.reader.sla(everybody, query)).toEqual(foldSla(calls, query));
});

it("answers one frozen tenant as long as its row is the same, and the new one after a change by another", async () => {
  const other = await bench.open();
  await storage.tenants.put(aTenant({ id: "t", name: "first" }));
  const first = await storage.tenants.find("t");
  expect(await storage.tenants.find("t")).toBe(first);
  expect(() => Object.assign(first!.overrides, { quality: 1 })).toThrow(TypeError);
  await other.tenants.put(aTenant({ id: "t", name: "second" }));
  expect(await storage.tenants.find("t")).toEqual(aTenant({ id: "t", name: "second" }));
  expect(await storage.tenants.find("u")).toBeNull();
});
