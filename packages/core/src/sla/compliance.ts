import type { SlaReading } from "../metering/usage-query.ts";
import type { Objective } from "./objective.ts";
import { sketchQuantile } from "./quantile-sketch.ts";

export type ComplianceState = "compliant" | "breached" | "insufficient-data" | "best-effort";

/** Whether a tenant got a promised level over a period. */
export interface Compliance {
  readonly tenantId: string;
  /** Null for best effort, which is never reported as passing. */
  readonly objective: Objective | null;
  /** Calls that count: good + bad. For best effort, all admitted calls. */
  readonly calls: number;
  readonly good: number;
  /** Calls that do not count, because the caller was at fault or gave up. */
  readonly excluded: number;
  /** good / calls; null without calls or without an objective. */
  readonly share: number | null;
  /** The objective's quantile of the measured times, ms, within 1 %; P95 for best effort; null without data. */
  readonly quantileMs: number | null;
  readonly state: ComplianceState;
}

/** The exact counters decide; the sketch only illustrates. */
export function complianceOf(counts: { good: number; bad: number }, objective: Objective): ComplianceState {
  const calls = counts.good + counts.bad;
  if (calls < objective.minCalls || calls === 0) return "insufficient-data";
  return counts.good / calls >= objective.quantile ? "compliant" : "breached";
}

/** A tenant's rows: one per objective, or one of best effort. */
export function complianceRows(
  tenantId: string,
  objectives: readonly Objective[],
  reading: SlaReading,
): readonly Compliance[] {
  const latencies = reading.latencies.find((row) => row.tenantId === tenantId);
  if (objectives.length === 0) {
    return [
      {
        tenantId,
        objective: null,
        calls: latencies?.calls ?? 0,
        good: 0,
        excluded: 0,
        share: null,
        quantileMs: latencies === undefined ? null : sketchQuantile(latencies.latency, 0.95),
        state: "best-effort",
      },
    ];
  }
  return objectives.map((objective) => {
    const counts = reading.counts.find((row) => row.tenantId === tenantId && row.objectiveId === objective.id);
    const { good, bad, excluded } = counts ?? { good: 0, bad: 0, excluded: 0 };
    const sketch = objective.metric === "ttft" ? latencies?.ttft : latencies?.latency;
    return {
      tenantId,
      objective,
      calls: good + bad,
      good,
      excluded,
      share: good + bad === 0 ? null : good / (good + bad),
      quantileMs:
        sketch === undefined || objective.metric === "errors" ? null : sketchQuantile(sketch, objective.quantile),
      state: complianceOf({ good, bad }, objective),
    };
  });
}
