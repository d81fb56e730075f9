import fc from "fast-check";
import { encode as encodeCl100k } from "gpt-tokenizer/encoding/cl100k_base";
import { encode as encodeO200k } from "gpt-tokenizer/encoding/o200k_base";
import { describe, expect, it } from "vitest";
import { createGptTokenCounter, encodingOf } from "../src/index.ts";

const counter = createGptTokenCounter({ preload: ["o200k_base", "cl100k_base"] });
const asText = { disallowedSpecial: new Set<string>() };
const encoders = {
  "gpt-4o": (text: string): number => encodeO200k(text, asText).length,
  "gpt-4": (text: string): number => encodeCl100k(text, asText).length,
};

const models = ["gpt-4o", "gpt-4"] as const;

/** What `counter` and the plain tokenizer count. */
async function bothCounts(text: string): Promise<{ ours: unknown; plain: unknown }> {
  const ours = await Promise.all(models.map((model) => counter.count(model, text)));
  return { ours, plain: models.map((model) => ({ tokens: encoders[model](text), exact: true })) };
}

describe("the count", () => {
  it.each([
    ["gpt-4o", "Hello, world!", 4],
    ["gpt-4", "Hello, world!", 4],
    ["gpt-4o", "antidisestablishmentarianism", 6],
    ["gpt-4", "The year 2026 has 365 days.", 10],
    ["gpt-4o", "<|endoftext|>", 7],
  ])("in %s of %j is %i", async (model, text, tokens) => {
    expect(await counter.count(model, text)).toEqual({ tokens, exact: true });
  });

  it("equals the plain tokenizer's on any text", async () => {
    // The plain tokenizer cuts at U+FEFF and U+0085 by JavaScript's idea of whitespace; see the tests of those.
    const text = fc.string({ unit: "binary", maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(text, async (some) => {
        const { ours, plain } = await bothCounts(some.replaceAll(/[\ufeff\u0085]/g, ""));
        expect(ours).toEqual(plain);
      }),
      { numRuns: 300 },
    );
  });

  it("equals the plain tokenizer's in long unbroken runs, where windows are joined", async () => {
    const alphabets = [
      ["a"],
      ["a", "b"],
      ["A", "a"],
      ["e", "t", "a", "o", "i", "n", "s", "h", "r"],
      [" ", "\n"],
      ["=", "-"],
      ["!", "?", "/"],
      ["🔥", "👨", "\u200d"],
      ["漢", "字"],
      ["e", "\u0301"],
      ["ا", "ل", "م"],
      ["क", "ा"],
      ["the", "ing", "tion"],
      ["\u00a0", "\u3000"],
      ["'", "s", "ll"],
    ];
    const run = fc
      .constantFrom(...alphabets)
      .chain((alphabet) => fc.array(fc.constantFrom(...alphabet), { minLength: 250, maxLength: 1500 }))
      .map((units) => units.join(""));
    await fc.assert(
      fc.asyncProperty(run, async (text) => {
        const { ours, plain } = await bothCounts(text);
        expect(ours).toEqual(plain);
      }),
      { numRuns: 120 },
    );
  });

  it("equals the plain tokenizer's when runs stand between words", async () => {
    const part = fc.oneof(
      fc.constantFrom("const x = await call();\n\n", "\tif (a !== b) {\r\n", "# Title\n", "it's DON'T 3.14159 "),
      fc
        .tuple(fc.constantFrom("a", "Z", " ", "\n", "#", "é", "🔥"), fc.integer({ min: 200, max: 700 }))
        .map(([unit, n]) => unit.repeat(n)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 8 }), async (parts) => {
        const { ours, plain } = await bothCounts(parts.join(""));
        expect(ours).toEqual(plain);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    // As OpenAI's own tiktoken (npm 1.0.22) counts them; the plain tokenizer makes more of a byte order mark.
    ["gpt-4o", "\ufeffusing x;", 3],
    ["gpt-4", "\ufeff#include", 2],
    ["gpt-4o", "\ufeff\ufeff\ufeff", 2],
    ["gpt-4", "\ufeff\ufeff\ufeff", 3],
    ["gpt-4o", "a \u0085\u0085 b", 6],
  ])("in %s of %j, which JavaScript would cut elsewhere, is OpenAI's %i", async (model, text, tokens) => {
    expect(await counter.count(model, text)).toEqual({ tokens, exact: true });
  });

  it("of a lone surrogate is that of the replacement character that is sent", async () => {
    const replaced = await counter.count("gpt-4o", "x \ufffd y");
    expect(await counter.count("gpt-4o", "x \ud83d y")).toEqual(replaced);
  });

  it("of a megabyte of one letter is exact", async () => {
    expect(await counter.count("gpt-4o", "a".repeat(2 ** 20))).toEqual({ tokens: 2 ** 17, exact: true });
  });

  it("of a megabyte of random letters takes linear time", async () => {
    let state = 7;
    const letter = (): string => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return String.fromCharCode(97 + ((state >> 16) % 26));
    };
    const text = Array.from({ length: 2 ** 20 }, letter).join("");
    const timeMs = async (some: string): Promise<number> => {
      const start = performance.now();
      await counter.count("gpt-4o", some);
      return performance.now() - start;
    };
    await timeMs(text.slice(0, 2 ** 15));
    const eighthMs = await timeMs(text.slice(0, 2 ** 17));
    // Quadratic would be 64 times as long.
    expect(await timeMs(text)).toBeLessThan(Math.max(eighthMs, 40) * 30);
  });
});

describe("a model", () => {
  it.each([
    ["gpt-4o", "o200k_base"],
    ["gpt-4o-mini-2024-07-18", "o200k_base"],
    ["ft:gpt-4o-mini-2024-07-18:acme::x", "o200k_base"],
    ["gpt-4.1-nano", "o200k_base"],
    ["gpt-5.1", "o200k_base"],
    ["o1", "o200k_base"],
    ["o3-2025-04-16", "o200k_base"],
    ["gpt-oss-120b", "o200k_base"],
    ["gpt-4", "cl100k_base"],
    ["gpt-4-0613", "cl100k_base"],
    ["ft:gpt-4-0613:acme", "cl100k_base"],
    ["gpt-3.5-turbo-0125", "cl100k_base"],
    ["text-embedding-3-small", "cl100k_base"],
    ["claude-sonnet-4-5", null],
    ["gpt-4omega", null],
    ["o1x", null],
    ["", null],
  ])("%j is counted with %s", (model, encoding) => {
    expect(encodingOf(model)).toBe(encoding);
  });

  it("nobody has named an encoding for is estimated with o200k_base", async () => {
    const text = "Wer nicht fragt, bleibt dumm.";
    expect(await counter.count("claude-sonnet-4-5", text)).toEqual({
      tokens: encoders["gpt-4o"](text),
      exact: false,
    });
  });
});
