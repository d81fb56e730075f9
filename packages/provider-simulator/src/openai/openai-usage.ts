import type { TokenCounts } from "../billing/token-counts.ts";
import { inputTotal, outputTotal } from "../billing/token-counts.ts";

/** Usage as chat completions report it: `prompt_tokens` includes cached, `completion_tokens` reasoning tokens. */
export function chatUsage(tokens: TokenCounts): unknown {
  return {
    prompt_tokens: inputTotal(tokens),
    completion_tokens: outputTotal(tokens),
    total_tokens: inputTotal(tokens) + outputTotal(tokens),
    prompt_tokens_details: { cached_tokens: tokens.cacheRead, audio_tokens: tokens.audioInput },
    completion_tokens_details: {
      reasoning_tokens: tokens.reasoning,
      audio_tokens: tokens.audioOutput,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** Usage as responses report it. */
export function responsesUsage(tokens: TokenCounts): unknown {
  return {
    input_tokens: inputTotal(tokens),
    input_tokens_details: { cached_tokens: tokens.cacheRead, cache_write_tokens: 0 },
    output_tokens: outputTotal(tokens),
    output_tokens_details: { reasoning_tokens: tokens.reasoning },
    total_tokens: inputTotal(tokens) + outputTotal(tokens),
  };
}
