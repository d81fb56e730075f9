import type { FinishReason } from "@tenantry/core";
import type { WordTable } from "../field-rules.ts";

/** `finish_reason` of a choice. A refusal with words is a `stop` whose words stand in `refusal`. */
export const chatFinishReasons: WordTable & Readonly<Record<FinishReason, string>> = {
  stop: "stop",
  length: "length",
  "tool-calls": "tool_calls",
  refusal: "stop",
  filtered: "content_filter",
  other: "stop",
};

export function toChatFinishReason(reason: FinishReason, hasRefusalWords: boolean): string {
  return reason === "refusal" && !hasRefusalWords ? "content_filter" : chatFinishReasons[reason];
}
