import { inputTokens, outputTokens, totalTokens, type ServiceTier, type Usage } from "@tenantry/core";
import type { JsonObject } from "../protocol.ts";

/** Usage of a chat completion: `prompt_tokens` includes what was cached, `completion_tokens` what was thought. */
export function toChatUsage({ tokens }: Usage): JsonObject {
  return {
    prompt_tokens: inputTokens(tokens),
    completion_tokens: outputTokens(tokens),
    total_tokens: totalTokens(tokens),
    prompt_tokens_details: {
      cached_tokens: tokens.cacheRead,
      cache_write_tokens: tokens.cacheWrite5m + tokens.cacheWrite1h,
      audio_tokens: tokens.audioInput,
    },
    completion_tokens_details: {
      reasoning_tokens: tokens.reasoning,
      audio_tokens: tokens.audioOutput,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** Usage of a response: the same counts under other names. */
export function toResponseUsage({ tokens }: Usage): JsonObject {
  return {
    input_tokens: inputTokens(tokens),
    input_tokens_details: {
      cached_tokens: tokens.cacheRead,
      cache_write_tokens: tokens.cacheWrite5m + tokens.cacheWrite1h,
    },
    output_tokens: outputTokens(tokens),
    output_tokens_details: { reasoning_tokens: tokens.reasoning },
    total_tokens: totalTokens(tokens),
  };
}

const serviceTiers: Readonly<Record<ServiceTier, string>> = {
  standard: "default",
  batch: "default",
  flex: "flex",
  priority: "priority",
};

export function toServiceTier(usage: Usage | null): string {
  return serviceTiers[usage?.serviceTier ?? "standard"];
}
