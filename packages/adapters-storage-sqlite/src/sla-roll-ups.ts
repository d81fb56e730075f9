import {
  type CallRecord,
  decodeSketch,
  emptySketch,
  encodeSketch,
  insertIntoSketch,
  type QuantileSketch,
  type Verdict,
} from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { bucketOf } from "./buckets.ts";

/** Changes of objectives' counters and of latency sketches, gathered in memory for one transaction. */
export interface SlaRollUps {
  add(call: CallRecord): void;
  /** Writes what was gathered: every row is written once, inside the transaction. */
  flush(): void;
  clear(): void;
  /** To be called when another connection may have written, or a transaction was rolled back. */
  forget(): void;
}

interface Counters {
  readonly tenantId: string;
  readonly objectiveId: string;
  readonly bucket: number;
  readonly counts: Record<Verdict["verdict"], number>;
}

/** What is to be added to a row. */
interface Latencies {
  readonly tenantId: string;
  readonly bucket: number;
  calls: number;
  readonly latenciesMs: number[];
  readonly ttftsMs: number[];
}

/** A row as it stands. */
interface LatencyRow {
  calls: number;
  readonly latency: QuantileSketch;
  readonly ttft: QuantileSketch;
}

const MAX_KNOWN = 200;

export function createSlaRollUps(db: DatabaseSync): SlaRollUps {
  const addCounters = db.prepare(`INSERT INTO objective_roll_ups (tenant_id, objective_id, bucket, good, bad, excluded)
    VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (tenant_id, bucket, objective_id) DO UPDATE SET
    good = good + excluded.good, bad = bad + excluded.bad, excluded = excluded + excluded.excluded`);
  const find = db.prepare("SELECT calls, latency, ttft FROM latency_roll_ups WHERE tenant_id = ? AND bucket = ?");
  const write =
    db.prepare(`INSERT INTO latency_roll_ups (tenant_id, bucket, calls, latency, ttft) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (tenant_id, bucket) DO UPDATE SET calls = excluded.calls, latency = excluded.latency,
    ttft = excluded.ttft`);
  const counters = new Map<string, Counters>();
  const latencies = new Map<string, Latencies>();
  const known = new Map<string, LatencyRow>();

  function latenciesAt(tenantId: string, bucket: number): Latencies {
    const name = JSON.stringify([tenantId, bucket]);
    let found = latencies.get(name);
    if (found === undefined) {
      found = { tenantId, bucket, calls: 0, latenciesMs: [], ttftsMs: [] };
      latencies.set(name, found);
    }
    return found;
  }

  function rowOf(tenantId: string, bucket: number): LatencyRow {
    const row = find.get(tenantId, bucket) as { calls: number; latency: Uint8Array; ttft: Uint8Array } | undefined;
    if (row === undefined) return { calls: 0, latency: emptySketch(), ttft: emptySketch() };
    return { calls: row.calls, latency: decodeSketch(row.latency), ttft: decodeSketch(row.ttft) };
  }

  function countersAt(tenantId: string, objectiveId: string, bucket: number): Counters {
    const name = JSON.stringify([tenantId, objectiveId, bucket]);
    let found = counters.get(name);
    if (found === undefined) {
      counters.set(name, (found = { tenantId, objectiveId, bucket, counts: { good: 0, bad: 0, excluded: 0 } }));
    }
    return found;
  }

  return {
    add(call) {
      const bucket = bucketOf(call.admittedAt);
      const of = latenciesAt(call.tenantId, bucket);
      of.calls += 1;
      // As the reference has it (metering/sla-roll-up.ts of core): sketches hold answered calls alone.
      if (call.outcome === "ok" && call.latencyMs !== null) of.latenciesMs.push(call.latencyMs);
      if (call.outcome === "ok" && call.ttftMs !== null) of.ttftsMs.push(call.ttftMs);
      for (const { objectiveId, verdict } of call.verdicts) {
        countersAt(call.tenantId, objectiveId, bucket).counts[verdict] += 1;
      }
    },
    flush() {
      for (const { tenantId, objectiveId, bucket, counts } of counters.values()) {
        addCounters.run(tenantId, objectiveId, bucket, counts.good, counts.bad, counts.excluded);
      }
      for (const [name, { tenantId, bucket, calls, latenciesMs, ttftsMs }] of latencies) {
        const row = known.get(name) ?? rowOf(tenantId, bucket);
        row.calls += calls;
        for (const latencyMs of latenciesMs) insertIntoSketch(row.latency, latencyMs);
        for (const ttftMs of ttftsMs) insertIntoSketch(row.ttft, ttftMs);
        write.run(tenantId, bucket, row.calls, encodeSketch(row.latency), encodeSketch(row.ttft));
        if (known.size >= MAX_KNOWN) known.clear();
        known.set(name, row);
      }
    },
    clear() {
      counters.clear();
      latencies.clear();
    },
    forget: () => known.clear(),
  };
}
