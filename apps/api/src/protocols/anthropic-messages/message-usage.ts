import { outputTokens, usageOf, type ServiceTier, type Usage } from "@tenantry/core";
import type { JsonObject } from "../protocol.ts";

const serviceTiers: Readonly<Record<ServiceTier, string>> = {
  standard: "standard",
  batch: "batch",
  flex: "standard",
  priority: "priority",
};

/**
 * Usage of a message: `input_tokens` excludes what the cache read or wrote. The protocol has no word for "not reported":
 * then it says 0, while the ledger says unknown.
 *
 * https://platform.claude.com/docs/en/build-with-claude/prompt-caching#tracking-cache-performance
 */
export function toMessageUsage(reported: Usage | null): JsonObject {
  const usage = reported ?? usageOf({});
  const { cacheWrite5m, cacheWrite1h } = usage.tokens;
  return {
    ...toCumulativeUsage(usage),
    cache_creation: { ephemeral_5m_input_tokens: cacheWrite5m, ephemeral_1h_input_tokens: cacheWrite1h },
    service_tier: serviceTiers[usage.serviceTier],
    inference_geo: null,
    speed: null,
  };
}

/** Usage at the end of a stream: totals that replace those of its start. */
export function toCumulativeUsage(reported: Usage | null): JsonObject {
  const { tokens } = reported ?? usageOf({});
  return {
    input_tokens: tokens.input + tokens.audioInput,
    cache_creation_input_tokens: tokens.cacheWrite5m + tokens.cacheWrite1h,
    cache_read_input_tokens: tokens.cacheRead,
    output_tokens: outputTokens(tokens),
    output_tokens_details: { thinking_tokens: tokens.reasoning },
    server_tool_use: null,
  };
}
