import {
  checkSlaQuery,
  decodeSketch,
  emptySketch,
  insertIntoSketch,
  type LatencyCounts,
  mergeSketches,
  type QueryScope,
  type SlaCounts,
  type SlaQuery,
  type SlaReading,
  type Verdict,
} from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { bucketsOf } from "./buckets.ts";
import { sightOf } from "./scope.ts";

export type ReadSla = (scope: QueryScope, query: SlaQuery) => SlaReading;

type Counts = { -readonly [Field in keyof SlaCounts]: SlaCounts[Field] };
type Latencies = { -readonly [Field in keyof LatencyCounts]: LatencyCounts[Field] };

interface CounterRow {
  readonly tenant_id: string;
  readonly objective_id: string;
  readonly good: number;
  readonly bad: number;
  readonly excluded: number;
}

interface SketchRow {
  readonly tenant_id: string;
  readonly calls: number;
  readonly latency: Uint8Array;
  readonly ttft: Uint8Array;
}

interface EdgeRow {
  readonly tenant_id: string;
  readonly outcome: string;
  readonly latency_ms: number | null;
  readonly ttft_ms: number | null;
  readonly verdicts: string;
}

/** Answers from whole buckets and from the calls at the two edges. */
export function createReadSla(db: DatabaseSync): ReadSla {
  const both = (sql: (condition: string) => string) => ({
    one: db.prepare(sql("tenant_id = ?3 AND")),
    all: db.prepare(sql("")),
  });
  const counters = both(
    (tenant) => `SELECT tenant_id, objective_id, sum(good) AS good, sum(bad) AS bad, sum(excluded) AS excluded
    FROM objective_roll_ups WHERE ${tenant} bucket >= ?1 AND bucket < ?2 GROUP BY tenant_id, objective_id`,
  );
  const sketches = both(
    (tenant) => `SELECT tenant_id, calls, latency, ttft FROM latency_roll_ups
    WHERE ${tenant} bucket >= ?1 AND bucket < ?2`,
  );
  const edges = both(
    (tenant) => `SELECT tenant_id, outcome, latency_ms, ttft_ms, verdicts FROM calls
    WHERE ${tenant} admitted_at >= ?1 AND admitted_at < ?2`,
  );

  function rows<Row>(of: ReturnType<typeof both>, from: number, to: number, tenantId: string | null): Iterable<Row> {
    const found = tenantId === null ? of.all.iterate(from, to) : of.one.iterate(from, to, tenantId);
    return found as unknown as Iterable<Row>;
  }

  return (scope, query) => {
    checkSlaQuery(query);
    const sight = sightOf(scope, query.tenantId);
    if (sight === "nothing") return { counts: [], latencies: [] };
    const reading = createReading();
    const { firstBucket, endBucket, edges: parts } = bucketsOf(query.period);
    for (const row of rows<CounterRow>(counters, firstBucket, endBucket, sight.tenantId)) {
      const count = reading.countsOf(row.tenant_id, row.objective_id);
      count.good += row.good;
      count.bad += row.bad;
      count.excluded += row.excluded;
    }
    for (const row of rows<SketchRow>(sketches, firstBucket, endBucket, sight.tenantId)) {
      const of = reading.latenciesOf(row.tenant_id);
      of.calls += row.calls;
      mergeSketches(of.latency, decodeSketch(row.latency));
      mergeSketches(of.ttft, decodeSketch(row.ttft));
    }
    for (const { from, to } of parts) {
      for (const row of rows<EdgeRow>(edges, from, to, sight.tenantId)) addCall(reading, row);
    }
    return reading.result();
  };
}

interface Reading {
  countsOf(tenantId: string, objectiveId: string): Counts;
  latenciesOf(tenantId: string): Latencies;
  result(): SlaReading;
}

function createReading(): Reading {
  const counts = new Map<string, Counts>();
  const latencies = new Map<string, Latencies>();
  return {
    countsOf(tenantId, objectiveId) {
      const name = JSON.stringify([tenantId, objectiveId]);
      let count = counts.get(name);
      if (count === undefined) {
        counts.set(name, (count = { tenantId, objectiveId, good: 0, bad: 0, excluded: 0 }));
      }
      return count;
    },
    latenciesOf(tenantId) {
      let of = latencies.get(tenantId);
      if (of === undefined) {
        latencies.set(tenantId, (of = { tenantId, calls: 0, latency: emptySketch(), ttft: emptySketch() }));
      }
      return of;
    },
    result: () => ({
      // Rows of which all has been taken out again stay, and say nothing.
      counts: [...counts.values()]
        .filter(isAnything)
        .sort((a, b) => compareText(a.tenantId, b.tenantId) || compareText(a.objectiveId, b.objectiveId)),
      latencies: [...latencies.values()]
        .filter(({ calls }) => calls > 0)
        .sort((a, b) => compareText(a.tenantId, b.tenantId)),
    }),
  };
}

function isAnything({ good, bad, excluded }: Counts): boolean {
  return good + bad + excluded > 0;
}

function addCall(reading: Reading, row: EdgeRow): void {
  const of = reading.latenciesOf(row.tenant_id);
  of.calls += 1;
  if (row.outcome === "ok" && row.latency_ms !== null) insertIntoSketch(of.latency, row.latency_ms);
  if (row.outcome === "ok" && row.ttft_ms !== null) insertIntoSketch(of.ttft, row.ttft_ms);
  for (const { objectiveId, verdict } of JSON.parse(row.verdicts) as Verdict[]) {
    reading.countsOf(row.tenant_id, objectiveId)[verdict] += 1;
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
