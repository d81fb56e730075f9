import type { UpstreamFailure } from "../errors/upstream-failure.ts";

/** What to do after a failed attempt of which the caller has seen nothing. */
export type NextStep =
  | { readonly kind: "retry"; readonly afterMs: number }
  | { readonly kind: "fallback" }
  | { readonly kind: "stop" };

export interface ChainState {
  /** Null when the failure was not the provider's. */
  readonly failure: UpstreamFailure | null;
  /** Attempts made of this model. */
  readonly attempts: number;
  /** Retries the tier allows per model. */
  readonly retries: number;
  /** Whether the route has another model. */
  readonly hasNext: boolean;
  /** Time left for the whole call. */
  readonly leftMs: number;
  /** In [0, 1): spreads retries of many callers. */
  readonly jitter: number;
}

const firstBackoffMs = 200;
const longestBackoffMs = 5_000;
/** Rather than wait longer than this for one provider, ask the next. */
const patienceMs = 1_000;

/**
 * Retry the same model, fall back to the next of the route, or stop.
 *
 * A fault of the caller's request would fail anywhere, so it stops (an unknown model does not: another may know it).
 * A fault of our account never heals by retrying. A provider's own fault is retried with growing, spread pauses, its
 * `Retry-After` respected; a time-out is not retried, because it has eaten its share of the time.
 */
export function nextStep(state: ChainState): NextStep {
  const { failure } = state;
  if (failure === null || failure.kind === "aborted") return { kind: "stop" };
  const elsewhere: NextStep = state.hasNext && state.leftMs > 0 ? { kind: "fallback" } : { kind: "stop" };
  if (failure.fault === "caller") return failure.status === 404 ? elsewhere : { kind: "stop" };
  if (failure.fault === "account" || failure.kind === "timeout" || state.attempts > state.retries) return elsewhere;
  const backoffMs = Math.min(longestBackoffMs, firstBackoffMs * 2 ** (state.attempts - 1)) * (0.5 + state.jitter / 2);
  const afterMs = Math.max(failure.retryAfterMs ?? 0, Math.round(backoffMs));
  if (afterMs > patienceMs && state.hasNext) return elsewhere;
  return afterMs < state.leftMs ? { kind: "retry", afterMs } : elsewhere;
}
