import type { TokenCounts } from "../billing/token-counts.ts";
import { outputTotal } from "../billing/token-counts.ts";

function inputUsage(tokens: TokenCounts): Record<string, unknown> {
  return {
    input_tokens: tokens.input,
    cache_creation_input_tokens: tokens.cacheWrite5m + tokens.cacheWrite1h,
    cache_read_input_tokens: tokens.cacheRead,
  };
}

/**
 * Usage of a message: `input_tokens` leaves out what was written to or read from the cache.
 * https://platform.claude.com/docs/en/api/messages
 */
export function messageUsage(tokens: TokenCounts, outputTokens: number): unknown {
  return {
    ...inputUsage(tokens),
    cache_creation: {
      ephemeral_5m_input_tokens: tokens.cacheWrite5m,
      ephemeral_1h_input_tokens: tokens.cacheWrite1h,
    },
    output_tokens: outputTokens,
    output_tokens_details: { thinking_tokens: Math.min(tokens.reasoning, outputTokens) },
    server_tool_use: null,
    service_tier: "standard",
    inference_geo: null,
    speed: "standard",
  };
}

/** Cumulative usage at the end of a stream. */
export function deltaUsage(tokens: TokenCounts): unknown {
  return {
    ...inputUsage(tokens),
    output_tokens: outputTotal(tokens),
    output_tokens_details: { thinking_tokens: tokens.reasoning },
    server_tool_use: null,
  };
}
