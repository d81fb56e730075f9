import type { Denial } from "../limits/denial.ts";
import type { Instant } from "../time/instant.ts";

/** A request that gets no answer of a model: what the caller is told, in no protocol's words. */
export interface HttpFailure {
  readonly status: number;
  /** Stable, for programs: `rate_limited`, `invalid_request`, … */
  readonly code: string;
  /** One sentence for people. */
  readonly message: string;
  /** The field at fault, where one is. */
  readonly param: string | null;
  /** Earliest sensible retry, ms from now; null when waiting does not help or nobody knows. */
  readonly retryAfterMs: number | null;
  /** What the official clients are told about retrying; null leaves it to them. */
  readonly shouldRetry: boolean | null;
  /** Where a limit or a budget said no. */
  readonly limit?: LimitFailure;
}

/** The limit that said no, and whether waiting helps. Holds no amount: those of budgets are not everybody's. */
export interface LimitFailure {
  readonly limitId: string;
  readonly waitFor: Denial["waitFor"];
  readonly resetAt: Instant | null;
}

/** A failure with what most of them do not have left out. */
export function httpFailure(
  status: number,
  code: string,
  message: string,
  more: Partial<Pick<HttpFailure, "param" | "retryAfterMs" | "shouldRetry">> = {},
): HttpFailure {
  return { status, code, message, param: null, retryAfterMs: null, shouldRetry: null, ...more };
}
