import { countTokens } from "gpt-tokenizer/encoding/cl100k_base";
import { describe, expect, test } from "vitest";
import { start } from "./running.ts";

describe("embeddings", () => {
  test("vectors are unit length, equal for equal texts, and billed by token", async () => {
    const { openai, simulator } = await start();
    const input = ["a cat", "a dog", "a cat"];
    const answer = await openai.embeddings.create({ model: "text-embedding-3-small", input });
    const [cat, dog, again] = answer.data.map((item) => item.embedding);
    expect(cat).toHaveLength(1536);
    expect(again).toEqual(cat);
    expect(dog).not.toEqual(cat);
    expect(Math.hypot(...(cat ?? []))).toBeCloseTo(1, 5);
    const tokens = input.reduce((sum, text) => sum + countTokens(text), 0);
    expect(answer.usage).toEqual({ prompt_tokens: tokens, total_tokens: tokens });
    // 0.02 USD per million tokens.
    expect(simulator.invoice().totalPico).toBe(BigInt(tokens) * 20_000n);
  });

  test("dimensions, floats and token ids are honoured", async () => {
    const { openai } = await start();
    const answer = await openai.embeddings.create({
      model: "text-embedding-3-large",
      input: [1, 2, 3, 4],
      dimensions: 8,
      encoding_format: "float",
    });
    expect(answer.data[0]?.embedding).toHaveLength(8);
    expect(answer.usage.prompt_tokens).toBe(4);
  });
});

describe("models", () => {
  test("both clients list and show the models of their vendor", async () => {
    const { openai, anthropic } = await start();
    const ours = [];
    for await (const model of openai.models.list()) ours.push(model.id);
    expect(ours).toEqual(expect.arrayContaining(["gpt-4", "gpt-4o-mini-2024-07-18", "o3"]));
    const theirs = [];
    for await (const model of anthropic.models.list()) theirs.push(model.id);
    expect(theirs).toContain("claude-sonnet-4-5-20250929");
    expect((await openai.models.retrieve("gpt-4o")).id).toBe("gpt-4o");
    const shown = await anthropic.models.retrieve("claude-sonnet-4-5");
    expect(shown.id).toBe("claude-sonnet-4-5-20250929");
  });
});
