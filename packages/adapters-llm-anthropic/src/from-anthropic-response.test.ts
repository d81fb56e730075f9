import { usageOf } from "@tenantry/core";
import { describe, expect, it } from "vitest";
import { fromAnthropicResponse } from "./from-anthropic-response.ts";

// https://platform.claude.com/docs/en/api/messages/create
const answer = {
  id: "msg_013Zva2CMHLNnjNjJJKqJ2EF",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-5-20260801",
  content: [{ type: "text", text: "Hi! My name is Claude.", citations: null }],
  stop_reason: "end_turn",
  stop_sequence: null,
  stop_details: null,
  usage: { input_tokens: 10, output_tokens: 25 },
};

const understood = {
  id: "msg_013Zva2CMHLNnjNjJJKqJ2EF",
  model: "claude-sonnet-5-20260801",
  text: "Hi! My name is Claude.",
  reasoning: "",
  refusal: null,
  toolCalls: [],
  finishReason: "stop",
  usage: usageOf({ input: 10, output: 25 }),
};

describe("a whole answer", () => {
  it("is read with all its parts", () => {
    expect(fromAnthropicResponse(answer)).toEqual(understood);
  });

  it("keeps thinking, text and tool calls apart, whatever lies between them", () => {
    const content = [
      { type: "thinking", thinking: "The user wants ", signature: "EqQB" },
      { type: "redacted_thinking", data: "EmwK" },
      { type: "text", text: "I'll look." },
      { type: "server_tool_use", id: "srvtoolu_01", name: "web_search", input: { query: "weather" } },
      { type: "web_search_tool_result", tool_use_id: "srvtoolu_01", content: [] },
      { type: "text", text: " Twice." },
      { type: "tool_use", id: "toolu_01", name: "get_weather", input: { location: "Zürich" } },
      { type: "tool_use", id: "toolu_02", name: "now", input: {} },
    ];
    expect(fromAnthropicResponse({ ...answer, content, stop_reason: "tool_use" })).toEqual({
      ...understood,
      text: "I'll look. Twice.",
      reasoning: "The user wants ",
      reasoningParts: [
        { type: "thinking", text: "The user wants ", signature: "EqQB" },
        { type: "redacted", data: "EmwK" },
      ],
      toolCalls: [
        { id: "toolu_01", name: "get_weather", argumentsJson: '{"location":"Zürich"}' },
        { id: "toolu_02", name: "now", argumentsJson: "{}" },
      ],
      finishReason: "tool-calls",
    });
  });

  it("tells the words of a refusal when the API gives some", () => {
    const refused = { ...answer, content: [], stop_reason: "refusal" };
    const stop_details = { type: "refusal", category: "bio", explanation: "This may do harm." };
    expect(fromAnthropicResponse({ ...refused, stop_details })?.refusal).toBe("This may do harm.");
    expect(fromAnthropicResponse({ ...refused, stop_details: { ...stop_details, explanation: null } })).toEqual({
      ...understood,
      text: "",
      refusal: null,
      finishReason: "refusal",
    });
  });

  it.each([
    ["text", "<html>"],
    ["nothing", undefined],
    ["an error", { type: "error", error: { type: "api_error", message: "Internal server error" } }],
    ["another service's answer", { status: "up" }],
    ["without content", { ...answer, content: undefined }],
    ["without a model", { ...answer, model: null }],
    ["without an id", { ...answer, id: 7 }],
  ])("that is %s is none", (_name, wire) => {
    expect(fromAnthropicResponse(wire)).toBeNull();
  });
});
