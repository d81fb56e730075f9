import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { ChatOpenAI } from "@langchain/openai";
import { embedMany, generateText, streamText } from "ai";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { booksOf, type Installation, openInstallation, reconciled } from "./support/installation.ts";

let installation: Installation;
beforeAll(async () => {
  // It warns of names of models it has never heard of.
  vi.stubGlobal("AI_SDK_LOG_WARNINGS", false);
  installation = await openInstallation();
});
afterEach(() => installation.simulator.plan([]));
afterAll(async () => {
  vi.unstubAllGlobals();
  await installation.close();
});

const prompt = "Say hello in one sentence.";
const apiKey = "unused";

describe("the Vercel AI SDK", () => {
  const models = ["chat", "responses", "messages"] as const;
  const modelFor = (kind: (typeof models)[number], tenantId: string): Parameters<typeof generateText>[0]["model"] => {
    const fetch = installation.metered.for({ tenantId });
    if (kind === "messages") return createAnthropic({ apiKey, fetch })("claude-haiku-4-5");
    const openai = createOpenAI({ apiKey, fetch });
    return kind === "responses" ? openai.responses("gpt-4o-mini") : openai.chat("gpt-4o-mini");
  };

  test.each(models)("generates and streams text: %s", async (kind) => {
    const before = (await booksOf(installation, "acme")).calls.length;
    const model = modelFor(kind, "acme");
    const { text, usage } = await generateText({ model, prompt, maxRetries: 0 });
    expect(text).not.toBe("");
    const { lines } = await booksOf(installation, "acme");
    expect(usage.inputTokens).toBe(lines[0]?.usage?.tokens.input);
    const pieces: string[] = [];
    for await (const piece of streamText({ model, prompt, maxRetries: 0 }).textStream) pieces.push(piece);
    expect(pieces.join("")).toBe(text);
    expect((await booksOf(installation, "acme")).calls).toHaveLength(before + 2);
  });

  test("embeds", async () => {
    const model = createOpenAI({ apiKey, fetch: installation.metered.for({ tenantId: "acme" }) }).embedding(
      "text-embedding-3-small",
    );
    expect((await embedMany({ model, values: ["one", "two"] })).embeddings).toHaveLength(2);
  });

  test("sees a denial as the vendor's error, and does not try again", async () => {
    const model = modelFor("chat", "poor-one");
    await expect(generateText({ model, prompt, maxRetries: 2 })).rejects.toMatchObject({
      name: "AI_APICallError",
      statusCode: 402,
      isRetryable: false,
      data: { error: { code: "budget_exceeded" } },
    });
  });
});

test("LangChain answers and streams", async () => {
  const configuration = { fetch: installation.metered.for({ tenantId: "rival" }) };
  const llm = new ChatOpenAI({ model: "gpt-4o-mini", apiKey, maxRetries: 0, configuration });
  expect((await llm.invoke(prompt)).text).not.toBe("");
  let streamed = "";
  for await (const piece of await llm.stream(prompt)) streamed += piece.text;
  expect(streamed).not.toBe("");
  expect((await booksOf(installation, "rival")).calls).toHaveLength(2);
});

test("the books are the provider's invoice", async () => {
  const { balanced, unexplainedPico } = await reconciled(installation);
  expect({ balanced, unexplainedPico }).toEqual({ balanced: true, unexplainedPico: 0n });
});
