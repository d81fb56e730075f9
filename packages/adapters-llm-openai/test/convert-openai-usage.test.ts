import { inputTokens, outputTokens, tokensOf, tokensProblem, totalTokens, type Tokens } from "@tenantry/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { convertOpenAIUsage } from "../src/index.ts";

// Shapes: https://developers.openai.com/api/reference/resources/chat (usage object) and
// https://developers.openai.com/api/docs/guides/prompt-caching (cached and cache-written tokens).
const readable: readonly (readonly [name: string, wire: unknown, tokens: Partial<Tokens>])[] = [
  ["plain, without details", { prompt_tokens: 19, completion_tokens: 10, total_tokens: 29 }, { input: 19, output: 10 }],
  ["without a total", { prompt_tokens: 19, completion_tokens: 10 }, { input: 19, output: 10 }],
  [
    "null details",
    {
      prompt_tokens: 1,
      completion_tokens: 2,
      total_tokens: 3,
      prompt_tokens_details: null,
      completion_tokens_details: null,
    },
    { input: 1, output: 2 },
  ],
  [
    "cached prompt",
    { prompt_tokens: 2006, completion_tokens: 300, total_tokens: 2306, prompt_tokens_details: { cached_tokens: 1920 } },
    { input: 86, cacheRead: 1920, output: 300 },
  ],
  [
    "prompt read from and written to the cache",
    {
      prompt_tokens: 2600,
      completion_tokens: 50,
      total_tokens: 2650,
      prompt_tokens_details: { cached_tokens: 2000, cache_write_tokens: 400 },
    },
    { input: 200, cacheRead: 2000, cacheWrite5m: 400, output: 50 },
  ],
  [
    "cache writes of two retentions",
    {
      prompt_tokens: 500,
      completion_tokens: 5,
      total_tokens: 505,
      prompt_tokens_details: {
        cache_write_tokens: 400,
        cache_write_tokens_details: { ttl_30m_tokens: 300, ttl_12h_tokens: 100 },
      },
    },
    { input: 100, cacheWrite5m: 300, cacheWrite1h: 100, output: 5 },
  ],
  [
    "reasoning inside the completion",
    {
      prompt_tokens: 75,
      completion_tokens: 1186,
      total_tokens: 1261,
      completion_tokens_details: { reasoning_tokens: 1024 },
    },
    { input: 75, output: 162, reasoning: 1024 },
  ],
  [
    "reasoning beside the completion, as the server's own total says",
    {
      prompt_tokens: 75,
      completion_tokens: 162,
      total_tokens: 1261,
      completion_tokens_details: { reasoning_tokens: 1024 },
    },
    { input: 75, output: 162, reasoning: 1024 },
  ],
  [
    "audio in and out",
    {
      prompt_tokens: 120,
      completion_tokens: 90,
      total_tokens: 210,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 100, text_tokens: 20, image_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 70, text_tokens: 20 },
    },
    { input: 20, audioInput: 100, output: 20, audioOutput: 70 },
  ],
  [
    "rejected predictions, which are billed as output",
    {
      prompt_tokens: 10,
      completion_tokens: 30,
      total_tokens: 40,
      completion_tokens_details: { accepted_prediction_tokens: 5, rejected_prediction_tokens: 12 },
    },
    { input: 10, output: 30 },
  ],
  ["everything zero", { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }, {}],
];

const unreadable: readonly (readonly [name: string, wire: unknown])[] = [
  ["nothing", undefined],
  ["null", null],
  ["a list", []],
  ["an empty object", {}],
  ["no completion count", { prompt_tokens: 1, total_tokens: 1 }],
  ["counts as text", { prompt_tokens: "19", completion_tokens: 10, total_tokens: 29 }],
  ["a negative count", { prompt_tokens: 19, completion_tokens: -10, total_tokens: 9 }],
  ["a fraction", { prompt_tokens: 1.5, completion_tokens: 1, total_tokens: 2.5 }],
  ["a count beyond exact numbers", { prompt_tokens: 2 ** 53, completion_tokens: 1 }],
  ["a total that does not add up", { prompt_tokens: 19, completion_tokens: 10, total_tokens: 50 }],
  ["a total as text", { prompt_tokens: 19, completion_tokens: 10, total_tokens: "29" }],
  [
    "more cached than read",
    { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11, prompt_tokens_details: { cached_tokens: 11 } },
  ],
  [
    "cached, written and audio tokens that overlap",
    {
      prompt_tokens: 10,
      completion_tokens: 1,
      total_tokens: 11,
      prompt_tokens_details: { cached_tokens: 5, cache_write_tokens: 4, audio_tokens: 2 },
    },
  ],
  [
    "more reasoning than written",
    { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11, completion_tokens_details: { reasoning_tokens: 2 } },
  ],
  [
    "more long-kept writes than writes",
    {
      prompt_tokens: 10,
      completion_tokens: 1,
      total_tokens: 11,
      prompt_tokens_details: { cache_write_tokens: 1, cache_write_tokens_details: { ttl_12h_tokens: 2 } },
    },
  ],
];

describe("usage", () => {
  it.each(readable)("is split into disjoint classes: %s", (_name, wire, tokens) => {
    expect(convertOpenAIUsage(wire, "default")).toEqual({
      tokens: tokensOf(tokens),
      fees: {},
      serviceTier: "standard",
    });
  });

  it.each(unreadable)("is unknown, and nothing is invented: %s", (_name, wire) => {
    expect(convertOpenAIUsage(wire, "default")).toBeNull();
  });

  it.each([
    ["default", "standard"],
    ["auto", "standard"],
    ["flex", "flex"],
    ["priority", "priority"],
    ["fast", "priority"],
    ["batch", "batch"],
    ["on_demand", "standard"],
    [null, "standard"],
    [undefined, "standard"],
  ])("of service tier %s is priced as %s", (told, tier) => {
    const usage = convertOpenAIUsage({ prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }, told);
    expect(usage).toMatchObject({ serviceTier: tier, fees: {} });
  });

  it.each([
    ["scale", "serviceTier.scale"],
    [7, "serviceTier.unknown"],
  ])("of service tier %s has no price at the ordinary rates", (told, fee) => {
    const usage = convertOpenAIUsage({ prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }, told);
    expect(usage?.fees).toEqual({ [fee]: 1 });
  });

  it("adds up to the provider's own total whenever it is readable", () => {
    const count = fc.oneof(fc.nat({ max: 40 }), fc.constantFrom(undefined, null, -1, 0.5, "3", 2 ** 53));
    const wire = fc.record({
      prompt_tokens: count,
      completion_tokens: count,
      total_tokens: fc.option(count, { nil: undefined }),
      prompt_tokens_details: fc.record({ cached_tokens: count, cache_write_tokens: count, audio_tokens: count }),
      completion_tokens_details: fc.record({ reasoning_tokens: count, audio_tokens: count }),
    });
    fc.assert(
      fc.property(wire, (told) => {
        const usage = convertOpenAIUsage(told, "default");
        if (usage === null) return;
        expect(tokensProblem(usage.tokens)).toBeNull();
        expect(inputTokens(usage.tokens)).toBe(told.prompt_tokens);
        if (typeof told.total_tokens === "number") expect(totalTokens(usage.tokens)).toBe(told.total_tokens);
        else expect(outputTokens(usage.tokens)).toBe(told.completion_tokens);
      }),
      { numRuns: 2000 },
    );
  });
});
