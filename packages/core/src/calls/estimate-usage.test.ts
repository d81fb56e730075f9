import { describe, expect, it } from "vitest";
import type { TokenCounter } from "../ports/token-counter.port.ts";
import { tokensOf, type Usage, usageOf } from "../pricing/usage.ts";
import { createByteTokenCounter } from "../testing/byte-token-counter.ts";
import { estimateUsage } from "./estimate-usage.ts";
import { guessTokens } from "./guess-tokens.ts";
import { chatRequestSize } from "./request-size.ts";
import { emptyReading } from "./work.ts";

const size = { ...chatRequestSize({ messages: [{ role: "user", content: "x" }] }), text: () => "twelve bytes" };

/** A token for every byte; `written` bytes were received. */
function estimate(
  written: string,
  usage: Usage | null,
  counter: TokenCounter = createByteTokenCounter(),
): Promise<Usage> {
  return estimateUsage(counter, "large", size, { ...emptyReading(), written: () => written, usage });
}

describe("an estimate", () => {
  it("of an answer without any report counts what was sent, with its template, and what was received", async () => {
    expect(await estimate("hello", null)).toEqual(usageOf({ input: 12 + 8, output: 5 }));
    expect(await estimate("", null)).toEqual(usageOf({ input: 20 }));
  });

  it("takes the reported input, in all its classes, and does not count it again", async () => {
    const counted: string[] = [];
    const counter: TokenCounter = {
      count: (_model, text) => {
        counted.push(text);
        return Promise.resolve({ tokens: text.length, exact: true });
      },
    };
    const reported = {
      ...usageOf({ input: 90, cacheRead: 10 }),
      fees: { webSearch: 1 },
      serviceTier: "priority",
    } as const;
    expect(await estimate("hello", reported, counter)).toEqual({
      ...reported,
      tokens: tokensOf({ input: 90, cacheRead: 10, output: 5 }),
    });
    expect(counted).toEqual(["hello"]);
  });

  it("takes cached input alone for a report of the input", async () => {
    expect(await estimate("", usageOf({ cacheRead: 10 }))).toEqual(usageOf({ cacheRead: 10 }));
  });

  it.each([
    ["nothing was written yet", "", { output: 4 }, { output: 4 }],
    ["less was written than reported", "abc", { output: 4 }, { output: 4 }],
    ["as much was written", "abcd", { output: 4 }, { output: 4 }],
    ["more was written than reported", "abcdef", { output: 4 }, { output: 6 }],
    ["reasoning was reported apart", "abcdef", { output: 1, reasoning: 4 }, { output: 2, reasoning: 4 }],
    ["reasoning alone is more", "abc", { reasoning: 4 }, { reasoning: 4 }],
  ])("takes the larger of the reported and the counted output: %s", async (_name, written, output, expected) => {
    expect(await estimate(written, usageOf({ input: 9, ...output }))).toEqual(usageOf({ input: 9, ...expected }));
    // Where the report has no input, only that is counted by us.
    expect(await estimate(written, usageOf(output))).toEqual(usageOf({ input: 20, ...expected }));
  });

  it("asks for the model's own count", async () => {
    const models: string[] = [];
    const counter: TokenCounter = {
      count: (model) => {
        models.push(model);
        return Promise.resolve({ tokens: 1, exact: true });
      },
    };
    await estimate("x", null, counter);
    expect(models).toEqual(["large", "large"]);
  });
});

describe("a guess", () => {
  it.each([
    ["", 0],
    ["a", 1],
    ["abcd", 1],
    ["abcde", 2],
    ["€€", 2],
  ])("of %j is a token for four bytes, and never called exact: %d", async (text, tokens) => {
    expect(await guessTokens.count("large", text)).toEqual({ tokens, exact: false });
  });
});
