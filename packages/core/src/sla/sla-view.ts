import type { Compliance, ComplianceState } from "./compliance.ts";
import type { Objective } from "./objective.ts";

/** Compliance as JSON carries it. */
export interface SlaRowView {
  readonly tenantId: string;
  /** Null is best effort. `thresholdMs` is null for `errors`. */
  readonly objective: Pick<Objective, "metric" | "quantile" | "thresholdMs"> | null;
  readonly calls: number;
  /** Null for best effort, where nothing was promised that a call could keep. */
  readonly good: number | null;
  /** Calls that decide nothing, because the caller was at fault or gave up. */
  readonly excluded: number;
  /** good / calls, in [0, 1]; null without calls or without an objective. */
  readonly share: number | null;
  /** The objective's quantile of the measured times in ms, within 1 %; P95 for best effort; null without data. */
  readonly quantileMs: number | null;
  readonly state: ComplianceState;
}

/** The answer to an SLA query, the same in every app. */
export interface SlaView {
  readonly rows: readonly SlaRowView[];
}

/** Compliance as plain data for JSON. */
export function slaView(rows: readonly Compliance[]): SlaView {
  return {
    rows: rows.map(({ tenantId, objective, calls, good, excluded, share, quantileMs, state }) => ({
      tenantId,
      objective:
        objective === null
          ? null
          : { metric: objective.metric, quantile: objective.quantile, thresholdMs: objective.thresholdMs },
      calls,
      good: objective === null ? null : good,
      excluded,
      share,
      quantileMs,
      state,
    })),
  };
}
