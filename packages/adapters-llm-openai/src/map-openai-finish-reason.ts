import type { FinishReason } from "@tenantry/core";

/**
 * Why the model stopped. A refusal comes as `stop` with words of refusal beside it; `refused` says whether there were any.
 *
 * https://developers.openai.com/api/reference/resources/chat
 */
export function mapOpenAIFinishReason(reason: unknown, refused: boolean): FinishReason {
  switch (reason) {
    case "stop":
      return refused ? "refusal" : "stop";
    case "length":
      return "length";
    case "tool_calls":
    case "function_call":
      return "tool-calls";
    case "content_filter":
      return "filtered";
    default:
      return refused ? "refusal" : "other";
  }
}
