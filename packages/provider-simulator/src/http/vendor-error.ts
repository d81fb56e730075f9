import type { ProviderName } from "../models/model-card.ts";

export interface VendorErrorDetail {
  /** OpenAI's `code`, or the `type` of Anthropic's envelope. */
  readonly code?: string | null;
  /** OpenAI's `param`: the field that is wrong. */
  readonly param?: string | null;
  readonly retryAfterMs?: number;
}

/** An answer that is an error, before it is put into a vendor's envelope. */
export class VendorError extends Error {
  readonly status: number;
  readonly detail: VendorErrorDetail;

  constructor(status: number, message: string, detail: VendorErrorDetail = {}) {
    super(message);
    this.status = status;
    this.detail = detail;
  }
}

/** https://platform.claude.com/docs/en/api/errors */
const anthropicTypes: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  408: "timeout_error",
  409: "conflict_error",
  413: "request_too_large",
  429: "rate_limit_error",
  500: "api_error",
  504: "timeout_error",
  529: "overloaded_error",
};

/** https://platform.openai.com/docs/guides/error-codes */
function openaiType(status: number, code: string | null): string {
  if (code === "insufficient_quota") return "insufficient_quota";
  if (status === 429) return "requests";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

const openaiCodes: Readonly<Record<number, string>> = {
  401: "invalid_api_key",
  429: "rate_limit_exceeded",
};

const openaiMessages: Readonly<Record<number, string>> = {
  401: "Incorrect API key provided.",
  403: "You do not have access to this resource.",
  404: "The requested resource was not found.",
  429: "Rate limit reached. Please try again later.",
  500: "The server had an error while processing your request. Sorry about that!",
  503: "The engine is currently overloaded, please try again later.",
};

const anthropicMessages: Readonly<Record<number, string>> = {
  401: "invalid x-api-key",
  429: "This request would exceed your organization's rate limit.",
  500: "Internal server error",
  529: "Overloaded",
};

/** What the vendor says with a status when nothing more is known. */
export function defaultMessage(provider: ProviderName, status: number): string {
  const messages = provider === "openai" ? openaiMessages : anthropicMessages;
  return messages[status] ?? `The request failed with status ${status}.`;
}

/** The error in its vendor's envelope. */
export function errorBody(provider: ProviderName, error: VendorError, requestId: string): unknown {
  const { status, message, detail } = error;
  if (provider === "anthropic") {
    const fallback = status >= 500 ? "api_error" : "invalid_request_error";
    const type = detail.code ?? anthropicTypes[status] ?? fallback;
    return { type: "error", error: { type, message }, request_id: requestId };
  }
  const code = detail.code === undefined ? (openaiCodes[status] ?? null) : detail.code;
  return {
    error: { message, type: openaiType(status, code), param: detail.param ?? null, code },
  };
}

/** `retry-after` in whole seconds, rounded up, and OpenAI's finer `retry-after-ms`. */
export function retryHeaders(provider: ProviderName, error: VendorError): Record<string, string> {
  const { retryAfterMs } = error.detail;
  if (retryAfterMs === undefined) return {};
  const seconds = { "retry-after": String(Math.ceil(retryAfterMs / 1000)) };
  if (provider === "anthropic") return seconds;
  return { ...seconds, "retry-after-ms": String(Math.ceil(retryAfterMs)) };
}
