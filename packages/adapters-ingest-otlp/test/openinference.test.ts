import { OpenAIInstrumentation } from "@arizeai/openinference-instrumentation-openai";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chatTokens, type FakeProviders, secret, startFakeProviders } from "./support/fake-providers.ts";
import { startRecorder, tokensTold } from "./support/recorder.ts";

const messages = [{ role: "user" as const, content: secret }];
const model = "gpt-4o-mini";

describe("OpenInference's instrumentation of OpenAI", () => {
  const recorder = startRecorder();
  let providers: FakeProviders;
  let openai: OpenAI;
  beforeAll(async () => {
    providers = await startFakeProviders();
    new OpenAIInstrumentation().manuallyInstrument(OpenAI);
    openai = new OpenAI({ apiKey: "key", baseURL: providers.openaiBaseUrl, maxRetries: 0 });
  });
  afterAll(() => providers.close());

  it("tells a chat with cached and reasoning tokens, and the answer's id off the raw answer", async () => {
    const spans = await recorder.spansOf(() => openai.chat.completions.create({ model, messages }));
    expect(spans).toHaveLength(1);
    expect(spans[0]).toMatchObject({
      name: "OpenAI Chat Completions",
      kind: "internal",
      status: "ok",
      attributes: { "openinference.span.kind": "LLM" },
      report: {
        responseId: expect.stringMatching(/^chatcmpl-\d+$/),
        requested: { provider: "openai", model: "gpt-4o-mini-2024-07-18" },
        reportedModel: "gpt-4o-mini-2024-07-18",
      },
    });
    expect(tokensTold(spans[0])).toEqual(chatTokens);
  });

  it("tells a response of the other endpoint in the same way", async () => {
    const spans = await recorder.spansOf(() => openai.responses.create({ model, input: secret }));
    expect(spans[0]?.report?.responseId).toMatch(/^resp_\d+$/);
    expect(tokensTold(spans[0])).toEqual(chatTokens);
  });

  it("tells a stream as one whose usage is unknown: the instrumentation keeps it to itself", async () => {
    const spans = await recorder.spansOf(async () => {
      const stream_options = { include_usage: true };
      const stream = await openai.chat.completions.create({ model, messages, stream: true, stream_options });
      for await (const _chunk of stream);
    });
    expect(spans[0]?.report).toMatchObject({ requested: { provider: "openai", model }, usage: null, outcome: "ok" });
  });

  it("tells an embedding as a request, whose usage the instrumentation keeps to itself", async () => {
    const spans = await recorder.spansOf(() =>
      openai.embeddings.create({ model: "text-embedding-3-small", input: secret }),
    );
    expect(spans[0]?.report).toMatchObject({
      requested: { provider: "openai", model: "text-embedding-3-small" },
      usage: null,
    });
  });
});
