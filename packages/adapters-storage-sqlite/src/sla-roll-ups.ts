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
  /** To be called when a transaction was rolled back: what is known of the rows it wrote is void. */
  forget(): void;
}

/** A row's sketch as bytes and read, so that it need not be read anew while nobody else has changed it. */
interface Known {
  readonly bytes: Uint8Array;
  readonly sketch: QuantileSketch;
}

interface Counters {
  readonly tenantId: string;
  readonly objectiveId: string;
  readonly bucket: number;
  readonly counts: Record<Verdict["verdict"], number>;
}

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
  const known = new Map<string, { readonly latency: Known; readonly ttft: Known }>();

  function latenciesAt(tenantId: string, bucket: number): Latencies {
    const name = JSON.stringify([tenantId, bucket]);
    let found = latencies.get(name);
    if (found === undefined) {
      found = { tenantId, bucket, calls: 0, latency: emptySketch(), ttft: emptySketch() };
      latencies.set(name, found);
    }
    return found;
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
      for (const [name, { tenantId, bucket, calls, latency, ttft }] of latencies) {
        const row = find.get(tenantId, bucket) as { calls: number; latency: Uint8Array; ttft: Uint8Array } | undefined;
        const before = known.get(name);
        const after = {
          latency: merged(row?.latency, before?.latency, latency),
          ttft: merged(row?.ttft, before?.ttft, ttft),
        };
        write.run(tenantId, bucket, calls + (row?.calls ?? 0), after.latency.bytes, after.ttft.bytes);
        if (before === undefined && known.size >= MAX_KNOWN) known.clear();
        known.set(name, after);
      }
    },
    clear() {
      counters.clear();
      latencies.clear();
    },
    forget: () => known.clear(),
  };
}

/** The row's sketch with what was gathered; another process may have written the row since it was last read. */
function merged(stored: Uint8Array | undefined, known: Known | undefined, gathered: QuantileSketch): Known {
  if (stored === undefined) return { bytes: encodeSketch(gathered), sketch: gathered };
  const isSame = known !== undefined && Buffer.compare(known.bytes, stored) === 0;
  if (isSame && gathered.count === 0) return known;
  const sketch = isSame ? known.sketch : decodeSketch(stored);
  mergeSketches(sketch, gathered);
  return { bytes: encodeSketch(sketch), sketch };
}
