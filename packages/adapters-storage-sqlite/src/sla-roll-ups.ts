import {
  type CallRecord,
  decodeSketch,
  emptySketch,
  encodeSketch,
  insertIntoSketch,
  mergeSketches,
  type QuantileSketch,
  type Verdict,
} from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { bucketOf } from "./buckets.ts";

/** Changes of objectives' counters and of latency sketches, gathered in memory for one transaction. */
export interface SlaRollUps {
  add(call: CallRecord): void;
  /** Writes what was gathered: every sketch is read, merged and written once, inside the transaction. */
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

/** Of a row, or what is to be added to it. */
interface Latencies {
  readonly tenantId: string;
  readonly bucket: number;
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
  const write = db.prepare(`INSERT OR REPLACE INTO latency_roll_ups (tenant_id, bucket, calls, latency, ttft)
    VALUES (?, ?, ?, ?, ?)`);
  const counters = new Map<string, Counters>();
  const latencies = new Map<string, Latencies>();
  /** Rows as they stand: they need not be read again before they are written. */
  const known = new Map<string, Latencies>();

  function latenciesAt(tenantId: string, bucket: number): Latencies {
    const name = JSON.stringify([tenantId, bucket]);
    let found = latencies.get(name);
    if (found === undefined) {
      found = { tenantId, bucket, calls: 0, latency: emptySketch(), ttft: emptySketch() };
      latencies.set(name, found);
    }
    return found;
  }

  function rowOf(name: string, tenantId: string, bucket: number): Latencies | null {
    const before = known.get(name);
    if (before !== undefined) return before;
    const row = find.get(tenantId, bucket) as { calls: number; latency: Uint8Array; ttft: Uint8Array } | undefined;
    if (row === undefined) return null;
    return { tenantId, bucket, calls: row.calls, latency: decodeSketch(row.latency), ttft: decodeSketch(row.ttft) };
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
      if (call.outcome === "ok" && call.latencyMs !== null) insertIntoSketch(of.latency, call.latencyMs);
      if (call.outcome === "ok" && call.ttftMs !== null) insertIntoSketch(of.ttft, call.ttftMs);
      for (const { objectiveId, verdict } of call.verdicts) {
        countersAt(call.tenantId, objectiveId, bucket).counts[verdict] += 1;
      }
    },
    flush() {
      for (const { tenantId, objectiveId, bucket, counts } of counters.values()) {
        addCounters.run(tenantId, objectiveId, bucket, counts.good, counts.bad, counts.excluded);
      }
      for (const [name, gathered] of latencies) {
        const { tenantId, bucket } = gathered;
        const row = rowOf(name, tenantId, bucket) ?? {
          ...gathered,
          calls: 0,
          latency: emptySketch(),
          ttft: emptySketch(),
        };
        row.calls += gathered.calls;
        mergeSketches(row.latency, gathered.latency);
        mergeSketches(row.ttft, gathered.ttft);
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
