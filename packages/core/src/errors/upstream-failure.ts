import type { Usage } from "../pricing/usage.ts";

/**
 * How a provider request failed, in terms of what it may have cost (see `calls/attempt-outcome.ts`):
 *
 * - `not-sent`: nothing left this process (refused connection, unknown host, bad local configuration).
 * - `refused`: answered 4xx before any work.
 * - `server-error`: answered 5xx; may have worked and billed.
 * - `reset`: the connection broke after the first byte was sent and before an answer was complete.
 * - `timeout`: no complete answer before the attempt's deadline.
 * - `malformed`: answered 2xx with something that cannot be read.
 * - `cut`: a stream ended without its terminal event.
 * - `aborted`: we closed the connection because the caller gave up.
 */
export type UpstreamFailureKind =
  | "not-sent"
  | "refused"
  | "server-error"
  | "reset"
  | "timeout"
  | "malformed"
  | "cut"
  | "aborted";

export interface UpstreamFailure {
  readonly kind: UpstreamFailureKind;
  readonly provider: string;
  /** HTTP status, when there was an answer. */
  readonly status: number | null;
  /** The provider's own error code or type, when it gave one. */
  readonly providerCode: string | null;
  /** The provider's id of this request, for its support. */
  readonly requestId: string | null;
  /** `Retry-After` of the answer, ms from its arrival. */
  readonly retryAfterMs: number | null;
  /** Who has to act: the caller's request, our credentials or account, or the provider. Decides retry and fallback. */
  readonly fault: "caller" | "account" | "provider";
  /** Usage the provider reported all the same. */
  readonly usage: Usage | null;
}
