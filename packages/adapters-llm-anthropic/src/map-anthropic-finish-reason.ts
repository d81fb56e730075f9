import type { FinishReason } from "@tenantry/core";

/**
 * `stop_reason` of an answer in our words. `pause_turn` (a server tool's long turn, to be continued by the caller), a
 * missing reason and any the API may add are `other`.
 *
 * https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons
 */
export function mapAnthropicFinishReason(stopReason: unknown): FinishReason {
  switch (stopReason) {
    case "end_turn":
    case "stop_sequence":
      return "stop";
    case "max_tokens":
    case "model_context_window_exceeded":
      return "length";
    case "tool_use":
      return "tool-calls";
    case "refusal":
      return "refusal";
    default:
      return "other";
  }
}
