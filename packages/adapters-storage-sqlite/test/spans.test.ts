import { DatabaseSync } from "node:sqlite";
import type { SpanWrite, StoredSpan } from "@tenantry/core";
import { aCallRecord, aLine, aReport, aStoredSpan, createManualClock } from "@tenantry/core/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openSqliteStorage, type SqliteStorage } from "../src/index.ts";
import { type Bench, createBench } from "./open-subjects.ts";

let bench: Bench;
const opened: SqliteStorage[] = [];

beforeEach(() => {
  bench = createBench();
});

afterEach(async () => {
  for (const storage of opened.splice(0)) await storage.close();
  await bench.close();
});

const everybody = { kind: "installation" } as const;
const hourMs = 3_600_000;
const start = Date.UTC(2026, 0, 15, 12);
const nothing = { traces: [], responses: [], attempts: [] };
const always = { from: 0, to: start * 2 };

function aSpan(trace: number, span: number, overrides: Partial<StoredSpan> = {}): StoredSpan {
  const hex = (of: number, digits: number): string => of.toString(16).padStart(digits, "0");
  return aStoredSpan({ traceId: hex(trace, 32), spanId: hex(span, 16), ...overrides });
}

async function openWith(keepSpansMs: number, now: number = start): Promise<SqliteStorage> {
  const clock = createManualClock({ now });
  const storage = await openSqliteStorage({ path: bench.path, busyTimeoutMs: 100, keepSpansMs }, { clock });
  opened.push(storage);
  return storage;
}

async function write({ spans }: SqliteStorage, of: Partial<SpanWrite>): Promise<boolean> {
  const { seen } = await spans.find(nothing);
  const written = { added: [], changed: [], settled: [], receivedAt: start, seen, ...of };
  return (await spans.write(written)).isAlone;
}

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

const spanTables = ["spans", "span_traces", "tenant_traces", "span_arrivals", "pending_traces"];

it("forgets spans some time after they came in, in small steps, with all that is kept of them, and never lines", async () => {
  const storage = await openWith(24 * hourMs);
  const spans = Array.from({ length: 400 }, (_, n) =>
    aSpan(1 + (n % 7), n + 1, { report: aReport({ responseId: `r${n}` }) }),
  );
  await write(storage, { added: spans });
  await storage.ledger.settle({ line: aLine({ responseId: "r1" }), call: aCallRecord() });
  expect(spanTables.map(rowsOf)).toEqual([400, 7, 7, 7, 1]);
  // Not before their time.
  await write(storage, { receivedAt: start + 24 * hourMs - 1 });
  expect(rowsOf("spans")).toBe(400);
  const counts: number[] = [];
  while (rowsOf("spans") > 0 && counts.length < 50) {
    await write(storage, { receivedAt: start + 26 * hourMs });
    counts.push(rowsOf("spans"));
  }
  expect(counts.length).toBeGreaterThan(3);
  expect(spanTables.map(rowsOf)).toEqual([0, 0, 0, 0, 0]);
  expect(
    await storage.spans.lines({ ...nothing, calls: [], responses: [{ tenantId: "tenant-a", id: "r1" }] }),
  ).toHaveLength(1);
  // Sent again, it is new.
  await write(storage, { added: [spans[0]!], receivedAt: start + 26 * hourMs });
  expect(await storage.spans.pending(5)).toEqual([]);
  expect(rowsOf("spans")).toBe(1);
});

it("keeps what came later of a trace whose first spans are forgotten, and tells of that alone", async () => {
  const storage = await openWith(24 * hourMs);
  await write(storage, { added: [aSpan(1, 1, { name: "first", status: "error" })] });
  const late = aSpan(1, 2, { name: "late", startedAt: start + 5 });
  await write(storage, { added: [late], receivedAt: start + 20 * hourMs });
  await write(storage, { receivedAt: start + 26 * hourMs });
  const { spans } = await storage.spans.find({ ...nothing, traces: [{ scope: everybody, traceId: late.traceId }] });
  expect(spans).toEqual([late]);
  const { items } = await storage.spans.traces(everybody, { period: always, order: "newest-first", limit: 5 });
  expect(items.map(({ item }) => item)).toMatchObject([
    { name: "late", startedAt: start + 5, hasError: false, spans: 1 },
  ]);
});

it("forgets spans where none come in any more, when its health is asked for", async () => {
  await write(await openWith(hourMs), { added: [aSpan(1, 1)] });
  const later = await openWith(hourMs, start + 3 * hourMs);
  expect(rowsOf("spans")).toBe(1);
  await later.health();
  expect(rowsOf("spans")).toBe(0);
});

it("refuses a time to keep spans that is none", async () => {
  const options = { path: bench.path, keepSpansMs: -1 };
  await expect(openSqliteStorage(options, { clock: createManualClock() })).rejects.toMatchObject({
    issues: [{ path: "storage.keepSpansMs" }],
  });
});

it("commits spans, what is booked and what is taken back of one turn together, or none of it", async () => {
  const storage = await bench.open();
  const told = { line: aLine({ origin: "ingest" }), call: aCallRecord({ origin: "ingest" }) } as const;
  await storage.ledger.settle(told);
  const { seen } = await storage.spans.find(nothing);
  const turn = (): Promise<unknown>[] => [
    storage.spans.write({ added: [aSpan(1, 1)], changed: [], settled: [], seen, receivedAt: start }),
    storage.ledger.retract({ tenantId: "tenant-a", callId: "call-1", sameAs: "call-2", recordedAt: start }),
    storage.ledger.settle({
      line: aLine({ attemptId: "a2", callId: "call-2", costPico: 7n }),
      call: aCallRecord({ callId: "call-2" }),
    }),
  ];
  inDatabase((db) =>
    db.exec(`CREATE TRIGGER broken BEFORE INSERT ON calls BEGIN SELECT raise(ROLLBACK, 'broken'); END`),
  );
  const lost = await Promise.allSettled(turn());
  expect(lost.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect([rowsOf("spans"), rowsOf("retracted_calls"), rowsOf("calls")]).toEqual([0, 0, 1]);
  inDatabase((db) => db.exec("DROP TRIGGER broken"));
  // A transaction lasts as long as its turn, and so does its failure.
  await new Promise((resolve) => setImmediate(resolve));
  const [written] = await Promise.all(turn());
  expect(written).toEqual({ isAlone: true });
  expect([rowsOf("spans"), rowsOf("retracted_calls"), rowsOf("calls")]).toEqual([1, 1, 1]);
  const query = { period: always, groupBy: [], timeZone: "UTC" } as const;
  expect(await storage.reader.usage(everybody, query)).toMatchObject([{ calls: 1, attempts: 1, costPico: 7n }]);
});

it("learns of the first span and of the first retraction from another process", async () => {
  const [one, other] = [await bench.open(), await bench.open()];
  const settle = (id: string, origin: "call" | "ingest" = "call"): Promise<unknown> =>
    other.ledger.settle({
      line: aLine({ attemptId: id, callId: `c-${id}`, responseId: "r", origin }),
      call: aCallRecord({ callId: `c-${id}`, origin }),
    });
  await settle("before");
  await settle("told", "ingest");
  await write(one, { added: [aSpan(1, 1, { report: aReport({ responseId: "r" }) })] });
  await one.ledger.retract({ tenantId: "tenant-a", callId: "c-told", sameAs: "c-before", recordedAt: start });
  expect(await one.spans.pending(5)).toEqual([]);
  await settle("after");
  expect(await one.spans.pending(5)).toHaveLength(1);
  await settle("told", "ingest");
  expect(rowsOf("calls")).toBe(2);
});

it("keeps spans in memory too, where every question is asked in the turn's transaction", async () => {
  const storage = await openSqliteStorage({ path: ":memory:" }, { clock: createManualClock() });
  opened.push(storage);
  const span = aSpan(1, 1, { report: aReport({ responseId: "r" }) });
  expect(await write(storage, { added: [span] })).toBe(true);
  await storage.ledger.settle({ line: aLine({ responseId: "r" }), call: aCallRecord() });
  expect(await storage.spans.pending(5)).toEqual([{ scope: everybody, traceId: span.traceId }]);
  const found = await storage.spans.find({ ...nothing, responses: [{ tenantId: "tenant-a", id: "r" }] });
  expect(found.spans).toEqual([span]);
  const { items } = await storage.spans.spans(everybody, { traceId: span.traceId, limit: 5 });
  expect(items.map(({ item }) => item)).toEqual([span]);
});

it("decides again where too many lines came between a find and its write to tell what they say", async () => {
  const storage = await bench.open();
  const { seen } = await storage.spans.find(nothing);
  const lines = Array.from({ length: 5_000 }, (_, n) => aLine({ attemptId: `a${n}`, callId: `c${n}` }));
  await Promise.all(lines.map((line) => storage.ledger.settle({ line, call: null })));
  const span = aSpan(1, 1, { report: aReport({ attemptId: "a4999" }) });
  expect(await write(storage, { added: [span], seen })).toBe(false);
  expect(await write(storage, { added: [span] })).toBe(true);
});
