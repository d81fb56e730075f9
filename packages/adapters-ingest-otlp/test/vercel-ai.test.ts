import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { LegacyOpenTelemetry, OpenTelemetry } from "@ai-sdk/otel";
import { embed, generateText, streamText } from "ai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  chatTokens,
  embeddingTokens,
  type FakeProviders,
  messageTokens,
  secret,
  startFakeProviders,
} from "./support/fake-providers.ts";
import { startRecorder, tokensTold } from "./support/recorder.ts";

const recorder = startRecorder();
let providers: FakeProviders;
beforeAll(async () => {
  providers = await startFakeProviders();
});
afterAll(() => providers.close());

const context = { tenantId: "apex-legal", userId: "user-1", sessionId: "session-1" };
const openai = (): ReturnType<typeof createOpenAI> => createOpenAI({ apiKey: "key", baseURL: providers.openaiBaseUrl });
const anthropic = (): ReturnType<typeof createAnthropic> =>
  createAnthropic({ apiKey: "key", baseURL: `${providers.anthropicBaseUrl}/v1` });

/** The classes that Anthropic's cache writes end in where nobody tells their lifetime. */
const unlived = { input: 110, cacheRead: 20, cacheWrite5m: 13, output: 30 };

describe.each([
  ["current names", () => new OpenTelemetry({ usage: true, runtimeContext: true }), "gen_ai", "chat gpt-4o-mini"],
  ["legacy names", () => new LegacyOpenTelemetry(), "ai", "ai.generateText.doGenerate"],
])("the Vercel AI SDK with its %s", (_names, integration, scope, requestName) => {
  const common = {
    maxRetries: 0,
    prompt: secret,
    runtimeContext: context,
    telemetry: {
      isEnabled: true,
      functionId: "meeting-summary",
      includeRuntimeContext: { tenantId: true, userId: true, sessionId: true },
      integrations: integration(),
    },
  };

  it("tells a request and, with the same counts, what is around it", async () => {
    const spans = await recorder.spansOf(() => generateText({ model: openai().chat("gpt-4o-mini"), ...common }));
    const request = spans.find(({ name }) => name === requestName);
    expect(request).toMatchObject({
      instrumentation: scope,
      report: {
        responseId: expect.stringMatching(/^chatcmpl-\d+$/),
        requested: { provider: "openai", model: "gpt-4o-mini" },
        reportedModel: "gpt-4o-mini-2024-07-18",
      },
    });
    expect(tokensTold(request)).toEqual(chatTokens);
    const root = spans.find(({ parentSpanId }) => parentSpanId === null);
    expect(root?.claims).toMatchObject(context);
    expect(tokensTold(root)).toEqual(chatTokens);
    expect(spans.filter(({ report }) => report !== null)).toHaveLength(2);
  });

  it("tells Anthropic's cached tokens apart from the input they are counted in", async () => {
    const spans = await recorder.spansOf(() => generateText({ model: anthropic()("claude-opus-4-8"), ...common }));
    const told = spans.filter(({ report }) => report !== null);
    expect(told).toHaveLength(2);
    for (const span of told) {
      expect(span.report?.requested).toEqual({ provider: "anthropic", model: "claude-opus-4-8" });
      expect(tokensTold(span)).toEqual(unlived);
    }
    expect(Object.values(unlived).reduce(sum)).toBe(Object.values(messageTokens).reduce(sum));
  });

  it("tells when a stream began", async () => {
    const spans = await recorder.spansOf(async () => {
      const { textStream } = streamText({ model: openai().chat("gpt-4o-mini"), ...common });
      for await (const _text of textStream);
    });
    const inner = spans.find(({ report }) => report?.responseId?.startsWith("chatcmpl-") === true);
    expect(inner?.report?.ttftMs).toBeGreaterThan(0);
    expect(tokensTold(inner)).toEqual(chatTokens);
  });

  it("tells an embedding", async () => {
    const { prompt: _prompt, ...options } = common;
    const spans = await recorder.spansOf(() =>
      embed({ model: openai().embedding("text-embedding-3-small"), value: secret, ...options }),
    );
    const inner = spans.find(({ parentSpanId }) => parentSpanId !== null);
    expect(inner?.report?.requested).toEqual({ provider: "openai", model: "text-embedding-3-small" });
    expect(tokensTold(inner)).toEqual(embeddingTokens);
  });

  it("tells a refused request as failed", async () => {
    const spans = await recorder.spansOf(async () => {
      const refused = generateText({ model: openai().chat("no-such-model"), ...common });
      await expect(refused).rejects.toThrow("unknown model");
    });
    const inner = spans.find(({ parentSpanId, report }) => parentSpanId !== null && report !== null);
    expect(inner?.report).toMatchObject({ outcome: "failed", usage: null });
  });
});

function sum(a: number, b: number): number {
  return a + b;
}
