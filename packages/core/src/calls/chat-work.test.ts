import { expect, it } from "vitest";
import type { ChatModel } from "../ports/chat-model.port.ts";
import type { OpenOptions } from "../ports/exchange.ts";
import type { ChatEvent, ChatResult } from "./chat-result.ts";
import { completeWork, streamWork } from "./chat-work.ts";

const result: ChatResult = {
  id: "answer-1",
  model: "m-1",
  text: "It rains.",
  reasoning: "Where is it? Oslo.",
  refusal: null,
  toolCalls: [
    { id: "call-1", name: "weather", argumentsJson: '{"city":"Oslo"}' },
    { id: "call-2", name: "time", argumentsJson: "{}" },
  ],
  finishReason: "tool-calls",
  usage: null,
};
const events: readonly ChatEvent[] = [
  { type: "start", id: "answer-1", model: "m-1" },
  { type: "reasoning", text: "Where is it? Oslo." },
  { type: "text", text: "It " },
  { type: "tool-call", index: 0, id: "call-1", name: "weather", argumentsJson: "" },
  { type: "tool-call", index: 1, id: "call-2", name: "time", argumentsJson: "{" },
  { type: "tool-call", index: 0, argumentsJson: '{"city":' },
  { type: "text", text: "rains." },
  { type: "tool-call", index: 0, argumentsJson: '"Oslo"}' },
  { type: "tool-call", index: 1, argumentsJson: "}" },
  { type: "end", finishReason: "tool-calls" },
];
const model: ChatModel = {
  provider: "p",
  complete: async () => result,
  stream: async () =>
    (async function* () {
      yield* events;
    })(),
};
const models = new Map([["p", model]]);
const request = { messages: [{ role: "user" as const, content: "How is the weather in Oslo?" }] };
const target = { provider: "p", model: "m-1" };
const options = { attemptId: "a", tenantId: "t", store: false, maxOutputTokens: 64 } as OpenOptions;

it("what an answer says is its text and its calls of tools, without the thinking, whole and streamed alike", async () => {
  const whole = (await completeWork(models, request).open(target, options)).reading;
  const exchange = await streamWork(models, request).open(target, options);
  for (let next = await exchange.events.next(); next.done !== true; next = await exchange.events.next());
  const said = { text: "It rains.", toolCalls: result.toolCalls };
  expect(whole.said?.()).toEqual(said);
  expect(exchange.reading.said?.()).toEqual(said);
  // For counting tokens the thinking is a part of it.
  expect(whole.written()).toContain("Where is it?");
  expect(exchange.reading.written()).toContain("Where is it?");
});
