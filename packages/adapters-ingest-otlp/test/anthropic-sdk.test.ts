import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FakeProviders, messageTokens, secret, startFakeProviders } from "./support/fake-providers.ts";
import { startRecorder, tokensTold } from "./support/recorder.ts";

const messages = [{ role: "user" as const, content: secret }];
const request = { model: "claude-opus-4-8", max_tokens: 200, messages };

describe("spans that Anthropic's SDK makes by itself", () => {
  const recorder = startRecorder();
  let providers: FakeProviders;
  let anthropic: Anthropic;
  beforeAll(async () => {
    providers = await startFakeProviders();
    anthropic = new Anthropic({ apiKey: "key", baseURL: providers.anthropicBaseUrl, maxRetries: 0 });
  });
  afterAll(() => providers.close());

  it("tell a message's tokens apart, though its input count holds cached ones", async () => {
    const spans = await recorder.spansOf(() => anthropic.messages.create(request));
    expect(spans).toHaveLength(1);
    expect(spans[0]).toMatchObject({
      name: "anthropic.messages.create",
      instrumentation: "com.anthropic.sdk.typescript",
      report: {
        responseId: expect.stringMatching(/^msg_\d+$/),
        requested: { provider: "anthropic", model: "claude-opus-4-8" },
        reportedModel: "claude-sonnet-4-5-20250929",
        outcome: "ok",
        status: 200,
      },
    });
    expect(tokensTold(spans[0])).toEqual(messageTokens);
  });

  it("tell a stream's tokens and when it began", async () => {
    const spans = await recorder.spansOf(async () => {
      for await (const _event of await anthropic.messages.create({ ...request, stream: true }));
    });
    expect(tokensTold(spans[0])).toEqual(messageTokens);
    expect(spans[0]?.report?.ttftMs).toBeGreaterThanOrEqual(0);
  });

  it("tell a stream that was left early as one whose usage is unknown", async () => {
    const spans = await recorder.spansOf(async () => {
      for await (const _event of await anthropic.messages.create({ ...request, stream: true })) break;
    });
    expect(spans[0]?.report).toMatchObject({ responseId: expect.stringMatching(/^msg_/), usage: null });
  });

  it("tell a refused request as failed, with its status", async () => {
    const spans = await recorder.spansOf(async () => {
      await expect(anthropic.messages.create({ ...request, model: "no-such-model" })).rejects.toThrow("404");
    });
    expect(spans[0]?.report).toMatchObject({ outcome: "failed", status: 404, usage: null });
  });
});
