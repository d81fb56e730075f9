import type { ChatCompletion, ChatCompletionMessageParam } from "openai/resources/chat/completions";
import { describe, expect, it } from "vitest";
import { answerNames, answers, eventsOf, twoCalls, type AnswerName } from "./answers.ts";
import { openTalk, sentEvents } from "./support.ts";

const ask = { model: "gpt-5.4", messages: [{ role: "user", content: "Hello" }] as ChatCompletionMessageParam[] };

const usage = {
  prompt_tokens: 37,
  completion_tokens: 11,
  total_tokens: 48,
  prompt_tokens_details: { cached_tokens: 20, cache_write_tokens: 7, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: 6,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
};

type Choice = Pick<ChatCompletion.Choice, "finish_reason"> & {
  readonly message: Partial<ChatCompletion.Choice["message"]>;
};

const choices: Readonly<Record<AnswerName, Choice>> = {
  answer: { finish_reason: "stop", message: { content: "The board agreed.", refusal: null } },
  twoCalls: {
    finish_reason: "tool_calls",
    message: {
      content: "Let me see.",
      refusal: null,
      tool_calls: [
        { id: "call_a", type: "function", function: { name: "weather", arguments: '{"city":"Zürich"}' } },
        { id: "call_b", type: "function", function: { name: "now", arguments: "{}" } },
      ],
    },
  },
  thoughtful: { finish_reason: "stop", message: { content: "The board agreed.", refusal: null } },
  refused: { finish_reason: "stop", message: { refusal: "I can't help with that." } },
  silentRefusal: { finish_reason: "content_filter", message: { refusal: null } },
  cut: { finish_reason: "length", message: { content: "The board ag" } },
  filtered: { finish_reason: "content_filter", message: { content: "The board ag" } },
  ended: { finish_reason: "stop", message: { content: "The board agreed." } },
  unmeasured: { finish_reason: "stop", message: { content: "The board agreed." } },
};

describe("OpenAI's client reads a translated chat completion", () => {
  it.each(answerNames)("%s, whole", async (name) => {
    const { openai } = await openTalk(() => ({ result: answers[name] }));
    const completion = await openai.chat.completions.create(ask);
    expect(completion).toMatchObject({
      id: "chatcmpl-call1",
      object: "chat.completion",
      created: 1_767_225_600,
      model: "the-model",
      service_tier: "default",
      choices: [{ index: 0, logprobs: null, ...choices[name] }],
    });
    expect(completion.choices[0]?.message.role).toBe("assistant");
    expect(completion.usage).toEqual(name === "unmeasured" ? undefined : usage);
  });

  it.each(answerNames)("%s, streamed, as the whole one", async (name) => {
    const { openai, streams } = await openTalk(() => ({ events: eventsOf(answers[name]) }));
    const stream = openai.chat.completions.stream({ ...ask, stream_options: { include_usage: true } });
    const completion = await stream.finalChatCompletion();
    expect(completion).toMatchObject({
      id: "chatcmpl-call1",
      created: 1_767_225_600,
      model: "the-model",
      choices: [{ index: 0, ...choices[name] }],
    });
    expect(await stream.totalUsage()).toMatchObject(name === "unmeasured" ? { total_tokens: 0 } : { total_tokens: 48 });
    expect(sentEvents(streams[0] ?? "").at(-1)?.data).toBe("[DONE]");
  });

  it("writes its chunks in the vendor's order: role, pieces, reason, usage, the end", async () => {
    const { openai, streams } = await openTalk(() => ({ events: eventsOf(twoCalls) }));
    await openai.chat.completions.stream({ ...ask, stream_options: { include_usage: true } }).done();
    const chunks = sentEvents(streams[0] ?? "").map(({ data }) => data);
    expect(chunks[0]).toEqual({
      id: "chatcmpl-call1",
      object: "chat.completion.chunk",
      created: 1_767_225_600,
      model: "the-model",
      service_tier: "default",
      choices: [
        { index: 0, delta: { role: "assistant", content: "", refusal: null }, logprobs: null, finish_reason: null },
      ],
      usage: null,
    });
    const deltas = chunks.flatMap((chunk) =>
      chunk === "[DONE]" ? [] : (chunk["choices"] as { delta: object }[]).map(({ delta }) => delta),
    );
    expect(deltas.filter((delta) => "tool_calls" in delta)).toEqual([
      { tool_calls: [{ index: 0, id: "call_a", type: "function", function: { name: "weather", arguments: "" } }] },
      ...['{"ci', 'ty":', '"Zür', 'ich"', "}"].map((piece) => ({
        tool_calls: [{ index: 0, function: { arguments: piece } }],
      })),
      { tool_calls: [{ index: 1, id: "call_b", type: "function", function: { name: "now", arguments: "" } }] },
      { tool_calls: [{ index: 1, function: { arguments: "{}" } }] },
    ]);
    expect(deltas.at(-1)).toEqual({});
    expect(chunks.at(-2)).toMatchObject({ choices: [], usage });
    expect(chunks.at(-1)).toBe("[DONE]");
  });

  it("tells usage in a stream only to those who asked", async () => {
    const { openai, streams } = await openTalk(() => ({ events: eventsOf(answers.answer) }));
    for await (const chunk of await openai.chat.completions.create({ ...ask, stream: true })) {
      expect(chunk).not.toHaveProperty("usage");
      expect(chunk.choices).toHaveLength(1);
    }
    expect(streams).toHaveLength(1);
  });

  it("gives arguments to the helper that waits for calls", async () => {
    const { openai } = await openTalk(() => ({ events: eventsOf(twoCalls) }));
    const done: string[] = [];
    const stream = openai.chat.completions.stream(ask);
    stream.on("tool_calls.function.arguments.done", ({ index, name, arguments: text }) => {
      done.push(`${index} ${name} ${text}`);
    });
    await stream.done();
    expect(done).toEqual(['0 weather {"city":"Zürich"}', "1 now {}"]);
  });

  it("takes an answer of its own back in the next turn", async () => {
    const talk = await openTalk(() => ({ result: twoCalls }));
    const { choices: given } = await talk.openai.chat.completions.create(ask);
    const [choice] = given;
    if (choice === undefined) throw new Error("no choice");
    const results = ["call_a", "call_b"].map((id) => ({ role: "tool" as const, tool_call_id: id, content: "rain" }));
    await talk.openai.chat.completions.create({ ...ask, messages: [...ask.messages, choice.message, ...results] });
    expect(talk.calls[1]?.request.messages.slice(1)).toEqual([
      { role: "assistant", content: "Let me see.", toolCalls: twoCalls.toolCalls },
      { role: "tool", toolCallId: "call_a", content: "rain" },
      { role: "tool", toolCallId: "call_b", content: "rain" },
    ]);
  });
});
