import type { ErrorFacts, JsonObject } from "../protocol.ts";

const types: Readonly<Record<number, string>> = {
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  408: "timeout_error",
  409: "conflict_error",
  413: "request_too_large",
  429: "rate_limit_error",
  503: "overloaded_error",
  504: "timeout_error",
  529: "overloaded_error",
};

/**
 * The envelope of an error. The SDK chooses its error class by the status and shows `details.error_code`.
 *
 * https://platform.claude.com/docs/en/api/errors
 */
export function toMessageError({ status, code, message, param, requestId, limit = null }: ErrorFacts): JsonObject {
  const type = types[status] ?? (status >= 500 ? "api_error" : "invalid_request_error");
  const details = { error_code: code, ...(param === null ? {} : { param }), ...limit };
  return { type: "error", error: { type, message, code, details }, request_id: requestId };
}
