/** Whose calls share one count. Calls without that id share `(none)`. */
export type LimitScope = "tenant" | "user" | "feature" | "key";

/** Calls or tokens over a sliding window: never more than `capacity` in any window of this length (R3). */
export interface RateLimit {
  /** Unique within the tier: `calls-1m`, `tokens-1m-user`. */
  readonly id: string;
  readonly metric: "calls" | "tokens";
  /** Whole number ≥ 0; 0 admits nothing. */
  readonly capacity: number;
  readonly windowMs: number;
  readonly scope: LimitScope;
}

/** Calls in flight at once. */
export interface ConcurrencyLimit {
  readonly id: string;
  /** Whole number ≥ 0; 0 admits nothing. */
  readonly capacity: number;
  readonly scope: LimitScope;
}
