import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { APICallError, embedMany, generateText, isStepCount, type LanguageModel, Output, streamText, tool } from "ai";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { bookedAfter, booksOf, isAtRest } from "../support/books.ts";
import { openTestGateway, type TestGateway, tiers, until } from "../support/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  // It warns of names of models it has never heard of.
  vi.stubGlobal("AI_SDK_LOG_WARNINGS", false);
  gateway = await openTestGateway({ yaml: withoutRetries });
});
afterEach(() => {
  gateway.simulator.plan([]);
  gateway.simulator.setLatency({});
});
afterAll(async () => {
  vi.unstubAllGlobals();
  await gateway.close();
});

/** Tenants whose failures are not repaired by another attempt of ours. */
const withoutRetries = `${tiers.replace(
  "tenants:",
  `  gpt-alone: { models: [openai/gpt-4o-mini], retries: 0 }
  claude-alone: { models: [anthropic/claude-haiku-4-5], retries: 0 }
tenants:`,
)}  gpt-one: { tier: gpt-alone }
  claude-alone-one: { tier: claude-alone }
`;

const gpt = "gpt-4o-mini";
const claude = "claude-haiku-4-5";
/** What the SDK waits before a retry where nobody tells it. */
const ownPatienceMs = 2_000;
const maxRetries = 0;
const maxOutputTokens = 64;
const prompt = "Say hello in one sentence.";

/** The three ways in which this SDK speaks, each to a model of its own vendor and to one of the other. */
const ways = ["chat completions", "responses", "messages"] as const;
const pairs = ways.flatMap((way) => [gpt, claude].map((model) => [way, model] as const));

function modelFor(way: (typeof ways)[number], model: string, tenant = "acme"): LanguageModel {
  const apiKey = gateway.keys[tenant] ?? `tnt_${"x".repeat(43)}`;
  const baseURL = `${gateway.url}/v1`;
  if (way === "messages") return createAnthropic({ apiKey, baseURL })(model);
  const openai = createOpenAI({ apiKey, baseURL });
  return way === "responses" ? openai.responses(model) : openai.chat(model);
}

/** The simulator calls exactly what it is asked to, so the arguments are known. */
const askForWeather = 'call tool weather {"city":"Oslo"}';
const weather = tool({
  description: "The weather of a city.",
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => `rain in ${city}`,
});

describe.each(pairs)("the AI SDK over %s on %s", (way, model) => {
  test("writes a text and knows what it used", async () => {
    const ask = { model: modelFor(way, model), prompt, instructions: "Be brief.", maxRetries, maxOutputTokens };
    const { result, booked } = await booksOf(gateway, "acme", 1, async () => await generateText(ask));
    expect(result.text).not.toBe("");
    expect(result.finishReason).toBe("stop");
    const tokens = booked[0]?.lines[0]?.usage?.tokens;
    expect(result.usage.inputTokens).toBe(tokens?.input);
    expect(result.usage.outputTokens).toBe(tokens?.output);
    expect(result.response.headers?.["x-tenantry-call-id"]).toBe(booked[0]?.call.callId);
    expect(result.warnings ?? []).toEqual([]);
  });

  test("streams a text in pieces", async () => {
    const ask = { model: modelFor(way, model), prompt, maxRetries, maxOutputTokens };
    const { result, booked } = await booksOf(gateway, "acme", 1, async () => {
      const stream = streamText(ask);
      const pieces: string[] = [];
      for await (const piece of stream.textStream) pieces.push(piece);
      return { pieces, text: await stream.text, usage: await stream.usage, why: await stream.finishReason };
    });
    expect(result.pieces.length).toBeGreaterThan(1);
    expect(result.pieces.join("")).toBe(result.text);
    expect(result.why).toBe("stop");
    expect(result.usage.outputTokens).toBe(booked[0]?.lines[0]?.usage?.tokens.output);
  });

  test("calls a tool and goes on with its result, whole and streamed, one call for each step", async () => {
    const ask = {
      model: modelFor(way, model),
      prompt: askForWeather,
      tools: { weather },
      stopWhen: isStepCount(2),
      maxRetries,
      maxOutputTokens,
    };
    const whole = await booksOf(gateway, "acme", 2, async () => await generateText(ask));
    const [first, second] = whole.result.steps;
    expect(first?.finishReason).toBe("tool-calls");
    expect(first?.toolResults).toEqual([
      expect.objectContaining({ toolName: "weather", input: { city: "Oslo" }, output: "rain in Oslo" }),
    ]);
    expect(second?.text).not.toBe("");
    const streamed = await booksOf(gateway, "acme", 2, async () => {
      const stream = streamText(ask);
      await stream.consumeStream();
      return await stream.steps;
    });
    expect(streamed.result[0]?.toolResults[0]).toMatchObject({ input: { city: "Oslo" }, output: "rain in Oslo" });
    expect(streamed.result[1]?.text).not.toBe("");
  });

  test("gets an object of a schema, whole and streamed", async () => {
    const output = Output.object({ schema: z.object({ text: z.string(), kind: z.enum(["hello", "goodbye"]) }) });
    const ask = { model: modelFor(way, model), prompt, output, maxRetries, maxOutputTokens };
    const object = { text: expect.any(String), kind: expect.stringMatching(/^(?:hello|goodbye)$/) };
    const whole = await booksOf(gateway, "acme", 1, async () => (await generateText(ask)).output);
    expect(whole.result).toEqual(object);
    const streamed = await booksOf(gateway, "acme", 1, async () => {
      const stream = streamText(ask);
      await stream.consumeStream();
      return await stream.output;
    });
    expect(streamed.result).toEqual(object);
  });

  test("hears of refusals in statuses, codes and headers it understands", async () => {
    const fails = async (tenant: string, asked: string): Promise<APICallError> => {
      const failing = generateText({ model: modelFor(way, asked, tenant), prompt, maxRetries, maxOutputTokens });
      const error: unknown = await failing.then(
        () => null,
        (thrown: unknown) => thrown,
      );
      if (!APICallError.isInstance(error)) throw new Error("it did not fail as the SDK's calls do", { cause: error });
      return error;
    };
    const { result } = await booksOf(gateway, "acme", 0, async () => [
      await fails("nobody", model),
      await fails("acme", "gpt-9"),
      await fails("poor-one", gpt),
      await fails("gone-one", model),
    ]);
    expect(result.map(({ statusCode }) => statusCode)).toEqual([401, 403, 402, 403]);
    expect(result.map(({ isRetryable }) => isRetryable)).toEqual([false, false, false, false]);
    for (const error of result) expect(error.message).toMatch(/key|model|budget|suspended/);
  });

  test("retries when it is told to, which is long before it would by itself, and each of its tries is a call", async () => {
    gateway.simulator.plan([{ fault: { kind: "status", status: 500, retryAfterMs: 30 }, times: 1 }]);
    const tenant = model === gpt ? "gpt-one" : "claude-alone-one";
    const ask = { model: modelFor(way, model, tenant), prompt, maxRetries: 1, maxOutputTokens };
    const startedAt = performance.now();
    const { result, booked } = await booksOf(gateway, tenant, 2, async () => await generateText(ask));
    expect(performance.now() - startedAt).toBeLessThan(ownPatienceMs);
    expect(result.text).not.toBe("");
    expect(booked.map(({ call }) => call.outcome)).toEqual(["failed", "ok"]);
  });

  test("leaves a stream, and the call is noted as aborted", async () => {
    gateway.simulator.setLatency({ perTokenMs: 20 });
    const booked = await bookedAfter(gateway, async () => {
      const controller = new AbortController();
      const stream = streamText({ model: modelFor(way, model), prompt, maxRetries, abortSignal: controller.signal });
      for await (const _piece of stream.textStream) controller.abort();
    });
    expect(booked).toMatchObject([{ call: { tenantId: "acme", outcome: "aborted" }, lines: [{ outcome: "aborted" }] }]);
    await until(async () => await isAtRest(gateway.app, "acme"));
  });

  test("hears of a stream that breaks off", async () => {
    gateway.simulator.plan([{ fault: { kind: "stream-cut", afterEvents: 5 } }]);
    const errors: unknown[] = [];
    const booked = await bookedAfter(gateway, async () => {
      const stream = streamText({
        model: modelFor(way, model),
        prompt,
        maxRetries,
        onError: ({ error }) => void errors.push(error),
      });
      await stream.consumeStream();
    });
    expect(errors).toHaveLength(1);
    expect(booked).toMatchObject([{ call: { outcome: "failed" }, lines: [{ outcome: "cut", source: "estimated" }] }]);
  });
});

test("the AI SDK embeds many values in one call", async () => {
  const openai = createOpenAI({ apiKey: gateway.keys["acme"] ?? "", baseURL: `${gateway.url}/v1` });
  const ask = { model: openai.embedding("text-embedding-3-small"), values: ["one", "two", "three"], maxRetries };
  const { result, booked } = await booksOf(gateway, "acme", 1, async () => await embedMany(ask));
  expect(result.embeddings).toHaveLength(3);
  expect(result.embeddings[0]?.length).toBeGreaterThan(100);
  expect(result.usage.tokens).toBe(booked[0]?.lines[0]?.usage?.tokens.input);
});
