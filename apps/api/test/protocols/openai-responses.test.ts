import type { Response, ResponseInput, ResponseStreamEvent } from "openai/resources/responses/responses";
import { describe, expect, it } from "vitest";
import { sealReasoning } from "../../src/protocols/openai-responses/sealed-reasoning.ts";
import { answerNames, answers, eventsOf, thoughtful, twoCalls, type AnswerName } from "./answers.ts";
import { openTalk, sentEvents } from "./support.ts";

const ask = { model: "gpt-5.4", input: "Hello" };

const usage = {
  input_tokens: 37,
  input_tokens_details: { cached_tokens: 20, cache_write_tokens: 7 },
  output_tokens: 11,
  output_tokens_details: { reasoning_tokens: 6 },
  total_tokens: 48,
};

function message(text: string, status: string = "completed"): object {
  return {
    id: "msg_call1_0",
    type: "message",
    status,
    role: "assistant",
    content: [{ type: "output_text", annotations: [], logprobs: [], text }],
  };
}

interface Expected {
  readonly status: string;
  readonly incomplete_details: object | null;
  readonly output: readonly object[];
}

const complete = { status: "completed", incomplete_details: null };
const filteredOut = { status: "incomplete", incomplete_details: { reason: "content_filter" } };

const expected: Readonly<Record<AnswerName, Expected>> = {
  answer: { ...complete, output: [message("The board agreed.")] },
  twoCalls: {
    ...complete,
    output: [
      message("Let me see."),
      {
        id: "fc_call1_1",
        type: "function_call",
        status: "completed",
        call_id: "call_a",
        name: "weather",
        arguments: '{"city":"Zürich"}',
      },
      { id: "fc_call1_2", type: "function_call", status: "completed", call_id: "call_b", name: "now", arguments: "{}" },
    ],
  },
  thoughtful: {
    ...complete,
    output: [
      {
        id: "rs_call1_0",
        type: "reasoning",
        summary: [{ type: "summary_text", text: "Hm, hm." }],
        encrypted_content: sealReasoning({ type: "thinking", text: "Hm, hm.", signature: "RXE=" }),
      },
      {
        id: "rs_call1_1",
        type: "reasoning",
        summary: [],
        encrypted_content: sealReasoning({ type: "redacted", data: "EmwK" }),
      },
      { ...message("The board agreed."), id: "msg_call1_2" },
    ],
  },
  refused: {
    ...complete,
    output: [{ ...message(""), content: [{ type: "refusal", refusal: "I can't help with that." }] }],
  },
  silentRefusal: { ...filteredOut, output: [] },
  cut: {
    status: "incomplete",
    incomplete_details: { reason: "max_output_tokens" },
    output: [message("The board ag", "incomplete")],
  },
  filtered: { ...filteredOut, output: [message("The board ag", "incomplete")] },
  ended: { ...complete, output: [message("The board agreed.")] },
  unmeasured: { ...complete, output: [message("The board agreed.")] },
};

function expectResponse(response: Response, name: AnswerName): void {
  const { output, ...rest } = expected[name];
  expect(response).toMatchObject({
    id: "resp_call1",
    object: "response",
    created_at: 1_767_225_600,
    model: "the-model",
    error: null,
    store: false,
    ...rest,
  });
  expect(
    JSON.parse(
      JSON.stringify(response.output, (key, value: unknown) => (key.startsWith("parsed") ? undefined : value)),
    ),
  ).toEqual(output);
  expect(response.output_text).toBe(name === "refused" || name === "silentRefusal" ? "" : answers[name].text);
  expect(response.usage).toEqual(name === "unmeasured" ? null : usage);
}

describe("OpenAI's client reads a translated response", () => {
  it.each(answerNames)("%s, whole", async (name) => {
    const { openai } = await openTalk(() => ({ result: answers[name] }));
    expectResponse(await openai.responses.create(ask), name);
  });

  it.each(answerNames)("%s, streamed, as the whole one", async (name) => {
    const { openai } = await openTalk(() => ({ events: eventsOf(answers[name]) }));
    expectResponse(await openai.responses.stream(ask).finalResponse(), name);
  });

  it.each(answerNames)("%s: every event has its number, its item and its place", async (name) => {
    const { openai, streams } = await openTalk(() => ({ events: eventsOf(answers[name]) }));
    await openai.responses.stream(ask).finalResponse();
    const events = sentEvents(streams[0] ?? "").map(({ name: named, data }) => {
      expect(data).toMatchObject({ type: named });
      return data as unknown as ResponseStreamEvent;
    });
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, n) => n));
    expect(events.slice(0, 2).map(({ type }) => type)).toEqual(["response.created", "response.in_progress"]);
    const last = events.at(-1);
    expect(last?.type).toBe(expected[name].status === "completed" ? "response.completed" : "response.incomplete");
    const added = events.filter((event) => event.type === "response.output_item.added");
    const done = events.filter((event) => event.type === "response.output_item.done");
    const output = expected[name].output as readonly { readonly id: string }[];
    expect(added.map((event) => [event.output_index, event.item.id])).toEqual(output.map(({ id }, n) => [n, id]));
    expect(done.map((event) => event.item)).toEqual(output);
    for (const event of events) {
      if ("item_id" in event && "output_index" in event) expect(output[event.output_index]?.id).toBe(event.item_id);
    }
  });

  it("writes the vendor's events for text, thinking and calls", async () => {
    const mixed = { ...thoughtful, toolCalls: twoCalls.toolCalls.slice(0, 1), finishReason: "tool-calls" } as const;
    const { openai, streams } = await openTalk(() => ({ events: eventsOf(mixed) }));
    await openai.responses.stream(ask).finalResponse();
    const types = sentEvents(streams[0] ?? "").map(({ name }) => name?.replace("response.", ""));
    expect(types.filter((type, n) => type !== types[n - 1])).toEqual([
      "created",
      "in_progress",
      "output_item.added",
      "reasoning_summary_part.added",
      "reasoning_summary_text.delta",
      "reasoning_summary_text.done",
      "reasoning_summary_part.done",
      "output_item.done",
      "output_item.added",
      "output_item.done",
      "output_item.added",
      "content_part.added",
      "output_text.delta",
      "output_text.done",
      "content_part.done",
      "output_item.done",
      "output_item.added",
      "function_call_arguments.delta",
      "function_call_arguments.done",
      "output_item.done",
      "completed",
    ]);
  });

  it("repeats what the request said", async () => {
    const { openai } = await openTalk(() => ({ result: answers.answer }));
    const asked = { temperature: 0.5, instructions: "Be brief.", metadata: { team: "legal" }, max_output_tokens: 9 };
    const tools = [{ type: "function" as const, name: "now", parameters: { type: "object" }, strict: null }];
    expect(await openai.responses.create({ ...ask, ...asked, tools })).toMatchObject({ ...asked, tools, top_p: 1 });
  });

  it("takes an answer of its own back in the next turn, thinking and all", async () => {
    const mixed = { ...thoughtful, toolCalls: twoCalls.toolCalls.slice(0, 1), finishReason: "tool-calls" } as const;
    const talk = await openTalk(() => ({ events: eventsOf(mixed) }));
    const first = await talk.openai.responses.stream(ask).finalResponse();
    const input: ResponseInput = [
      { role: "user", content: "Hello" },
      ...(first.output as ResponseInput),
      { type: "function_call_output", call_id: "call_a", output: "rain" },
    ];
    await talk.openai.responses.stream({ model: "gpt-5.4", input }).finalResponse();
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
