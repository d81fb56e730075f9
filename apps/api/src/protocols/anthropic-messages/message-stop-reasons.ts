import type { FinishReason } from "@tenantry/core";
import type { WordTable } from "../field-rules.ts";
import type { JsonObject } from "../protocol.ts";

/** `stop_reason` of a message. Which stop sequence was met is not told by other protocols. */
export const messageStopReasons: WordTable & Readonly<Record<FinishReason, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  "tool-calls": "tool_use",
  refusal: "refusal",
  filtered: "refusal",
  other: "end_turn",
};

/** https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons */
export function toStop(reason: FinishReason, refusal: string | null): JsonObject {
  const stopReason = messageStopReasons[reason];
  return {
    stop_reason: stopReason,
    stop_sequence: null,
    stop_details: stopReason === "refusal" ? { type: "refusal", category: null, explanation: refusal } : null,
  };
}
