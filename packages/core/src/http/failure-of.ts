import type { ErrorCode } from "../errors/error-code.ts";
import type { TenantryError } from "../errors/tenantry-error.ts";
import type { Denial, DenialCode } from "../limits/denial.ts";
import type { Policy } from "../tenancy/tenant.ts";
import { formatDuration } from "../time/duration.ts";
import type { HttpFailure } from "./http-failure.ts";

/** The one place where refusals of core become statuses. A tenant that is gone has a key that opens nothing. */
function statusOfDenial(code: DenialCode): number {
  switch (code) {
    case "rate_limited":
      return 429;
    case "budget_exceeded":
      return 402;
    case "unpriced_model":
    case "model_not_in_tier":
    case "feature_not_in_tier":
    case "tenant_suspended":
      return 403;
    case "unknown_tenant":
      return 401;
  }
}

/** The one place where errors of core become statuses. */
function statusOfError(code: ErrorCode): number {
  switch (code) {
    case "invalid_request":
      return 400;
    case "not_found":
      return 404;
    case "conflict":
      return 409;
    case "cancelled":
      // Nobody is there to read it; what proxies write into their logs.
      return 499;
    case "upstream_error":
      return 502;
    case "upstream_timeout":
      return 504;
    case "unavailable":
    case "overloaded":
      return 503;
    case "invalid_configuration":
    case "internal":
      return 500;
  }
}

/** Told to wait longer, some clients of vendors retry at once, and others sleep in the middle of a request. */
const longestWaitMs = 60_000;

/** Who reads it: what a call may cost and what is left of a budget are provider cost (`Policy.showCost`). */
export type FailureReader = Pick<Policy, "showCost"> | null;

export function failureOfDenial(denial: Denial, reader: FailureReader): HttpFailure {
  const { code, retryAfterMs, limitId, waitFor, resetAt } = denial;
  return {
    status: statusOfDenial(code),
    code: code === "unknown_tenant" ? "unauthenticated" : code,
    message: messageFor(denial, reader),
    param: code === "model_not_in_tier" || code === "unpriced_model" ? "model" : null,
    retryAfterMs,
    // A refusal that waiting does not heal would only be repeated.
    shouldRetry: retryAfterMs === null || retryAfterMs > longestWaitMs ? false : null,
    ...(limitId === null ? {} : { limit: { limitId, waitFor, resetAt } }),
  };
}

function messageFor({ code, message, limitId, waitFor, retryAfterMs }: Denial, reader: FailureReader): string {
  if (code !== "budget_exceeded" || reader?.showCost === true) return message;
  if (limitId === null) return "what this call may cost has no upper bound, which its budget does not allow";
  const wait = formatDuration(Math.max(1, Math.ceil((retryAfterMs ?? 0) / 1000)) * 1000);
  const help =
    waitFor === null || retryAfterMs === null
      ? "ask for less output or a larger budget"
      : waitFor === "calls-in-flight"
        ? `calls in flight hold the rest; retry after ${wait}`
        : `what is left is too little until its period ends; retry after ${wait}`;
  return `budget ${limitId} does not cover what this call may cost; ${help}`;
}

/** Waiting this long is a fair guess where nobody knows. */
const storeRetryMs = 1_000;

/** `denial` is the budget that ended a chain of attempts, where one did. */
export function failureOfError(
  error: TenantryError,
  denial: Denial | null = null,
  reader: FailureReader = null,
): HttpFailure {
  const ours = error.code === "unavailable" || error.code === "overloaded";
  const failure: HttpFailure = {
    status: statusOfError(error.code),
    code: error.code,
    message: error.publicMessage,
    param: error.issues[0]?.path || null,
    retryAfterMs: error.retryAfterMs ?? error.upstream?.retryAfterMs ?? (ours ? storeRetryMs : null),
    shouldRetry: null,
  };
  const { upstream } = error;
  if (upstream?.kind === "refused" && upstream.fault === "caller" && upstream.status !== null) {
    // The provider's own verdict on the request: the client's error class depends on its status.
    const code = upstream.status === 413 ? "payload_too_large" : "invalid_request";
    return { ...failure, status: upstream.status, code };
  }
  if (denial !== null) {
    const message = `${failure.message}; no further attempt was made: ${denial.code}: ${messageFor(denial, reader)}`;
    const { limitId, waitFor, resetAt } = denial;
    const limit = limitId === null ? {} : { limit: { limitId, waitFor, resetAt } };
    return { ...failure, message, shouldRetry: false, ...limit };
  }
  return failure;
}
