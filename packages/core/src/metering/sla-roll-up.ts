import { emptySketch, insertIntoSketch } from "../sla/quantile-sketch.ts";
import type { CallRecord } from "./call-record.ts";
import { isWithin } from "./roll-up.ts";
import type { LatencyCounts, SlaCounts, SlaQuery, SlaReading } from "./usage-query.ts";

type Counts = { -readonly [Field in keyof SlaCounts]: SlaCounts[Field] };
type Latencies = { -readonly [Field in keyof LatencyCounts]: LatencyCounts[Field] };

/**
 * What the calls of a period say about their objectives: the reference that every store's answer must equal. The
 * sketches hold answered calls alone; `calls` counts every admitted one. Both lists ascend by tenant, counts then by
 * objective (code units).
 */
export function foldSla(calls: readonly CallRecord[], query: SlaQuery): SlaReading {
  const counts = new Map<string, Counts>();
  const latencies = new Map<string, Latencies>();
  for (const call of calls) {
    if (!isWithin(query.period, call.admittedAt)) continue;
    if (query.tenantId !== undefined && query.tenantId !== call.tenantId) continue;
    addLatency(latencies, call);
    for (const { objectiveId, verdict } of call.verdicts) {
      const name = JSON.stringify([call.tenantId, objectiveId]);
      let count = counts.get(name);
      if (count === undefined) {
        counts.set(name, (count = { tenantId: call.tenantId, objectiveId, good: 0, bad: 0, excluded: 0 }));
      }
      count[verdict] += 1;
    }
  }
  return {
    counts: [...counts.values()].sort(
      (a, b) => compareText(a.tenantId, b.tenantId) || compareText(a.objectiveId, b.objectiveId),
    ),
    latencies: [...latencies.values()].sort((a, b) => compareText(a.tenantId, b.tenantId)),
  };
}

function addLatency(latencies: Map<string, Latencies>, call: CallRecord): void {
  let of = latencies.get(call.tenantId);
  if (of === undefined) {
    of = { tenantId: call.tenantId, calls: 0, latency: emptySketch(), ttft: emptySketch() };
    latencies.set(call.tenantId, of);
  }
  of.calls += 1;
  if (call.outcome !== "ok") return;
  if (call.latencyMs !== null) insertIntoSketch(of.latency, call.latencyMs);
  if (call.ttftMs !== null) insertIntoSketch(of.ttft, call.ttftMs);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
