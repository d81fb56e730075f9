import { ChatAnthropic } from "@langchain/anthropic";
import type { BaseLanguageModelInput } from "@langchain/core/language_models/base";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { type AIMessageChunk, HumanMessage, SystemMessage, type ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { bookedAfter, booksOf, isAtRest } from "../support/books.ts";
import { openTestGateway, type TestGateway, until } from "../support/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openTestGateway();
});
afterEach(() => {
  gateway.simulator.plan([]);
  gateway.simulator.setLatency({});
});
afterAll(async () => await gateway.close());

const gpt = "gpt-4o-mini";
const claude = "claude-haiku-4-5";
const maxTokens = 64;
const messages = [new SystemMessage("Be brief."), new HumanMessage("Say hello in one sentence.")];

/** The three ways in which LangChain speaks, each to a model of its own vendor and to one of the other. */
const ways = ["chat completions", "responses", "messages"] as const;
const pairs = ways.flatMap((way) => [gpt, claude].map((model) => [way, model] as const));

type Way = (typeof ways)[number];

function modelFor(way: Way, model: string, tenant = "acme"): BaseChatModel {
  return modelAt(gateway.url, way, model, gateway.keys[tenant] ?? `tnt_${"x".repeat(43)}`);
}

function modelAt(origin: string, way: Way, model: string, apiKey: string): BaseChatModel {
  const common = { model, apiKey, maxTokens, maxRetries: 0 };
  if (way === "messages") return new ChatAnthropic({ ...common, anthropicApiUrl: origin });
  const configuration = { baseURL: `${origin}/v1` };
  return new ChatOpenAI({ ...common, configuration, useResponsesApi: way === "responses" });
}

async function streamed(
  llm: Pick<BaseChatModel, "stream">,
  input: BaseLanguageModelInput,
): Promise<{ whole: AIMessageChunk; pieces: number }> {
  const pieces: AIMessageChunk[] = [];
  for await (const piece of await llm.stream(input)) pieces.push(piece);
  const whole = pieces.reduce((before, piece) => before.concat(piece));
  return { whole, pieces: pieces.filter(({ text }) => text !== "").length };
}

/** The simulator calls exactly what it is asked to, so the arguments are known. */
const askForWeather = new HumanMessage('call tool weather {"city":"Oslo"}\ncall tool weather {"city":"Rome"}');
const cities = [{ city: "Oslo" }, { city: "Rome" }];
const weather = tool(({ city }) => `rain in ${city}`, {
  name: "weather",
  description: "The weather of a city.",
  schema: z.object({ city: z.string() }),
});

describe.each(pairs)("LangChain over %s on %s", (way, model) => {
  test("writes a text and knows what it used", async () => {
    const llm = modelFor(way, model);
    const { result, booked } = await booksOf(gateway, "acme", 1, async () => await llm.invoke(messages));
    expect(result.text).not.toBe("");
    const tokens = booked[0]?.lines[0]?.usage?.tokens;
    expect(result.usage_metadata).toMatchObject({ input_tokens: tokens?.input, output_tokens: tokens?.output });
  });

  test("streams a text in pieces, with its usage at the end", async () => {
    const { result } = await booksOf(gateway, "acme", 1, async () => await streamed(modelFor(way, model), messages));
    expect(result.pieces).toBeGreaterThan(1);
    expect(result.whole.text).not.toBe("");
    expect(result.whole.usage_metadata).toMatchObject({ output_tokens: expect.any(Number) });
  });

  test("streams what it streams without us, if the model's vendor is its own", async () => {
    if ((way === "messages") !== (model === claude)) return;
    const [with_, without] = [modelFor(way, model), modelAt(gateway.simulator.url, way, model, "any")];
    const [ours, theirs] = [await streamed(with_, messages), await streamed(without, messages)];
    expect(ours.whole.content).toEqual(theirs.whole.content);
    expect(ours.whole.usage_metadata).toEqual(theirs.whole.usage_metadata);
    expect(ours.pieces).toBe(theirs.pieces);
  });

  test("calls tools in parallel and goes on with their results, whole and streamed", async () => {
    const llm = modelFor(way, model).bindTools?.([weather]);
    if (llm === undefined) throw new Error("it takes no tools");
    for (const isStreamed of [false, true]) {
      const turn = async (history: BaseLanguageModelInput): Promise<AIMessageChunk> =>
        isStreamed ? (await streamed(llm, history)).whole : await llm.invoke(history);
      const { result } = await booksOf(gateway, "acme", 2, async () => {
        const first = await turn([askForWeather]);
        const calls = first.tool_calls ?? [];
        const answers = await Promise.all(calls.map(async (call) => (await weather.invoke(call)) as ToolMessage));
        return { calls, answers, second: await turn([askForWeather, first, ...answers]) };
      });
      expect(result.calls.map(({ name, args }) => [name, args])).toEqual(cities.map((city) => ["weather", city]));
      expect(result.answers.map(({ content }) => content)).toEqual(["rain in Oslo", "rain in Rome"]);
      expect(result.second.text).not.toBe("");
      expect(result.second.tool_calls ?? []).toEqual([]);
    }
  });

  test("gets an object of a schema, by the vendor's own way and through a tool", async () => {
    const schema = z.object({ text: z.string(), kind: z.object({ isGreeting: z.boolean() }) });
    for (const method of ["jsonSchema", "functionCalling"] as const) {
      const llm = modelFor(way, model).withStructuredOutput(schema, { method, name: "greeting" });
      const { result } = await booksOf(gateway, "acme", 1, async () => await llm.invoke(messages));
      expect(result).toEqual({ text: expect.any(String), kind: { isGreeting: expect.any(Boolean) } });
    }
  });

  test("hears of refusals in statuses it understands", async () => {
    const statusOf = async (tenant: string, asked: string): Promise<unknown> =>
      await modelFor(way, asked, tenant)
        .invoke(messages)
        .then(
          () => 200,
          (error: { status?: number }) => error.status,
        );
    const { result } = await booksOf(gateway, "acme", 0, async () => [
      await statusOf("nobody", model),
      await statusOf("acme", "gpt-9"),
      await statusOf("poor-one", gpt),
      await statusOf("gone-one", model),
    ]);
    expect(result).toEqual([401, 403, 402, 403]);
  });

  test("hears of a stream that breaks off", async () => {
    gateway.simulator.plan([{ fault: { kind: "stream-cut", afterEvents: 5 } }]);
    const booked = await bookedAfter(gateway, async () => {
      const read = async (): Promise<void> => {
        for await (const _piece of await modelFor(way, model).stream(messages));
      };
      await expect(read()).rejects.toThrow();
    });
    expect(booked).toMatchObject([{ call: { outcome: "failed" }, lines: [{ outcome: "cut", source: "estimated" }] }]);
  });

  test("leaves a stream, and the call is noted as aborted", async () => {
    gateway.simulator.setLatency({ perTokenMs: 20 });
    const booked = await bookedAfter(gateway, async () => {
      const controller = new AbortController();
      const read = async (): Promise<void> => {
        for await (const _piece of await modelFor(way, model).stream(messages, { signal: controller.signal }))
          controller.abort();
      };
      await expect(read()).rejects.toThrow(/abort/i);
    });
    expect(booked).toMatchObject([{ call: { tenantId: "acme", outcome: "aborted" }, lines: [{ outcome: "aborted" }] }]);
    await until(async () => await isAtRest(gateway.app, "acme"));
  });
});

test("LangChain runs many inputs at once, each a call of its own", async () => {
  const llm = modelFor("chat completions", gpt);
  const asked = Array.from({ length: 10 }, (_, index) => [new HumanMessage(`Repeat the number ${index}.`)]);
  const { result } = await booksOf(gateway, "acme", 10, async () => await llm.batch(asked));
  expect(result.map(({ text }) => text !== "")).toEqual(asked.map(() => true));
});

test("LangChain embeds documents and queries", async () => {
  const embeddings = new OpenAIEmbeddings({
    apiKey: gateway.keys["acme"] ?? "",
    model: "text-embedding-3-small",
    maxRetries: 0,
    configuration: { baseURL: `${gateway.url}/v1` },
  });
  const { result } = await booksOf(gateway, "acme", 2, async () => ({
    documents: await embeddings.embedDocuments(["one", "two"]),
    query: await embeddings.embedQuery("one"),
  }));
  expect(result.documents.map(({ length }) => length)).toEqual([1536, 1536]);
  expect(result.query).toEqual(result.documents[0]);
});
