import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { encodeChat } from "gpt-tokenizer/model/gpt-4o";
import type OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { question, start } from "./running.ts";

const weather = {
  type: "function" as const,
  function: {
    name: "get_weather",
    parameters: {
      type: "object",
      properties: { city: { type: "string" }, days: { type: "integer", minimum: 1 } },
      required: ["city", "days"],
    },
  },
};

describe("chat completions", () => {
  test("an answer has the vendor's shape, the dated model name and its tokenizer's counts", async () => {
    const { openai, simulator } = await start();
    const messages = [{ role: "system" as const, content: "You are a helpful assistant." }, question];
    const { data, response } = await openai.chat.completions
      .create({ model: "gpt-4o-mini", messages, temperature: 0.3 })
      .withResponse();
    expect(data.object).toBe("chat.completion");
    expect(data.model).toBe("gpt-4o-mini-2024-07-18");
    expect(data.choices[0]?.finish_reason).toBe("stop");
    const text = data.choices[0]?.message.content ?? "";
    expect(text).toContain("river");
    expect(data.usage?.prompt_tokens).toBe(encodeChat(messages).length);
    expect(data.usage?.completion_tokens).toBe(countTokens(text));
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
    expect(response.headers.get("x-ratelimit-limit-requests")).toBe("10000");
    const [line] = simulator.invoice().lines;
    expect(line).toMatchObject({ responseId: data.id, model: "gpt-4o-mini-2024-07-18" });
    // 0.15 and 0.6 USD per million tokens.
    expect(line?.amountPico).toBe(
      BigInt(encodeChat(messages).length) * 150_000n + BigInt(countTokens(text)) * 600_000n,
    );
  });

  test.each([
    ["gpt-4", "gpt-4-0613"],
    ["gpt-4-turbo", "gpt-4-turbo-2024-04-09"],
    ["gpt-3.5-turbo", "gpt-3.5-turbo-0125"],
    ["gpt-4o-mini-2024-07-18", "gpt-4o-mini-2024-07-18"],
  ])("%s answers as %s", async (asked, answers) => {
    const { openai } = await start();
    const answer = await openai.chat.completions.create({ model: asked, messages: [question] });
    expect(answer.model).toBe(answers);
  });

  test("a stream gives the same text and, only when asked, usage in a last chunk without choices", async () => {
    const { openai } = await start();
    const body = { model: "gpt-4o", messages: [question] };
    const whole = await openai.chat.completions.create(body);
    const plain = await openai.chat.completions.create({ ...body, stream: true });
    let text = "";
    for await (const chunk of plain) {
      expect(chunk.usage).toBeUndefined();
      text += chunk.choices[0]?.delta.content ?? "";
    }
    expect(text).toBe(whole.choices[0]?.message.content);
    const asked = await openai.chat.completions.create({
      ...body,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of asked) chunks.push(chunk);
    expect(chunks.at(-1)?.choices).toEqual([]);
    expect(chunks.at(-1)?.usage).toEqual(whole.usage);
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
    expect(chunks[0]?.choices[0]?.delta.role).toBe("assistant");
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe("stop");
  });

  test("n choices are billed n times, prompt once", async () => {
    const { openai } = await start();
    const one = await openai.chat.completions.create({ model: "gpt-4o", messages: [question] });
    const body = { model: "gpt-4o", messages: [question], n: 3 };
    const three = await openai.chat.completions.create(body);
    expect(three.choices.map((choice) => choice.index)).toEqual([0, 1, 2]);
    expect(three.usage?.prompt_tokens).toBe(one.usage?.prompt_tokens);
    expect(three.usage?.completion_tokens).toBe(3 * (one.usage?.completion_tokens ?? 0));
  });

  test.each([1, 2, 5, 9])("max_tokens %i is met to the token", async (limit) => {
    const { openai } = await start();
    const body = { model: "gpt-4o", messages: [question], max_tokens: limit };
    const answer = await openai.chat.completions.create(body);
    expect(answer.usage?.completion_tokens).toBe(limit);
    expect(answer.choices[0]?.finish_reason).toBe("length");
    expect(countTokens(answer.choices[0]?.message.content ?? "")).toBe(limit);
  });

  test("a stop sequence ends the answer before it", async () => {
    const { openai } = await start();
    const body = { model: "gpt-4o", messages: [question], stop: ["main points"] };
    const answer = await openai.chat.completions.create(body);
    expect(answer.choices[0]?.message.content).toBe("The ");
    expect(answer.choices[0]?.finish_reason).toBe("stop");
  });

  test("reasoning tokens are billed, reported, and part of completion_tokens", async () => {
    const { openai, simulator } = await start();
    const answer = await openai.chat.completions.create({
      model: "gpt-5-mini",
      messages: [question],
      reasoning_effort: "high",
    });
    const reasoning = answer.usage?.completion_tokens_details?.reasoning_tokens ?? 0;
    const visible = countTokens(answer.choices[0]?.message.content ?? "");
    expect(reasoning).toBeGreaterThan(0);
    expect(reasoning % 64).toBe(0);
    expect(answer.usage?.completion_tokens).toBe(reasoning + visible);
    expect(simulator.invoice().lines[0]?.tokens).toMatchObject({ reasoning, output: visible });
    const short = await openai.chat.completions.create({
      model: "o3",
      messages: [question],
      max_completion_tokens: 50,
    });
    expect(short.usage?.completion_tokens).toBe(50);
    expect(short.choices[0]?.message.content).toBe("");
    expect(short.choices[0]?.finish_reason).toBe("length");
  });

  test("lines of the last user message call tools, streamed in deltas, in parallel", async () => {
    const { openai } = await start();
    const content =
      'Look it up.\ncall tool get_weather {"city":"Łódź","days":2}\ncall tool get_weather {"city":"Oslo","days":1}';
    const body = {
      model: "gpt-4o",
      messages: [{ role: "user" as const, content }],
      tools: [weather],
    };
    const answer = await openai.chat.completions.create(body);
    const calls = answer.choices[0]?.message.tool_calls ?? [];
    expect(answer.choices[0]?.finish_reason).toBe("tool_calls");
    expect(answer.choices[0]?.message.content).toBeNull();
    expect(calls.map((call) => call.type === "function" && call.function.arguments)).toEqual([
      '{"city":"Łódź","days":2}',
      '{"city":"Oslo","days":1}',
    ]);
    const stream = openai.chat.completions.stream(body);
    const final = await stream.finalChatCompletion();
    const streamed = final.choices[0]?.message.tool_calls ?? [];
    const argumentsOf = (call: OpenAI.ChatCompletionMessageToolCall) =>
      call.type === "function" ? call.function.arguments : "";
    expect(streamed.map(argumentsOf)).toEqual(calls.map(argumentsOf));
    const single = await openai.chat.completions.create({ ...body, parallel_tool_calls: false });
    expect(single.choices[0]?.message.tool_calls).toHaveLength(1);
  });

  test("a demanded tool gets arguments its schema accepts; a tool's answer ends the calling", async () => {
    const { openai } = await start();
    const forced = await openai.chat.completions.create({
      model: "gpt-4o",
      messages: [question],
      tools: [weather],
      tool_choice: "required",
    });
    const call = forced.choices[0]?.message.tool_calls?.[0];
    if (call?.type !== "function") throw new Error("no function was called");
    expect(JSON.parse(call.function.arguments)).toEqual({ city: "", days: 1 });
    const after = await openai.chat.completions.create({
      model: "gpt-4o",
      messages: [
        { role: "user", content: "call tool get_weather {}" },
        { role: "assistant", tool_calls: [call] },
        { role: "tool", tool_call_id: call.id, content: "Rain." },
      ],
      tools: [weather],
    });
    expect(after.choices[0]?.finish_reason).toBe("stop");
  });

  test("JSON output is JSON, and valid for the schema asked for", async () => {
    const { openai } = await start();
    const object = await openai.chat.completions.create({
      model: "gpt-4o",
      messages: [{ role: "user", content: "Answer in JSON: which city?" }],
      response_format: { type: "json_object" },
    });
    expect(Object.keys(JSON.parse(object.choices[0]?.message.content ?? ""))).toEqual(["answer"]);
    const schema = {
      type: "object",
      properties: { kind: { enum: ["a", "b"] }, list: { type: "array", minItems: 1, items: { type: "number" } } },
      required: ["kind", "list"],
      additionalProperties: false,
    };
    const shaped = await openai.chat.completions.create({
      model: "gpt-4o",
      messages: [question],
      response_format: { type: "json_schema", json_schema: { name: "shape", schema, strict: true } },
    });
    expect(JSON.parse(shaped.choices[0]?.message.content ?? "")).toEqual({ kind: "a", list: [0] });
  });

  test("an image costs its fixed number of tokens", async () => {
    const { openai } = await start();
    const text = { type: "text" as const, text: "What is this?" };
    const ask = async (detail: "low" | "high" | null) => {
      const url = "data:image/png;base64,AAAA";
      const image = detail ? [{ type: "image_url" as const, image_url: { url, detail } }] : [];
      const messages = [{ role: "user" as const, content: [text, ...image] }];
      const answer = await openai.chat.completions.create({ model: "gpt-4o", messages });
      return answer.usage?.prompt_tokens ?? 0;
    };
    const bare = await ask(null);
    expect((await ask("low")) - bare).toBe(85);
    expect((await ask("high")) - bare).toBe(765);
  });

  test("the second call with the same long prefix reads it from the cache in steps of 128", async () => {
    let clock = 1_800_000_000_000;
    const { openai, simulator } = await start({ now: () => clock });
    const long = Array.from({ length: 700 }, (_, i) => `item ${i}`).join(" ");
    const ask = (tail: string, model = "gpt-4o-mini") =>
      openai.chat.completions.create({
        model,
        messages: [
          { role: "system", content: long },
          { role: "user", content: tail },
        ],
      });
    const first = await ask("First?");
    const second = await ask("Second question, please?");
    const prompt = second.usage?.prompt_tokens ?? 0;
    const cached = second.usage?.prompt_tokens_details?.cached_tokens ?? 0;
    expect(first.usage?.prompt_tokens_details?.cached_tokens).toBe(0);
    expect(cached).toBeGreaterThanOrEqual(1024);
    expect(cached % 128).toBe(0);
    expect(prompt - cached).toBeLessThan(256);
    const tokens = simulator.invoice().lines[1]?.tokens;
    expect(tokens).toMatchObject({ input: prompt - cached, cacheRead: cached });
    expect((await ask("Third?", "gpt-4o")).usage?.prompt_tokens_details?.cached_tokens).toBe(0);
    clock += 11 * 60_000;
    expect((await ask("Late?")).usage?.prompt_tokens_details?.cached_tokens).toBe(0);
  });
});
