import type { Message, MessageParam } from "@anthropic-ai/sdk/resources/messages";
import { describe, expect, it } from "vitest";
import { answerNames, answers, eventsOf, thoughtful, twoCalls, type AnswerName } from "./answers.ts";
import { openTalk, sentEvents } from "./support.ts";

const ask = {
  model: "claude-sonnet-5",
  max_tokens: 64,
  messages: [{ role: "user", content: "Hello" }] as MessageParam[],
};

const usage = {
  input_tokens: 10,
  cache_creation_input_tokens: 7,
  cache_read_input_tokens: 20,
  output_tokens: 11,
  output_tokens_details: { thinking_tokens: 6 },
};

function text(words: string): object {
  return { type: "text", text: words, citations: null };
}

type Expected = Pick<Message, "stop_reason"> & {
  readonly content: readonly object[];
  readonly stop_details?: object | null;
};

const expected: Readonly<Record<AnswerName, Expected>> = {
  answer: { stop_reason: "end_turn", stop_details: null, content: [text("The board agreed.")] },
  twoCalls: {
    stop_reason: "tool_use",
    content: [
      text("Let me see."),
      { type: "tool_use", id: "call_a", name: "weather", input: { city: "Zürich" }, caller: { type: "direct" } },
      { type: "tool_use", id: "call_b", name: "now", input: {}, caller: { type: "direct" } },
    ],
  },
  thoughtful: {
    stop_reason: "end_turn",
    content: [
      { type: "thinking", thinking: "Hm, hm.", signature: "RXE=" },
      { type: "redacted_thinking", data: "EmwK" },
      text("The board agreed."),
    ],
  },
  refused: {
    stop_reason: "refusal",
    stop_details: { type: "refusal", category: null, explanation: "I can't help with that." },
    content: [text("I can't help with that.")],
  },
  silentRefusal: {
    stop_reason: "refusal",
    stop_details: { type: "refusal", category: null, explanation: null },
    content: [],
  },
  cut: { stop_reason: "max_tokens", content: [text("The board ag")] },
  filtered: { stop_reason: "refusal", content: [text("The board ag")] },
  ended: { stop_reason: "end_turn", content: [text("The board agreed.")] },
  unmeasured: { stop_reason: "end_turn", content: [text("The board agreed.")] },
};

function expectMessage(message: Message, name: AnswerName): void {
  expect(message).toMatchObject({
    id: "msg_call1",
    type: "message",
    role: "assistant",
    model: "the-model",
    container: null,
    stop_sequence: null,
    ...expected[name],
  });
  expect(message.content).toHaveLength(expected[name].content.length);
  expect(message.usage).toMatchObject(name === "unmeasured" ? { input_tokens: 0, output_tokens: 0 } : usage);
}

describe("Anthropic's client reads a translated message", () => {
  it.each(answerNames)("%s, whole", async (name) => {
    const { anthropic } = await openTalk(() => ({ result: answers[name] }));
    const message = await anthropic.messages.create(ask);
    expectMessage(message, name);
    if (name !== "answer") return;
    expect(message.usage).toEqual({
      ...usage,
      cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 4 },
      server_tool_use: null,
      service_tier: "standard",
      inference_geo: null,
      speed: null,
    });
  });

  it.each(answerNames)("%s, streamed, as the whole one", async (name) => {
    const { anthropic } = await openTalk(() => ({ events: eventsOf(answers[name]) }));
    expectMessage(await anthropic.messages.stream(ask).finalMessage(), name);
  });

  it("opens, fills and closes one block after another, and ends with the whole usage", async () => {
    const mixed = { ...thoughtful, toolCalls: twoCalls.toolCalls, finishReason: "tool-calls" } as const;
    const { anthropic, streams } = await openTalk(() => ({ events: eventsOf(mixed) }));
    await anthropic.messages.stream(ask).finalMessage();
    const events = sentEvents(streams[0] ?? "");
    for (const { name, data } of events) expect(data).toMatchObject({ type: name });
    const steps = events.map(({ name, data }) => `${name} ${data === "[DONE]" ? "" : String(data["index"] ?? "")}`);
    expect(steps.filter((step, n) => step !== steps[n - 1])).toEqual([
      "message_start ",
      ...[0, 1, 2, 3, 4].flatMap((index) => [
        `content_block_start ${index}`,
        // What is redacted comes whole.
        ...(index === 1 ? [] : [`content_block_delta ${index}`]),
        `content_block_stop ${index}`,
      ]),
      "message_delta ",
      "message_stop ",
    ]);
    expect(events.at(-2)?.data).toEqual({
      type: "message_delta",
      delta: { stop_reason: "tool_use", stop_sequence: null, stop_details: null, container: null },
      usage: { ...usage, server_tool_use: null },
    });
    expect(events.at(-1)).toEqual({ name: "message_stop", data: { type: "message_stop" } });
  });

  it("gives arguments to the helper as they come", async () => {
    const { anthropic } = await openTalk(() => ({ events: eventsOf(twoCalls) }));
    const pieces: string[] = [];
    const stream = anthropic.messages.stream(ask).on("inputJson", (piece) => pieces.push(piece));
    await stream.finalMessage();
    expect(pieces.join("")).toBe('{"city":"Zürich"}{}');
  });

  it("shows arguments that were cut as they are, because a tool must not run on half of them", async () => {
    const toolCalls = [{ id: "call_a", name: "weather", argumentsJson: '{"city":"Zü' }];
    const { anthropic } = await openTalk(() => ({ result: { ...twoCalls, toolCalls, finishReason: "length" } }));
    const { content, stop_reason: reason } = await anthropic.messages.create(ask);
    expect(content.at(-1)).toMatchObject({ type: "tool_use", input: { INVALID_JSON: '{"city":"Zü' } });
    expect(reason).toBe("max_tokens");
  });

  it("shows thinking that need not be given back without a signature", async () => {
    const thinking = { ...answers.answer, reasoning: "Hm." };
    const { anthropic } = await openTalk(({ streamed }) =>
      streamed ? { events: eventsOf(thinking) } : { result: thinking },
    );
    const block = { type: "thinking", thinking: "Hm.", signature: "" };
    expect((await anthropic.messages.create(ask)).content[0]).toEqual(block);
    expect((await anthropic.messages.stream(ask).finalMessage()).content[0]).toEqual(block);
  });

  it("takes an answer of its own back in the next turn, thinking and all", async () => {
    const mixed = { ...thoughtful, toolCalls: twoCalls.toolCalls.slice(0, 1), finishReason: "tool-calls" } as const;
    const talk = await openTalk(() => ({ events: eventsOf(mixed) }));
    const first = await talk.anthropic.messages.stream(ask).finalMessage();
    const messages: MessageParam[] = [
      ...ask.messages,
      { role: "assistant", content: first.content },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "call_a", content: "rain" }] },
    ];
    await talk.anthropic.messages.stream({ ...ask, messages }).finalMessage();
    expect(talk.calls[1]?.request.messages.slice(1)).toEqual([
      {
        role: "assistant",
        reasoning: thoughtful.reasoningParts,
        content: "The board agreed.",
        toolCalls: mixed.toolCalls,
      },
      { role: "tool", toolCallId: "call_a", content: "rain" },
    ]);
  });
});
