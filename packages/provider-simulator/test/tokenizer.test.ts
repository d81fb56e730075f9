import fc from "fast-check";
import { countTokens as countReal } from "gpt-tokenizer/encoding/o200k_base";
import { describe, expect, test } from "vitest";
import { countTokens, joinPieces, splitLongRuns, sumTokens, takeTokens, toPieces } from "../src/prompt/tokenizer.ts";

describe("token counts", () => {
  test("ordinary text counts exactly as the real tokenizer does", () => {
    fc.assert(
      fc.property(fc.lorem({ maxCount: 60 }), (text) => {
        expect(countTokens(text, "o200k_base")).toBe(countReal(text));
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    ["one letter", "a"],
    ["spaces", " "],
    ["punctuation", "!"],
    ["ideographs", "漢"],
  ])("a megabyte of %s takes less than 100 ms", (_, letter) => {
    countTokens("warm up", "o200k_base");
    const text = letter.repeat(1_000_000 / Buffer.byteLength(letter));
    const times = [1, 2, 3].map(() => {
      const begun = performance.now();
      countTokens(text, "o200k_base");
      return performance.now() - begun;
    });
    expect(Math.min(...times)).toBeLessThan(100);
  });

  test("splitting loses nothing and pieces join to the text with the counted tokens", () => {
    const text = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 80 }),
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.constant("😀".repeat(300)),
    );
    fc.assert(
      fc.property(text, (value) => {
        const whole = value.toWellFormed();
        expect(splitLongRuns(whole).join("")).toBe(whole);
        const pieces = toPieces(value, "o200k_base");
        expect(joinPieces(pieces)).toBe(whole);
        expect(sumTokens(pieces)).toBe(countTokens(value, "o200k_base"));
        const limit = Math.floor(sumTokens(pieces) / 2);
        const taken = takeTokens(pieces, limit);
        expect(sumTokens(taken)).toBe(limit);
        expect(whole.startsWith(joinPieces(taken))).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test("control tokens in a prompt are plain text", () => {
    expect(countTokens("<|endoftext|>", "cl100k_base")).toBeGreaterThan(1);
  });
});
