import { DatabaseSync } from "node:sqlite";
import { type AdmitRequest, type HoldClaim, type LimitStates } from "@tenantry/core";
import { aCallRecord, aLine, anIntent } from "@tenantry/core/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { SqliteStorage } from "../src/index.ts";
import { type Bench, createBench } from "./open-subjects.ts";

let bench: Bench;
let storage: SqliteStorage;

beforeEach(async () => {
  bench = createBench();
  storage = await bench.open();
});

afterEach(() => bench.close());

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const month: HoldClaim = {
  key: "month",
  budgetId: "month",
  limitPico: 10_000n,
  span: { kind: "calendar", period: { from: 0, to: 8_640_000_000_000_000 } },
  amountPico: 10n,
  breach: "block",
};
const claims = {
  windows: [
    { key: "calls", limitId: "calls", metric: "calls", capacity: 100, windowMs: 60_000, amount: 1 },
    { key: "tokens", limitId: "tokens", metric: "tokens", capacity: 1_000, windowMs: 60_000, amount: 20 },
  ],
  leases: [{ key: "lease", limitId: "lease", capacity: 50 }],
  holds: [month, { ...month, key: "rolling", budgetId: "rolling", span: { kind: "rolling", windowMs: 60_000 } }],
} as const;

const request = (id: string): AdmitRequest => ({ ...claims, callId: id, attemptId: id });

async function begin(id: string, of: SqliteStorage = storage): Promise<void> {
  const admitting = of.limits.admit(request(id));
  const opening = of.ledger.open(anIntent({ attemptId: id, callId: id }));
  const [admitted] = await Promise.all([admitting, opening]);
  expect(admitted.kind).toBe("admitted");
}

async function end(id: string, of: SqliteStorage = storage): Promise<void> {
  await Promise.all([
    of.ledger.settle({ line: aLine({ attemptId: id, callId: id }), call: aCallRecord({ callId: id }) }),
    of.limits.settle({ callId: id, attemptId: id, spentPico: 4n }),
    of.limits.release({ callId: id, tokens: 5 }),
  ]);
}

/** What counts, as the storage sees it: calls, tokens, places, and money spent and held by month and by minute. */
async function counted(of: SqliteStorage = storage): Promise<readonly (number | bigint)[]> {
  // A transaction lasts as long as its turn, and so does its failure.
  await nextTurn();
  const { windows, leases, budgets }: LimitStates = await of.limits.peek(claims);
  await nextTurn();
  return [
    ...windows.map(({ capacity, remaining }) => capacity - remaining),
    ...leases.map(({ inFlight }) => inFlight),
    ...budgets.flatMap(({ spentPico, heldPico }) => [spentPico, heldPico]),
  ];
}

/** Of so many calls in flight and so many that have ended. */
const standing = (open: number, ended: number): readonly (number | bigint)[] => {
  const [spent, held] = [4n * BigInt(ended), 10n * BigInt(open)];
  return [open + ended, 20 * open + 5 * ended, open, spent, held, spent, held];
};

function inDatabase<Result>(work: (db: DatabaseSync) => Result): Result {
  const db = new DatabaseSync(bench.path, { timeout: 1_000 });
  try {
    return work(db);
  } finally {
    db.close();
  }
}

const rowsOf = (table: string): number =>
  inDatabase((db) => (db.prepare(`SELECT count(*) AS n FROM ${table}`).get() as { n: number }).n);

it("knows at once what another process wrote, in every count", async () => {
  const other = await bench.open();
  await begin("1");
  await begin("2", other);
  expect([await counted(), await counted(other)]).toEqual([standing(2, 0), standing(2, 0)]);
  await begin("3");
  await end("2", other);
  await end("1");
  expect([await counted(), await counted(other)]).toEqual([standing(1, 2), standing(1, 2)]);
});

it("ends a call that another process began, and has nothing left to end then", async () => {
  const other = await bench.open();
  await begin("1");
  await end("1", other);
  await end("1");
  expect([await counted(), await counted(other)]).toEqual([standing(0, 1), standing(0, 1)]);
  await bench.kill(storage);
  expect(await other.limits.recover()).toEqual({ leases: 0, holds: 0 });
  expect(rowsOf("open_calls")).toBe(0);
});

it.each(["open_calls", "calls", "latency_roll_ups"])(
  "goes on from the rows when a transaction fails at %s, as if it had not been",
  async (table) => {
    await begin("1");
    await begin("2");
    inDatabase((db) =>
      db.exec(`CREATE TRIGGER broken BEFORE INSERT ON ${table} BEGIN SELECT raise(ROLLBACK, 'broken'); END`),
    );
    const lost = await Promise.allSettled([end("1"), begin("3")]);
    expect(lost.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    // Not by way of the trigger going, which makes it read anew anyway.
    expect(await counted()).toEqual(standing(2, 0));
    inDatabase((db) => db.exec("DROP TRIGGER broken"));
    await end("1");
    await begin("3");
    expect(await counted()).toEqual(standing(2, 1));
  },
);

it("goes on from the rows after a commit that failed, with nobody else having written", async () => {
  await begin("1");
  inDatabase((db) =>
    db.exec(`CREATE TRIGGER broken BEFORE INSERT ON open_calls WHEN new.call_id = 'bad'
      BEGIN SELECT raise(ROLLBACK, 'broken'); END`),
  );
  await begin("2");
  await Promise.allSettled([end("1"), storage.ledger.open(anIntent({ attemptId: "bad", callId: "bad" }))]);
  expect(await counted()).toEqual(standing(2, 0));
  await end("1");
  expect(await counted()).toEqual(standing(1, 1));
});

it("knows what recovery by another process took away", async () => {
  await begin("1");
  await begin("2");
  await end("2");
  await bench.kill(storage);
  const other = await bench.open();
  const [orphan] = await other.ledger.orphans();
  expect(orphan?.callId).toBe("1");
  const line = aLine({ attemptId: "1", callId: "1", source: "unknown", costPico: null, atMostPico: 4n, usage: null });
  await other.ledger.settle({ line, call: aCallRecord({ callId: "1", outcome: "lost", latencyMs: null }) });
  expect(await other.limits.recover()).toEqual({ leases: 1, holds: 1 });
  // The first one was not dead after all: it sees what is, and cannot end the call again.
  await end("1");
  const expected = standing(0, 2).toSpliced(1, 1, 25);
  expect([await counted(), await counted(other)]).toEqual([expected, expected]);
});

it("does not bring back what a sweep took away", async () => {
  for (let n = 0; n < 40; n += 1) {
    await begin(`${n}`);
    await end(`${n}`);
    await bench.clock.advance(61_000);
  }
  const rolling = { ...month, key: "rolling", budgetId: "rolling", span: { kind: "rolling", windowMs: 1 } } as const;
  for (let n = 0; n < 300; n += 1) {
    const windows = [{ ...claims.windows[0], key: "other" }];
    const holds = [{ ...rolling, key: "other" }];
    await storage.limits.admit({ windows, leases: [], holds, callId: `s${n}`, attemptId: `s${n}` });
    await storage.limits.settle({ callId: `s${n}`, attemptId: `s${n}`, spentPico: 0n });
    await bench.clock.advance(1_000);
  }
  expect(rowsOf("window_keys")).toBe(1);
  await begin("again");
  const [calls, tokens, places, spent, held, spentOfLate, heldOfLate] = await counted();
  expect([calls, tokens, places, spent, held, spentOfLate, heldOfLate]).toEqual([1, 20, 1, 160n, 10n, 0n, 10n]);
  await end("again");
  expect(await counted()).toEqual([1, 5, 0, 164n, 0n, 4n, 0n]);
});

it("writes each call in flight once, and nothing of one that begins and ends within a transaction", async () => {
  inDatabase((db) =>
    db.exec(`CREATE TABLE writes (n INTEGER);
      CREATE TRIGGER inserted AFTER INSERT ON open_calls BEGIN INSERT INTO writes VALUES (1); END;
      CREATE TRIGGER updated AFTER UPDATE ON open_calls BEGIN INSERT INTO writes VALUES (2); END`),
  );
  await begin("1");
  expect(rowsOf("writes")).toBe(1);
  await Promise.all([begin("2"), end("2"), end("1")]);
  expect([rowsOf("writes"), rowsOf("open_calls")]).toEqual([1, 0]);
  expect(await counted()).toEqual(standing(0, 2));
});

it("knows after many calls that an unknown one is nobody's, and learns of the next from another process", async () => {
  const other = await bench.open();
  await begin("theirs", other);
  for (let n = 0; n < 120; n += 1) {
    await begin(`${n}`);
    await end(`${n}`);
    await bench.clock.advance(1_000);
  }
  await end("theirs");
  expect(rowsOf("open_calls")).toBe(0);
  await begin("later", other);
  await end("later");
  await begin("mine");
  expect(rowsOf("open_calls")).toBe(1);
  const [, , places, spentPico, heldPico] = await counted();
  expect([places, spentPico, heldPico]).toEqual([1, 4n * 122n, 10n]);
  expect(await counted(other)).toEqual(await counted());
});
