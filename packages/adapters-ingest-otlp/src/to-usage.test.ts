import { totalTokens } from "@tenantry/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ToldCounts } from "./told-call.ts";
import { toUsage } from "./to-usage.ts";

const none: ToldCounts = {
  prompt: null,
  completion: null,
  total: null,
  cacheRead: null,
  cacheWrite: null,
  cacheWrite1h: null,
  reasoning: null,
  audioInput: null,
  audioOutput: null,
  promptIncludesCache: true,
};

function tokensOf(told: Partial<ToldCounts>, isEmbedding = false): object | null {
  const tokens = toUsage({ ...none, ...told }, isEmbedding, "standard")?.tokens;
  return tokens === undefined ? null : Object.fromEntries(Object.entries(tokens).filter(([, count]) => count !== 0));
}

describe("token classes", () => {
  it.each<[string, Partial<ToldCounts>, object | null]>([
    [
      "details are parts",
      { prompt: 120, completion: 30, cacheRead: 20, reasoning: 5 },
      { input: 100, cacheRead: 20, output: 25, reasoning: 5 },
    ],
    [
      "cached tokens are beside",
      { prompt: 110, completion: 30, cacheRead: 20, cacheWrite: 13, promptIncludesCache: false },
      { input: 110, cacheRead: 20, cacheWrite5m: 13, output: 30 },
    ],
    [
      "writes have two lifetimes",
      { prompt: 143, completion: 30, cacheRead: 20, cacheWrite: 13, cacheWrite1h: 3 },
      { input: 110, cacheRead: 20, cacheWrite5m: 10, cacheWrite1h: 3, output: 30 },
    ],
    [
      "more is cached than was read in all, so it is beside",
      { prompt: 19, completion: 21, cacheRead: 3_005 },
      { input: 19, cacheRead: 3_005, output: 21 },
    ],
    [
      "the total has room for the cached ones",
      { prompt: 110, completion: 30, cacheRead: 20, total: 160 },
      { input: 110, cacheRead: 20, output: 30 },
    ],
    [
      "the total has room for the reasoning",
      { prompt: 100, completion: 30, reasoning: 7, total: 137 },
      { input: 100, output: 30, reasoning: 7 },
    ],
    [
      "more was thought than written, so it is beside",
      { prompt: 100, completion: 30, reasoning: 70 },
      { input: 100, output: 30, reasoning: 70 },
    ],
    [
      "audio is a part of either side",
      { prompt: 100, completion: 30, audioInput: 60, audioOutput: 10 },
      { input: 40, audioInput: 60, output: 20, audioOutput: 10 },
    ],
    ["one side follows from the total", { prompt: 100, total: 130 }, { input: 100, output: 30 }],
    ["the other side follows from the total", { completion: 30, total: 130 }, { input: 100, output: 30 }],
    ["a total alone says nothing of the classes", { total: 130 }, null],
    ["input alone is not all a chat used", { prompt: 130 }, null],
    ["output alone is not all a chat used", { completion: 130 }, null],
    ["nothing is told", {}, null],
    ["0 is a count", { prompt: 0, completion: 0 }, {}],
  ])("when %s", (_why, told, expected) => {
    expect(tokensOf(told)).toEqual(expected);
  });

  it("of an embedding need no output", () => {
    expect(tokensOf({ prompt: 8 }, true)).toEqual({ input: 8 });
    expect(tokensOf({ total: 8 }, true)).toEqual({ input: 8 });
    expect(tokensOf({}, true)).toBeNull();
  });

  it("are never below 0, keep every count that was told, and add up to what was told", () => {
    const count = fc.nat({ max: 10_000 });
    const told = fc.record<ToldCounts>({
      prompt: count,
      completion: count,
      total: fc.option(fc.nat({ max: 60_000 })),
      cacheRead: fc.option(count),
      cacheWrite: fc.option(count),
      cacheWrite1h: fc.option(count),
      reasoning: fc.option(count),
      audioInput: fc.option(count),
      audioOutput: fc.option(count),
      promptIncludesCache: fc.boolean(),
    });
    fc.assert(
      fc.property(told, (counts) => {
        const tokens = toUsage(counts, false, "standard")?.tokens;
        if (tokens === undefined) throw new Error("both sides were told");
        for (const each of Object.values(tokens)) expect(each).toBeGreaterThanOrEqual(0);
        const cached = tokens.cacheRead + tokens.cacheWrite5m + tokens.cacheWrite1h;
        const read = tokens.input + cached + tokens.audioInput;
        const written = tokens.output + tokens.reasoning + tokens.audioOutput;
        expect(tokens.cacheRead).toBe(counts.cacheRead ?? 0);
        expect(cached).toBe((counts.cacheRead ?? 0) + Math.max(counts.cacheWrite ?? 0, counts.cacheWrite1h ?? 0));
        expect(tokens.reasoning).toBe(counts.reasoning ?? 0);
        expect(read).toBeGreaterThanOrEqual(counts.prompt ?? 0);
        expect(read).toBeLessThanOrEqual((counts.prompt ?? 0) + cached + tokens.audioInput);
        expect(written).toBeGreaterThanOrEqual(counts.completion ?? 0);
        expect(totalTokens(tokens)).toBe(read + written);
      }),
      { numRuns: 500 },
    );
  });
});
