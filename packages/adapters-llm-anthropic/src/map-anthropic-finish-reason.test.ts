import { expect, it } from "vitest";
import { mapAnthropicFinishReason } from "./map-anthropic-finish-reason.ts";

it.each([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_use", "tool-calls"],
  ["refusal", "refusal"],
  ["pause_turn", "other"],
  ["a_reason_of_tomorrow", "other"],
  [null, "other"],
  [undefined, "other"],
])("%s means %s", (stopReason, finishReason) => {
  expect(mapAnthropicFinishReason(stopReason)).toBe(finishReason);
});
