import type { ErrorFacts, JsonObject } from "../protocol.ts";

const types: Readonly<Record<number, string>> = {
  401: "authentication_error",
  402: "insufficient_quota",
  403: "permission_error",
  404: "not_found_error",
  429: "rate_limit_error",
};

/** The word for a status. The SDKs choose their error class by the status, programs by `code`. */
export function openAIErrorType(status: number): string {
  return types[status] ?? (status >= 500 ? "server_error" : "invalid_request_error");
}

/** https://developers.openai.com/api/docs/guides/error-codes */
export function toOpenAIError({ status, code, message, param, limit = null }: ErrorFacts): JsonObject {
  const details = limit === null ? {} : { details: limit };
  return { error: { message, type: openAIErrorType(status), param, code, ...details } };
}
