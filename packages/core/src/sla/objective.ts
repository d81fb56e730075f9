/**
 * A promised service level.
 *
 * `latency` and `ttft`: at least `quantile` of the calls are answered within `thresholdMs` ("P95 2000 ms").
 * `errors`: at least `quantile` of the calls are answered at all (0.99 = at most 1 % fail).
 */
export interface Objective {
  /** Unique within the tier and stable, because counters are kept under it: `latency-p95-2000ms`. */
  readonly id: string;
  readonly metric: "latency" | "ttft" | "errors";
  /** Share that must be good, in (0, 1). */
  readonly quantile: number;
  /** Milliseconds; null for `errors`. */
  readonly thresholdMs: number | null;
  /** Below this many counted calls the state is `insufficient-data`. */
  readonly minCalls: number;
}
