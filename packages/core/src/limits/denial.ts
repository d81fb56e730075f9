import type { Instant } from "../time/instant.ts";

/** Why a call was not made. A denial is a value, consumes nothing and is counted. */
export type DenialCode =
  | "rate_limited"
  | "budget_exceeded"
  | "unpriced_model"
  | "model_not_in_tier"
  | "feature_not_in_tier"
  | "tenant_suspended"
  | "unknown_tenant";

export interface Denial {
  readonly code: DenialCode;
  /** One sentence for the caller: what happened and what to do. */
  readonly message: string;
  /** Id of the limit or budget that said no; null for the other codes. */
  readonly limitId: string | null;
  /** Calls, tokens, or pico-USD as a decimal string of USD for budgets; null for the other codes. */
  readonly limit: number | string | null;
  readonly remaining: number | string | null;
  /** When the count is back to what this call needs; null when waiting does not help or nobody knows. */
  readonly resetAt: Instant | null;
  /**
   * What to wait for: calls in flight, which may settle for less or leave their place, or the reset, before which nothing
   * comes back. Null when waiting does not help.
   */
  readonly waitFor: "calls-in-flight" | "reset" | null;
  /** ms to wait before the same call can be admitted; null when waiting does not help. */
  readonly retryAfterMs: number | null;
}
