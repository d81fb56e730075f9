import type { ProviderName } from "../models/model-card.ts";

const requestsPerMinute = 10_000;
const tokensPerMinute = 2_000_000;

/**
 * The headers both vendors put on every answer. The limits are large and constant: the simulator limits
 * nobody by itself, a `status` fault with 429 shows them used up.
 */
export function responseHeaders(
  provider: ProviderName,
  requestId: string,
  state: { readonly exhausted: boolean; readonly resetMs: number; readonly nowMs: number },
): Record<string, string> {
  const requestsLeft = String(state.exhausted ? 0 : requestsPerMinute - 1);
  const tokensLeft = String(state.exhausted ? 0 : tokensPerMinute - 1000);
  if (provider === "anthropic") {
    const reset = new Date(state.nowMs + state.resetMs).toISOString().replace(/\.\d+Z$/, "Z");
    return {
      "request-id": requestId,
      "anthropic-organization-id": "00000000-0000-4000-8000-000000000000",
      "anthropic-ratelimit-requests-limit": String(requestsPerMinute),
      "anthropic-ratelimit-requests-remaining": requestsLeft,
      "anthropic-ratelimit-requests-reset": reset,
      "anthropic-ratelimit-tokens-limit": String(tokensPerMinute),
      "anthropic-ratelimit-tokens-remaining": tokensLeft,
      "anthropic-ratelimit-tokens-reset": reset,
    };
  }
  const reset = state.resetMs >= 1000 ? `${state.resetMs / 1000}s` : `${state.resetMs}ms`;
  return {
    "x-request-id": requestId,
    "openai-version": "2020-10-01",
    "openai-organization": "simulated",
    "openai-processing-ms": "0",
    "x-ratelimit-limit-requests": String(requestsPerMinute),
    "x-ratelimit-remaining-requests": requestsLeft,
    "x-ratelimit-reset-requests": reset,
    "x-ratelimit-limit-tokens": String(tokensPerMinute),
    "x-ratelimit-remaining-tokens": tokensLeft,
    "x-ratelimit-reset-tokens": reset,
  };
}
