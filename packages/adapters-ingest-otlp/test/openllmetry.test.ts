import { OpenAIInstrumentation } from "@traceloop/instrumentation-openai";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chatTokens, type FakeProviders, secret, startFakeProviders } from "./support/fake-providers.ts";
import { startRecorder, tokensTold } from "./support/recorder.ts";

const messages = [{ role: "user" as const, content: secret }];

describe("OpenLLMetry's instrumentation of OpenAI", () => {
  const recorder = startRecorder();
  let providers: FakeProviders;
  let openai: OpenAI;
  beforeAll(async () => {
    providers = await startFakeProviders();
    new OpenAIInstrumentation().manuallyInstrument(OpenAI);
    openai = new OpenAI({ apiKey: "key", baseURL: providers.openaiBaseUrl, maxRetries: 0 });
  });
  afterAll(() => providers.close());

  it("tells a chat with its answer's id; of its tokens only both sides, so cached ones count as input", async () => {
    const spans = await recorder.spansOf(() =>
      openai.chat.completions.create({ model: "gpt-4o-mini", messages, temperature: 0.3 }),
    );
    expect(spans).toHaveLength(1);
    expect(spans[0]).toMatchObject({
      name: "chat gpt-4o-mini",
      kind: "client",
      instrumentation: "@traceloop/instrumentation-openai",
      attributes: { "gen_ai.operation.name": "chat", "gen_ai.request.temperature": 0.3 },
      report: {
        responseId: expect.stringMatching(/^chatcmpl-\d+$/),
        requested: { provider: "openai", model: "gpt-4o-mini" },
        reportedModel: "gpt-4o-mini-2024-07-18",
        outcome: "ok",
      },
    });
    const { input, cacheRead, output, reasoning } = chatTokens;
    expect(tokensTold(spans[0])).toEqual({ input: input + cacheRead, output: output + reasoning });
  });

  it("tells a stream without usage as one whose usage is unknown", async () => {
    const spans = await recorder.spansOf(async () => {
      const stream = await openai.chat.completions.create({ model: "gpt-4o-mini", messages, stream: true });
      for await (const _chunk of stream);
    });
    expect(spans[0]?.report).toMatchObject({ usage: null, responseId: expect.stringMatching(/^chatcmpl-/) });
  });
});
