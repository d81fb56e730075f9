import type { FailureFacts, JsonObject, Protocol } from "./protocol.ts";

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
};

/** https://platform.claude.com/docs/en/api/errors */
function failureBody({ status, code, message, param, requestId, limit = null }: FailureFacts): JsonObject {
  const type = types[status] ?? (status >= 500 ? "api_error" : "invalid_request_error");
  const details = { error_code: code, ...(param === null ? {} : { param }), ...limit };
  return { type: "error", error: { type, message, code, details }, request_id: requestId };
}

export const anthropicProtocol: Protocol = {
  name: "anthropic",
  baseUrl: "https://api.anthropic.com",
  operations: {
    "/v1/messages": "messages",
    "/v1/messages/count_tokens": "count-tokens",
  },
  crossing: ["anthropic-version", "anthropic-beta"],
  failureBody,
  failureEvent: (_operation, facts) => ({ name: "error", data: failureBody(facts) }),
};
