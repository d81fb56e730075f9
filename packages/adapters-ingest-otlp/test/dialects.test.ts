import type { Tokens } from "@tenantry/core";
import { describe, expect, it } from "vitest";
import { type Attributes, readOne } from "./support/otlp-json.ts";
import { tokensTold } from "./support/recorder.ts";

const openai = { "gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o-mini" };
const anthropic = { "gen_ai.system": "anthropic", "gen_ai.request.model": "claude-opus-4-8" };
const oldNames = { "gen_ai.usage.prompt_tokens": 110, "gen_ai.usage.completion_tokens": 30 };
const currentNames = { "gen_ai.usage.input_tokens": 143, "gen_ai.usage.output_tokens": 30 };
const oldCache = { "gen_ai.usage.cache_read_input_tokens": 20, "gen_ai.usage.cache_creation_input_tokens": 13 };
const currentCache = { "gen_ai.usage.cache_read.input_tokens": 20, "gen_ai.usage.cache_creation.input_tokens": 13 };
/** What each of these means: 110 neither from nor to the cache. */
const cached = { input: 110, cacheRead: 20, cacheWrite5m: 13, output: 30 };

describe("whether the input count holds cached tokens", () => {
  it.each<[string, string, Attributes, Partial<Tokens>]>([
    [
      "Netra's spans of Anthropic leave them out",
      "netra.instrumentation.anthropic",
      { ...anthropic, ...oldNames, ...oldCache },
      cached,
    ],
    [
      "Netra's spans of OpenAI hold them",
      "netra.instrumentation.openai",
      { ...openai, ...oldNames, "gen_ai.usage.prompt_tokens": 143, "gen_ai.usage.cache_read_input_tokens": 33 },
      { input: 110, cacheRead: 33, output: 30 },
    ],
    [
      "Anthropic's own spans hold them",
      "com.anthropic.sdk.typescript",
      {
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.model": "claude-opus-4-8",
        ...currentNames,
        "gen_ai.usage.cache_read.input_tokens": 20,
        "gen_ai.usage.cache_write.input_tokens": 13,
      },
      cached,
    ],
    [
      "Anthropic's own spans hold them when Netra's SDK has renamed the count",
      "com.anthropic.sdk.typescript",
      {
        ...anthropic,
        "library.name": "netra",
        "gen_ai.usage.prompt_tokens": 143,
        "gen_ai.usage.output_tokens": 30,
        ...currentCache,
      },
      cached,
    ],
    [
      "another library's spans hold them when Netra's SDK has renamed the count",
      "another",
      {
        ...anthropic,
        "library.name": "netra",
        "gen_ai.usage.prompt_tokens": 143,
        "gen_ai.usage.completion_tokens": 30,
        ...currentCache,
      },
      cached,
    ],
    ["the conventions hold them", "another", { ...anthropic, ...currentNames, ...currentCache }, cached],
    [
      "OpenLLMetry for JavaScript leaves them out of Anthropic's",
      "@traceloop/instrumentation-anthropic",
      {
        ...anthropic,
        "gen_ai.usage.input_tokens": 110,
        "gen_ai.usage.output_tokens": 30,
        "gen_ai.usage.total_tokens": 140,
        ...currentCache,
      },
      cached,
    ],
    [
      "OpenLLMetry for Python holds them under the old name",
      "opentelemetry.instrumentation.anthropic",
      { ...anthropic, ...oldNames, "gen_ai.usage.prompt_tokens": 143, ...oldCache },
      cached,
    ],
    ["the old name says what Anthropic says", "another", { ...anthropic, ...oldNames, ...oldCache }, cached],
    [
      "the old name says what OpenAI says",
      "another",
      {
        ...openai,
        "llm.usage.prompt_tokens": 130,
        "llm.usage.completion_tokens": 30,
        "gen_ai.usage.cache_read_input_tokens": 20,
      },
      { input: 110, cacheRead: 20, output: 30 },
    ],
    [
      "OpenInference holds them",
      "openinference",
      {
        "openinference.span.kind": "LLM",
        "llm.provider": "anthropic",
        "llm.model_name": "claude-opus-4-8",
        "llm.token_count.prompt": 143,
        "llm.token_count.completion": 30,
        "llm.token_count.prompt_details.cache_read": 20,
        "llm.token_count.prompt_details.cache_write": 13,
      },
      cached,
    ],
    [
      "the Vercel AI SDK 6 holds them",
      "ai",
      {
        "ai.model.id": "claude-opus-4-8",
        "ai.model.provider": "anthropic.messages",
        "ai.usage.inputTokens": 143,
        "ai.usage.outputTokens": 30,
        "ai.usage.cachedInputTokens": 20,
        "ai.usage.inputTokenDetails.cacheReadTokens": 20,
        "ai.usage.inputTokenDetails.cacheWriteTokens": 13,
      },
      cached,
    ],
    [
      "the Vercel AI SDK 5 leaves them out of Anthropic's, and tells writes in the provider's metadata",
      "ai",
      {
        "ai.model.id": "claude-opus-4-8",
        "ai.model.provider": "anthropic.messages",
        "ai.usage.inputTokens": 110,
        "ai.usage.outputTokens": 30,
        "ai.usage.totalTokens": 140,
        "ai.usage.cachedInputTokens": 20,
        "ai.response.providerMetadata": '{"anthropic":{"cacheCreationInputTokens":13,"stopSequence":null}}',
      },
      cached,
    ],
    [
      "the Vercel AI SDK 5 holds them in OpenAI's",
      "ai",
      {
        "ai.model.id": "gpt-4o",
        "ai.model.provider": "openai.chat",
        "ai.usage.inputTokens": 130,
        "ai.usage.outputTokens": 35,
        "ai.usage.cachedInputTokens": 20,
        "ai.usage.reasoningTokens": 5,
      },
      { input: 110, cacheRead: 20, output: 30, reasoning: 5 },
    ],
    [
      "the Vercel AI SDK 4 tells none",
      "ai",
      {
        "ai.model.id": "gpt-4o",
        "ai.model.provider": "openai.chat",
        "ai.usage.promptTokens": 110,
        "ai.usage.completionTokens": 30,
      },
      { input: 110, output: 30 },
    ],
  ])("%s", (_fact, scope, attributes, expected) => {
    expect(tokensTold(readOne(attributes, scope))).toEqual(expected);
  });
});

describe("audio tokens", () => {
  it("are parts of both sides, and cached ones are counted once", () => {
    const told = {
      ...openai,
      "gen_ai.usage.input_tokens": 100,
      "gen_ai.usage.output_tokens": 30,
      "gen_ai.usage.cache_read.input_tokens": 20,
      "gen_ai.usage.audio.input_tokens": 50,
      "gen_ai.usage.audio.cache_read.input_tokens": 10,
      "gen_ai.usage.audio.output_tokens": 12,
    };
    expect(tokensTold(readOne(told))).toEqual({
      input: 40,
      cacheRead: 20,
      audioInput: 40,
      output: 18,
      audioOutput: 12,
    });
  });
});

describe("a span that Netra's SDK made by hand", () => {
  const usage = (...items: readonly object[]): Attributes => ({ "netra.usage": JSON.stringify(items) });
  const generation = { "netra.span.type": "GENERATION" };

  it("is a request when its type says so, with the digits of its cost", () => {
    const item = { model: "gpt-4o-mini", usage_type: "chat", units_used: 150 };
    const text = JSON.stringify([item]).replace("150}", '150,"cost_in_usd":0.000000123456}');
    expect(readOne({ ...generation, "netra.usage": text }, "netra").report).toMatchObject({
      requested: { provider: "openai", model: "gpt-4o-mini" },
      toldCostPico: 123_456n,
      usage: null,
    });
  });

  it("is no request when it is of any other type, whatever it says it used", () => {
    const used = usage({ model: "gpt-4o-mini", usage_type: "chat", units_used: 150, cost_in_usd: 0.1 });
    for (const type of ["SPAN", "TOOL", "AGENT", "HANDOFF", "GUARDRAIL"]) {
      const span = readOne({ "netra.span.type": type, ...used, ...openai, ...oldNames }, "netra");
      expect(span.report).toBeNull();
      expect(span.attributes["netra.span.type"]).toBe(type);
    }
  });

  it("tells both sides when its items name them, and the sum of their costs", () => {
    const used = usage(
      { model: "gpt-4o-mini", usageType: "input_tokens", unitsUsed: 100, costInUsd: 0.1 },
      { model: "gpt-4o-mini", usageType: "output_tokens", unitsUsed: 25, costInUsd: "0.2" },
    );
    const span = readOne({ ...generation, ...used }, "netra");
    expect(tokensTold(span)).toEqual({ input: 100, output: 25 });
    expect(span.report?.toldCostPico).toBe(300_000_000_000n);
  });

  it("of an embedding has nothing but input", () => {
    const used = usage({ model: "text-embedding-3-small", usage_type: "embedding", units_used: 8 });
    expect(tokensTold(readOne({ "netra.span.type": "EMBEDDING", ...used }, "netra"))).toEqual({ input: 8 });
  });

  it("keeps the counts of the general names before its own units", () => {
    const used = usage({ model: "gpt-4o-mini", usage_type: "prompt_tokens", units_used: 1 });
    expect(tokensTold(readOne({ ...generation, ...openai, ...oldNames, ...used }, "netra"))).toEqual({
      input: 110,
      output: 30,
    });
  });

  it.each(["not json", "{}", "[]", "[1,null]", '[{"cost_in_usd":"much"}]', `[${"1,".repeat(20_000)}1]`])(
    "is left as it is by a usage like %.20s",
    (text) => {
      const { report } = readOne({ ...generation, "netra.usage": text }, "netra");
      expect(report).toBeNull();
    },
  );
});

describe("a span of our own", () => {
  it("of an attempt tells its id, its call, and the provider by the name it goes by here", () => {
    const told = { ...currentNames, ...currentCache, "tenantry.attempt_id": "attempt-1", "tenantry.call_id": "call-1" };
    const provider = { "gen_ai.provider.name": "openai", "tenantry.provider": "our-gpus" };
    const span = readOne({ ...told, ...provider, "gen_ai.request.model": "llama-3", "error.type": "429" });
    expect(span.report).toMatchObject({
      attemptId: "attempt-1",
      requested: { provider: "our-gpus", model: "llama-3" },
      outcome: "failed",
      status: 429,
    });
    expect(span.attributes["tenantry.call_id"]).toBe("call-1");
    expect(tokensTold(span)).toEqual(cached);
  });

  it("of a call has no report: its attempts have", () => {
    const told = { "tenantry.call_id": "call-1", "tenantry.model": "openai/gpt-4o", "tenantry.cost_usd": "0.1" };
    expect(readOne({ ...told, "tenantry.outcome": "ok" }).report).toBeNull();
  });
});

describe("what tells of a request", () => {
  it("is a model with usage, a cost, an answer's id, or an operation that is one", () => {
    const model = { "gen_ai.request.model": "gpt-4o" };
    expect(readOne({ ...model, ...oldNames }).report).not.toBeNull();
    expect(readOne({ ...model, "gen_ai.usage.cost": 0.1 }).report?.toldCostPico).toBe(100_000_000_000n);
    expect(readOne({ ...model, "gen_ai.response.id": "resp_1" }).report?.responseId).toBe("resp_1");
    expect(readOne({ ...model, "gen_ai.operation.name": "chat" }).report).not.toBeNull();
    expect(readOne({ ...model, "tenantry.attempt_id": "attempt-1" }).report?.attemptId).toBe("attempt-1");
    expect(readOne({ ...model, "gen_ai.operation.name": "invoke_agent" }).report).toBeNull();
    expect(readOne(model).report).toBeNull();
    expect(readOne({ ...oldNames, "gen_ai.operation.name": "chat" }).report).toBeNull();
    expect(readOne({ "http.response.status_code": 200 }).report).toBeNull();
  });

  it.each<[string, Attributes, object, string]>([
    ["went well", {}, { code: 1 }, "ok"],
    ["says nothing of it", {}, {}, "ok"],
    ["failed", {}, { code: 2, message: "secret" }, "failed"],
    ["failed in its own words", { "error.type": "rate_limit_error" }, {}, "failed"],
    ["was given up", { "error.type": "APIUserAbortError" }, { code: 2 }, "aborted"],
    ["was given up, as we say", { "tenantry.outcome": "aborted" }, { code: 2 }, "aborted"],
    ["was cut, as we say", { "tenantry.outcome": "cut" }, { code: 2 }, "aborted"],
    ["timed out, as we say", { "tenantry.outcome": "timeout" }, {}, "failed"],
  ])("that %s", (_what, attributes, status, outcome) => {
    const told = { ...openai, "gen_ai.operation.name": "chat", ...attributes };
    expect(readOne(told, "lib", { status }).report?.outcome).toBe(outcome);
  });

  it("has the answer's status, be it the only word about an error", () => {
    const chat = { ...openai, "gen_ai.operation.name": "chat" };
    expect(readOne({ ...chat, "http.response.status_code": 429 }).report?.status).toBe(429);
    expect(readOne({ ...chat, "error.type": "429" }).report?.status).toBe(429);
    expect(readOne({ ...chat, "error.type": "1" }).report?.status).toBeNull();
  });

  it.each(["flex", "priority", "batch"])("has the tier %s it was served in", (tier) => {
    const told = { ...openai, ...oldNames, "openai.response.service_tier": tier };
    expect(readOne(told).report?.usage?.serviceTier).toBe(tier);
  });

  it("began when the first piece of the answer came, unless that piece was dropped", () => {
    const chat = { ...openai, "gen_ai.operation.name": "chat" };
    const events = [
      { name: "exception", timeUnixNano: "1795000000100000000" },
      { name: "llm.content.completion.chunk", timeUnixNano: "1795000000250000000" },
      { name: "llm.content.completion.chunk", timeUnixNano: "1795000000300000000" },
    ];
    expect(readOne(chat, "lib", { events }).report?.ttftMs).toBe(250);
    expect(readOne(chat, "lib", { events, droppedEventsCount: 3 }).report?.ttftMs).toBeNull();
    expect(readOne({ ...chat, "gen_ai.response.time_to_first_chunk": 0.125 }).report?.ttftMs).toBe(125);
    expect(readOne({ ...chat, "gen_ai.response.time_to_first_chunk": -1 }).report?.ttftMs).toBeNull();
  });

  it("has no id that the Vercel AI SDK made up for an answer without one", () => {
    const told = {
      "ai.model.id": "llama-3",
      "ai.model.provider": "ollama.chat",
      "ai.operationId": "ai.generateText.doGenerate",
    };
    expect(readOne({ ...told, "ai.response.id": "aitxt-Vh2Nn3mVxkIs" }).report).toMatchObject({ responseId: null });
    expect(readOne({ ...told, "ai.response.id": "chatcmpl-7" }).report).toMatchObject({ responseId: "chatcmpl-7" });
  });

  it("of OpenInference has the id that a raw answer begins with, and no other object's", () => {
    const told = { "openinference.span.kind": "LLM", "llm.model_name": "gpt-4o", "llm.system": "openai" };
    const idOf = (output: string): string | null | undefined =>
      readOne({ ...told, "output.value": output }).report?.responseId;
    expect(idOf('{"id":"chatcmpl-a1","object":"chat.completion"}')).toBe("chatcmpl-a1");
    expect(idOf('{"id":"customer-17","name":"Jane"}')).toBeNull();
    expect(idOf('Sure! {"id":"chatcmpl-a1"}')).toBeNull();
  });
});
