import {
  type CallRecord,
  decodeSketch,
  emptySketch,
  encodeSketch,
  insertIntoSketch,
  type QuantileSketch,
  removeFromSketch,
  type SketchExtremes,
  type Verdict,
} from "@tenantry/core";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { BUCKET_MS, bucketOf } from "./buckets.ts";

/** Changes of objectives' counters and of latency sketches, gathered in memory for one transaction. */
export interface SlaRollUps {
  /** A call ended (1), or was taken out of `calls` (−1). */
  add(call: CallRecord, sign: 1 | -1): void;
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

/** What is to be added to a row, and what is to be taken out. */
interface Latencies {
  readonly tenantId: string;
  readonly bucket: number;
  calls: number;
  readonly latency: Change;
  readonly ttft: Change;
}

interface Change {
  readonly addedMs: number[];
  readonly removedMs: number[];
}

const sketchColumns = { latency: "latency_ms", ttft: "ttft_ms" } as const;

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
  // What a sketch does not know of the values that stay. Asked when the slowest or the fastest call of a bucket goes.
  const findExtremes = Object.fromEntries(
    Object.entries(sketchColumns).map(([sketch, column]) => [
      sketch,
      db.prepare(`SELECT min(${column}) AS min, max(${column}) AS max FROM calls
        WHERE tenant_id = ? AND admitted_at >= ? AND admitted_at < ? AND outcome = 'ok'`),
    ]),
  ) as Readonly<Record<keyof typeof sketchColumns, StatementSync>>;
  const counters = new Map<string, Counters>();
  const latencies = new Map<string, Latencies>();
  const known = new Map<string, LatencyRow>();

  function latenciesAt(tenantId: string, bucket: number): Latencies {
    const name = JSON.stringify([tenantId, bucket]);
    let found = latencies.get(name);
    if (found === undefined) {
      const none = (): Change => ({ addedMs: [], removedMs: [] });
      found = { tenantId, bucket, calls: 0, latency: none(), ttft: none() };
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

  function change(sketch: QuantileSketch, { addedMs, removedMs }: Change, extremesLeft: () => SketchExtremes): void {
    for (const valueMs of addedMs) insertIntoSketch(sketch, valueMs);
    if (removedMs.length === 0) return;
    let extremes: SketchExtremes | null = null;
    for (const valueMs of removedMs) removeFromSketch(sketch, valueMs, () => (extremes ??= extremesLeft()));
  }

  function extremesOf(sketch: keyof typeof sketchColumns, tenantId: string, bucket: number): SketchExtremes {
    const row = findExtremes[sketch].get(tenantId, bucket * BUCKET_MS, (bucket + 1) * BUCKET_MS) as {
      readonly min: number | null;
      readonly max: number | null;
    };
    return { min: row.min ?? Number.POSITIVE_INFINITY, max: row.max ?? Number.NEGATIVE_INFINITY };
  }

  return {
    add(call, sign) {
      const bucket = bucketOf(call.admittedAt);
      const of = latenciesAt(call.tenantId, bucket);
      of.calls += sign;
      const valuesOf = ({ addedMs, removedMs }: Change): number[] => (sign === 1 ? addedMs : removedMs);
      // As the reference has it (metering/sla-roll-up.ts of core): sketches hold answered calls alone.
      if (call.outcome === "ok" && call.latencyMs !== null) valuesOf(of.latency).push(call.latencyMs);
      if (call.outcome === "ok" && call.ttftMs !== null) valuesOf(of.ttft).push(call.ttftMs);
      for (const { objectiveId, verdict } of call.verdicts) {
        countersAt(call.tenantId, objectiveId, bucket).counts[verdict] += sign;
      }
    },
    flush() {
      for (const { tenantId, objectiveId, bucket, counts } of counters.values()) {
        addCounters.run(tenantId, objectiveId, bucket, counts.good, counts.bad, counts.excluded);
      }
      for (const [name, { tenantId, bucket, calls, latency, ttft }] of latencies) {
        const row = known.get(name) ?? rowOf(tenantId, bucket);
        row.calls += calls;
        change(row.latency, latency, () => extremesOf("latency", tenantId, bucket));
        change(row.ttft, ttft, () => extremesOf("ttft", tenantId, bucket));
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
