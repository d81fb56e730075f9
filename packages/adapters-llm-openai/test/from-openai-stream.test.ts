import { usageOf, type ChatEvent } from "@tenantry/core";
import { describe, expect, it } from "vitest";
import { createOpenAIStreamReader } from "../src/index.ts";

// Shapes: https://developers.openai.com/api/reference/resources/chat/subresources/completions/streaming-events
function chunk(delta: unknown, some: object = {}): unknown {
  const choice = { index: 0, delta, logprobs: null, finish_reason: null };
  return {
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    model: "gpt-5.4",
    choices: [choice],
    usage: null,
    ...some,
  };
}

function finish(reason: string): unknown {
  return chunk({}, { choices: [{ index: 0, delta: {}, finish_reason: reason }] });
}

const usageChunk = {
  id: "chatcmpl-1",
  model: "gpt-5.4",
  choices: [],
  usage: { prompt_tokens: 19, completion_tokens: 10, total_tokens: 29 },
};

function read(chunks: readonly unknown[]): ChatEvent[] {
  const reader = createOpenAIStreamReader();
  const events = chunks.flatMap((wire) => reader.read(wire));
  const end = reader.end();
  return end === null ? events : [...events, end];
}

describe("a stream", () => {
  it("starts once, and ends after the usage that follows the finish reason", () => {
    const role = chunk({ role: "assistant", content: "" });
    expect(read([role, chunk({ content: "a" }), chunk({ content: "b" }), finish("stop"), usageChunk])).toEqual([
      { type: "start", id: "chatcmpl-1", model: "gpt-5.4" },
      { type: "text", text: "a" },
      { type: "text", text: "b" },
      { type: "usage", usage: usageOf({ input: 19, output: 10 }) },
      { type: "end", finishReason: "stop" },
    ]);
  });

  it("has no end before the model says that it stopped", () => {
    expect(read([chunk({ content: "a" }), usageChunk]).at(-1)?.type).toBe("usage");
  });

  it("starts with the first chunk that has an id: Azure reports on the prompt before", () => {
    const prompt = { id: "", model: "", choices: [], prompt_filter_results: [{ prompt_index: 0 }] };
    expect(read([prompt, chunk({ content: "a" })])[0]).toEqual({ type: "start", id: "chatcmpl-1", model: "gpt-5.4" });
  });

  it("starts also where a server gives no id", () => {
    const types = read([{ choices: [{ delta: { content: "a" } }] }]).map(({ type }) => type);
    expect(types).toEqual(["start", "text"]);
  });

  it("names a tool call once, whatever later pieces repeat", () => {
    const call = (piece: string, some: object = {}): unknown =>
      chunk({ tool_calls: [{ index: 0, function: { arguments: piece, ...some } }] });
    const first = chunk({
      tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "find", arguments: "" } }],
    });
    const calls = read([first, call('{"q":'), call("1}", { name: "find" })]).filter(({ type }) => type === "tool-call");
    expect(calls).toEqual([
      { type: "tool-call", index: 0, id: "call_1", name: "find", argumentsJson: "" },
      { type: "tool-call", index: 0, argumentsJson: '{"q":' },
      { type: "tool-call", index: 0, argumentsJson: "1}" },
    ]);
  });

  it("takes the position for the index where whole calls come without one", () => {
    const whole = (name: string): unknown => ({ id: `id-${name}`, function: { name, arguments: "{}" } });
    const calls = read([chunk({ tool_calls: [whole("a"), whole("b")] })]).filter((event) => event.type === "tool-call");
    expect(calls.map(({ index, name }) => [index, name])).toEqual([
      [0, "a"],
      [1, "b"],
    ]);
  });

  it("ends in a refusal when there were words of refusal", () => {
    const events = read([chunk({ refusal: "I cannot " }), chunk({ refusal: "help." }), finish("stop")]);
    expect(events.slice(1)).toEqual([
      { type: "refusal", text: "I cannot " },
      { type: "refusal", text: "help." },
      { type: "end", finishReason: "refusal" },
    ]);
  });

  it("keeps a compatible server's thinking apart", () => {
    const events = read([chunk({ reasoning_content: "hm" }), chunk({ content: "42" })]);
    expect(events.slice(1)).toEqual([
      { type: "reasoning", text: "hm" },
      { type: "text", text: "42" },
    ]);
  });

  it("knows the service tier from an earlier chunk", () => {
    const events = read([chunk({ content: "a" }, { service_tier: "flex" }), finish("stop"), usageChunk]);
    expect(events).toContainEqual({
      type: "usage",
      usage: { ...usageOf({ input: 19, output: 10 }), serviceTier: "flex" },
    });
  });

  it("reports each usage of a server that repeats it, the last one being the whole", () => {
    const running = { prompt_tokens: 19, completion_tokens: 1, total_tokens: 20 };
    const reports = read([chunk({ content: "a" }, { usage: running }), finish("stop"), usageChunk]).filter(
      ({ type }) => type === "usage",
    );
    expect(reports.at(-1)).toEqual({ type: "usage", usage: usageOf({ input: 19, output: 10 }) });
  });

  it("keeps the last usage for a failure to come", () => {
    const reader = createOpenAIStreamReader();
    expect(reader.usage).toBeNull();
    reader.read(usageChunk);
    reader.read(chunk({ content: "a" }));
    expect(reader.usage).toEqual(usageOf({ input: 19, output: 10 }));
  });

  it("takes a report back when a later one cannot be read", () => {
    const broken = { ...usageChunk, usage: { prompt_tokens: -1, completion_tokens: 1 } };
    const reports = read([chunk({ content: "a" }), usageChunk, broken]).filter(({ type }) => type === "usage");
    expect(reports).toEqual([
      { type: "usage", usage: usageOf({ input: 19, output: 10 }) },
      { type: "usage", usage: null },
    ]);
  });

  it("says nothing of a report that cannot be read when there was none before", () => {
    const broken = { ...usageChunk, usage: { prompt_tokens: -1, completion_tokens: 1 } };
    expect(read([chunk({ content: "a" }), broken]).filter(({ type }) => type === "usage")).toEqual([]);
  });

  it("reads the first choice alone", () => {
    const second = { choices: [{ index: 1, delta: { content: "other" }, finish_reason: "stop" }] };
    expect(read([chunk({}, second)]).map(({ type }) => type)).toEqual(["start"]);
  });

  it.each([null, "text", [], {}, { choices: null, usage: null }, { choices: [null] }])("passes over %j", (wire) => {
    expect(read([wire])).toEqual([]);
  });
});
