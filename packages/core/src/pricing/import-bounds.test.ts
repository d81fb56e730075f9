import { describe, expect, it } from "vitest";
import { parsePerMillionUsd, usd } from "../money/decimal.ts";
import { aPrice } from "../testing/builders.ts";
import { diffPrices } from "./diff-prices.ts";
import { importViolations } from "./import-bounds.ts";
import { createPriceBook } from "./price-book.ts";
import type { Price, Rates } from "./price.ts";

const rates = (amounts: Readonly<Record<string, string>>): Rates =>
  Object.fromEntries(
    Object.entries(amounts).map(([name, text]) => {
      const parsed = parsePerMillionUsd(text);
      if (!parsed.ok) throw new Error(parsed.problem);
      return [name, parsed.picoPerToken];
    }),
  );

function problems(before: readonly Price[], after: readonly Price[], used = before): readonly string[] {
  const [one, other] = [createPriceBook("1", before), createPriceBook("2", after)];
  return importViolations({
    imported: after.map((price, index) => ({ price, path: `prices[${index}]` })),
    before: one,
    after: other,
    changes: diffPrices(one, other),
    used,
    at: 0,
  }).map(({ model, path, problem }) => `${model} at ${path}: ${problem}`);
}

const priced = (amounts: Readonly<Record<string, string>>, more: Partial<Price> = {}): Price =>
  aPrice({ rates: rates(amounts), ...more });

describe("an import out of bounds", () => {
  it.each<[string, Price, string]>([
    [
      "more than $10,000 per million tokens",
      priced({ input: "10000.000001" }),
      "prices[0]: input: $10000.000001 per million tokens is more than anybody charges",
    ],
    [
      "a fee of more than $100",
      priced({ input: "1" }, { fees: { webSearch: usd("100.01") } }),
      "prices[0]: webSearch: $100.01 per unit is more than anybody charges",
    ],
    ["output cheaper than cached input", priced({ input: "2", cacheRead: "1", output: "0.9" }), "prices[0]: output"],
    ["cached input dearer than fresh", priced({ input: "2", cacheRead: "3", output: "9" }), "prices[0]: cacheRead"],
  ])("is %s", (_name, price, expected) => {
    expect(problems([], [price])).toEqual([expect.stringContaining(expected) as string]);
  });

  it.each<[string, Price]>([
    ["the most there may be", priced({ input: "10000" }, { fees: { webSearch: usd("100") } })],
    ["cached input at the price of both", priced({ input: "1", cacheRead: "1", output: "1" })],
    ["a price of 0", priced({ input: "0", cacheRead: "0", output: "0" })],
    ["output at 0 without cached input, as of an embedding", priced({ input: "1", output: "0" })],
  ])("is not %s", (_name, price) => {
    expect(problems([], [price])).toEqual([]);
  });

  it.each<[before: string, after: string, isOut: boolean]>([
    ["1", "10", false],
    ["1", "10.000001", true],
    ["10", "1", false],
    ["10", "0.999999", true],
    ["0", "0.000001", true],
    ["0.000001", "0", true],
    ["0", "0", false],
  ])("a figure that becomes from %s to %s: %s", (before, after, isOut) => {
    const found = problems([priced({ input: before })], [priced({ input: after })]);
    expect(found).toEqual(
      isOut
        ? [`example/large-1 at prices[0]: input: $${before} becomes $${after} per million tokens: more than tenfold`]
        : [],
    );
  });

  it("is a model in use that loses its price, and not one that nobody uses", () => {
    const price = priced({ input: "1" });
    const other = priced({ input: "1" }, { model: "other" });
    expect(problems([price, other], [other])).toEqual([
      "example/large-1 at example/large-1: is in use and would have no price any more",
    ]);
    expect(problems([price, other], [other], [other])).toEqual([]);
    expect(problems([priced({ input: "1", output: "2" })], [priced({ input: "1" })])).toEqual([
      "example/large-1 at example/large-1: output: is in use and would have no price any more",
    ]);
    expect(problems([other], [other], [price])).toEqual([]);
  });
});
