import type { FailureFacts, JsonObject, Protocol } from "./protocol.ts";

const types: Readonly<Record<number, string>> = {
  401: "authentication_error",
  402: "insufficient_quota",
  403: "permission_error",
  404: "not_found_error",
  429: "rate_limit_error",
};

/** https://developers.openai.com/api/docs/guides/error-codes */
function failureBody({ status, code, message, param, limit = null }: FailureFacts): JsonObject {
  const type = types[status] ?? (status >= 500 ? "server_error" : "invalid_request_error");
  return { error: { message, type, param, code, ...(limit === null ? {} : { details: limit }) } };
}

export const openAIProtocol: Protocol = {
  name: "openai",
  baseUrl: "https://api.openai.com/v1",
  operations: {
    "/chat/completions": "chat-completions",
    "/responses": "responses",
    "/embeddings": "embeddings",
  },
  crossing: ["openai-beta"],
  failureBody,
  // Responses name their events: https://developers.openai.com/api/reference/resources/responses/streaming-events
  failureEvent(operation, facts) {
    if (operation !== "responses") return { name: null, data: failureBody(facts) };
    const { code, message, param } = facts;
    return { name: "error", data: { type: "error", sequence_number: 0, code, message, param } };
  },
};
