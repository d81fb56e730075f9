import { usageOf, type ChatEvent } from "@tenantry/core";
import { describe, expect, it } from "vitest";
import { createAnthropicStreamReader, type AnthropicStreamReader } from "./from-anthropic-stream.ts";

// https://platform.claude.com/docs/en/build-with-claude/streaming
const messageStart = {
  type: "message_start",
  message: {
    id: "msg_01",
    type: "message",
    role: "assistant",
    content: [],
    model: "claude-sonnet-5-20260801",
    stop_reason: null,
    usage: { input_tokens: 25, cache_read_input_tokens: 75, output_tokens: 1 },
  },
};
const messageDelta = {
  type: "message_delta",
  delta: { stop_reason: "end_turn", stop_sequence: null },
  usage: { output_tokens: 15 },
};
const messageStop = { type: "message_stop" };

function block(index: number, content_block: object, ...deltas: readonly object[]): readonly object[] {
  return [
    { type: "content_block_start", index, content_block },
    ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
    { type: "content_block_stop", index },
  ];
}

const hello = block(
  0,
  { type: "text", text: "" },
  { type: "text_delta", text: "Hello" },
  { type: "text_delta", text: "!" },
);

function readAll(wire: readonly unknown[]): { reader: AnthropicStreamReader; events: readonly ChatEvent[] } {
  const reader = createAnthropicStreamReader();
  return { reader, events: wire.flatMap((event) => reader.read(event) ?? [{ type: "text", text: "unreadable" }]) };
}

const started: readonly ChatEvent[] = [
  { type: "start", id: "msg_01", model: "claude-sonnet-5-20260801" },
  { type: "usage", usage: usageOf({ input: 25, cacheRead: 75, output: 1 }) },
];
const ended: readonly ChatEvent[] = [
  { type: "usage", usage: usageOf({ input: 25, cacheRead: 75, output: 15 }) },
  { type: "end", finishReason: "stop" },
];

describe("a stream", () => {
  it("is read in order, with usage as it comes", () => {
    const { events, reader } = readAll([messageStart, ...hello, messageDelta, messageStop]);
    expect(events).toEqual([...started, { type: "text", text: "Hello" }, { type: "text", text: "!" }, ...ended]);
    expect([reader.started(), reader.ended()]).toEqual([true, true]);
  });

  it("that is cut has the usage of its start", () => {
    const { reader } = readAll([messageStart, ...hello]);
    expect(reader.ended()).toBe(false);
    expect(reader.usage()).toEqual(usageOf({ input: 25, cacheRead: 75, output: 1 }));
  });

  it("numbers tool calls among themselves and gives one without arguments an empty object", () => {
    const { events } = readAll([
      messageStart,
      ...block(
        0,
        { type: "thinking", thinking: "" },
        { type: "thinking_delta", thinking: "Hm." },
        { type: "signature_delta", signature: "Eq" },
      ),
      ...block(
        1,
        { type: "tool_use", id: "toolu_01", name: "get_weather", input: {} },
        { type: "input_json_delta", partial_json: "" },
        { type: "input_json_delta", partial_json: '{"location":' },
        { type: "input_json_delta", partial_json: '"Oslo"}' },
      ),
      ...block(
        2,
        { type: "server_tool_use", id: "srvtoolu_01", name: "web_search", input: {} },
        { type: "input_json_delta", partial_json: '{"query":"x"}' },
      ),
      ...block(
        3,
        { type: "tool_use", id: "toolu_02", name: "now", input: {} },
        { type: "input_json_delta", partial_json: "" },
      ),
      { ...messageDelta, delta: { stop_reason: "tool_use" } },
      messageStop,
    ]);
    expect(events.filter(({ type }) => type !== "start" && type !== "usage")).toEqual([
      { type: "reasoning", text: "Hm." },
      { type: "reasoning-part", part: { type: "thinking", text: "Hm.", signature: "Eq" } },
      { type: "tool-call", index: 0, id: "toolu_01", name: "get_weather", argumentsJson: "" },
      { type: "tool-call", index: 0, argumentsJson: '{"location":' },
      { type: "tool-call", index: 0, argumentsJson: '"Oslo"}' },
      { type: "tool-call", index: 1, id: "toolu_02", name: "now", argumentsJson: "" },
      { type: "tool-call", index: 1, argumentsJson: "{}" },
      { type: "end", finishReason: "tool-calls" },
    ]);
  });

  it("ends each stretch of thinking with what is to be given back", () => {
    const { events } = readAll([
      messageStart,
      ...block(0, { type: "thinking", thinking: "", signature: "" }, { type: "signature_delta", signature: "Eq" }),
      ...block(1, { type: "redacted_thinking", data: "EmwK" }),
      ...block(2, { type: "thinking", thinking: "", signature: "" }, { type: "thinking_delta", thinking: "Unsigned." }),
    ]);
    expect(events.slice(2)).toEqual([
      { type: "reasoning-part", part: { type: "thinking", text: "", signature: "Eq" } },
      { type: "reasoning-part", part: { type: "redacted", data: "EmwK" } },
      { type: "reasoning", text: "Unsigned." },
    ]);
  });

  it("gives a tool call that came whole its arguments once", () => {
    const whole = block(0, { type: "tool_use", id: "toolu_01", name: "get_weather", input: { location: "Oslo" } });
    const { events } = readAll([messageStart, ...whole]);
    expect(events.slice(2)).toEqual([
      { type: "tool-call", index: 0, id: "toolu_01", name: "get_weather", argumentsJson: "" },
      { type: "tool-call", index: 0, argumentsJson: '{"location":"Oslo"}' },
    ]);
  });

  it("tells the words of a refusal", () => {
    const delta = { stop_reason: "refusal", stop_details: { type: "refusal", category: null, explanation: "No." } };
    const { events } = readAll([messageStart, { ...messageDelta, delta }, messageStop]);
    expect(events.slice(2)).toEqual([
      { type: "refusal", text: "No." },
      { type: "usage", usage: usageOf({ input: 25, cacheRead: 75, output: 15 }) },
      { type: "end", finishReason: "refusal" },
    ]);
  });

  it("passes over pings and kinds of events, blocks and deltas nobody knows yet", () => {
    const { events } = readAll([
      { type: "ping" },
      messageStart,
      { type: "ping" },
      { type: "event_of_tomorrow", index: 0 },
      ...block(0, { type: "block_of_tomorrow" }, { type: "delta_of_tomorrow", text: "?" }),
      messageDelta,
      messageStop,
    ]);
    expect(events).toEqual([...started, ...ended]);
  });

  it("has no usage when its reports contradict each other", () => {
    const usage = { output_tokens: 15, output_tokens_details: { thinking_tokens: 16 } };
    const { events, reader } = readAll([messageStart, { ...messageDelta, usage }, messageStop]);
    expect(reader.usage()).toBeNull();
    expect(events.findLast(({ type }) => type === "usage")).toEqual({ type: "usage", usage: null });
  });

  it.each([
    ["no object", "text"],
    ["a start without a message", { type: "message_start" }],
    ["an end before the start", messageStop],
    ["a delta before the start", messageDelta],
  ])("cannot be read when it has %s", (_name, event) => {
    expect(createAnthropicStreamReader().read(event)).toBeNull();
  });
});
