import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fixedPrice } from "../testing/fixed-prices.ts";
import { formatUsd, parsePerMillionUsd, usd } from "../money/decimal.ts";
import { costOf, rateOf, ratesFor, type Cost } from "./cost.ts";
import type { Price, Rates } from "./price.ts";
import { inputTokens, tokenClasses, tokensOf, usageOf, type Tokens, type Usage } from "./usage.ts";

/** USD per million tokens. */
function perMillion(amounts: Readonly<Record<string, string>>): Rates {
  return Object.fromEntries(
    Object.entries(amounts).map(([name, amount]) => {
      const parsed = parsePerMillionUsd(amount);
      if (!parsed.ok) throw new Error(parsed.problem);
      return [name, parsed.picoPerToken];
    }),
  );
}

const mini = fixedPrice("acme/mini", {
  rates: perMillion({ input: "0.15", cacheRead: "0.075", output: "0.60" }),
  serviceTiers: { batch: perMillion({ input: "0.075", output: "0.30" }) },
  fees: { webSearch: usd("0.01") },
});
const sonnet = fixedPrice("umbra/sonnet", {
  rates: perMillion({ input: "3", cacheRead: "0.3", cacheWrite5m: "3.75", cacheWrite1h: "6", output: "15" }),
  longContext: [
    {
      aboveInputTokens: 200_000,
      rates: perMillion({ input: "6", cacheRead: "0.6", cacheWrite5m: "7.5", output: "22.5" }),
    },
    { aboveInputTokens: 500_000, rates: perMillion({ output: "30" }) },
  ],
  serviceTiers: { batch: perMillion({ input: "1.5", output: "7.5" }) },
});

const dollars = (cost: Cost): string => (cost.kind === "priced" ? formatUsd(cost.amountPico) : cost.reason);

const at = (tokens: Partial<Tokens>, more: Partial<Usage> = {}): Usage => ({
  ...usageOf(tokens),
  ...more,
});

describe("a cost", () => {
  it.each<[string, Price, Usage, string]>([
    ["plain input and output", mini, at({ input: 1000, output: 500 }), "0.00045"],
    ["one token", mini, at({ input: 1 }), "0.00000015"],
    ["cached input", mini, at({ input: 200, cacheRead: 800, output: 100 }), "0.00015"],
    [
      "cache writes of 5 minutes and 1 hour",
      sonnet,
      at({ input: 10, cacheWrite5m: 1000, cacheWrite1h: 1000, cacheRead: 500 }),
      "0.00993",
    ],
    ["reasoning, billed as output", mini, at({ input: 100, output: 50, reasoning: 450 }), "0.000315"],
    ["nothing", mini, at({}), "0"],
    ["a fee a unit", mini, at({ input: 1000 }, { fees: { webSearch: 3 } }), "0.03015"],
    ["a fee not used", mini, at({ input: 1000 }, { fees: { somethingElse: 0 } }), "0.00015"],
    ["the batch tier", mini, at({ input: 1000, output: 500 }, { serviceTier: "batch" }), "0.000225"],
    ["input at the long-context threshold", sonnet, at({ input: 200_000, output: 1000 }), "0.615"],
    ["one token above it: the whole request is dearer", sonnet, at({ input: 200_001, output: 1000 }), "1.222506"],
    ["cached tokens that lift it above", sonnet, at({ input: 1, cacheRead: 200_000, output: 1000 }), "0.142506"],
    ["a second step that only raises output", sonnet, at({ input: 500_001, output: 1000 }), "3.030006"],
    ["output alone, however long", sonnet, at({ input: 10, output: 900_000 }), "13.50003"],
  ])("of %s is exact", (_name, price, usage, expected) => {
    expect(dollars(costOf(usage, price))).toBe(expected);
  });

  it.each<[string, Price, Usage, string]>([
    [
      "a class without a rate",
      mini,
      at({ input: 1, cacheWrite5m: 1 }),
      "price fixed:acme/mini has no rate for cacheWrite5m",
    ],
    ["audio that is not priced", mini, at({ audioInput: 9 }), "price fixed:acme/mini has no rate for audioInput"],
    [
      "a class missing in the service tier",
      mini,
      at({ cacheRead: 1 }, { serviceTier: "batch" }),
      "price fixed:acme/mini has no rate for cacheRead",
    ],
    [
      "a service tier without rates",
      mini,
      at({ input: 7 }, { serviceTier: "flex" }),
      "price fixed:acme/mini has no flex rates for 7 input tokens",
    ],
    [
      "a long request in a service tier priced for short ones",
      sonnet,
      at({ input: 200_001 }, { serviceTier: "batch" }),
      "price fixed:umbra/sonnet has no batch rates for 200001 input tokens",
    ],
    [
      "a fee that is not priced",
      mini,
      at({}, { fees: { codeRun: 1 } }),
      "price fixed:acme/mini has no fee for codeRun",
    ],
    [
      "a fee named like a property of every object",
      mini,
      at({}, { fees: { constructor: 1 } }),
      "price fixed:acme/mini has no fee for constructor",
    ],
    [
      "reasoning without any output rate",
      fixedPrice("a/x", { rates: perMillion({ input: "1" }) }),
      at({ reasoning: 1 }),
      "price fixed:a/x has no rate for reasoning",
    ],
  ])("of %s is unknown, with the reason, and never 0", (_name, price, usage, reason) => {
    expect(costOf(usage, price)).toEqual({ kind: "unpriced", reason });
  });

  it("of 0 is a price", () => {
    const free = fixedPrice("a/free", { rates: perMillion({ input: "0", output: "0" }), fees: { request: 0n } });
    const cost = costOf(at({ input: 5, output: 6 }, { fees: { request: 1 } }), free);
    expect(cost).toMatchObject({ kind: "priced", amountPico: 0n, priceId: "fixed:a/free" });
    expect(cost.kind === "priced" && cost.items).toHaveLength(3);
  });

  it("shows its items in the order of the classes, with rate and amount", () => {
    const cost = costOf(at({ output: 2, cacheRead: 3, input: 1 }, { fees: { webSearch: 1 } }), mini);
    expect(cost.kind === "priced" && cost.items).toEqual([
      { of: "input", quantity: 1, ratePico: 150_000n, amountPico: 150_000n },
      { of: "cacheRead", quantity: 3, ratePico: 75_000n, amountPico: 225_000n },
      { of: "output", quantity: 2, ratePico: 600_000n, amountPico: 1_200_000n },
      { of: "webSearch", quantity: 1, ratePico: 10_000_000_000n, amountPico: 10_000_000_000n },
    ]);
  });

  it("uses a price of reasoning where there is one", () => {
    const rates = perMillion({ output: "1", reasoning: "0" });
    expect(rateOf(rates, "reasoning")).toBe(0n);
    expect(rateOf(perMillion({ output: "1" }), "reasoning")).toBe(1_000_000n);
    expect(rateOf(perMillion({ output: "1" }), "audioOutput")).toBeUndefined();
  });

  it("stays exact beyond 2⁶³", () => {
    const dear = fixedPrice("a/dear", { rates: { input: 2n ** 62n } });
    expect(costOf(at({ input: 1_000_003 }), dear)).toMatchObject({ amountPico: 1_000_003n * 2n ** 62n });
  });
});

const count = fc.nat({ max: 2 ** 40 });
const someTokens: fc.Arbitrary<Tokens> = fc
  .tuple(...tokenClasses.map(() => count))
  .map((counts) => tokensOf(Object.fromEntries(tokenClasses.map((name, i) => [name, counts[i] as number]))));
const rate = fc.bigInt({ min: 0n, max: 10n ** 12n });
const someRates: fc.Arbitrary<Rates> = fc
  .tuple(...tokenClasses.map(() => rate))
  .map((values) => Object.fromEntries(tokenClasses.map((name, i) => [name, values[i] as bigint])));

describe("costs under one price", () => {
  it("add up over classes and over requests", () => {
    fc.assert(
      fc.property(someTokens, someRates, (tokens, rates) => {
        const price = fixedPrice("a/x", { rates });
        const whole = costOf({ ...usageOf({}), tokens }, price);
        const parts = tokenClasses.map((name) => costOf(usageOf({ [name]: tokens[name] }), price));
        const sum = parts.reduce((total, part) => total + (part.kind === "priced" ? part.amountPico : -1n), 0n);
        expect(whole).toMatchObject({ kind: "priced", amountPico: sum });
        const items = whole.kind === "priced" ? whole.items : [];
        expect(items.reduce((total, item) => total + item.amountPico, 0n)).toBe(sum);
        for (const item of items) expect(BigInt(item.quantity) * item.ratePico).toBe(item.amountPico);
      }),
      { numRuns: 200 },
    );
  });

  it("equal the fraction tokens × dollars / 10⁶ exactly", () => {
    const amount = fc.tuple(fc.nat({ max: 9999 }), fc.nat({ max: 999_999 }));
    fc.assert(
      fc.property(count, amount, (tokens, [whole, micros]) => {
        const text = `${whole}.${String(micros).padStart(6, "0")}`;
        const cost = costOf(usageOf({ output: tokens }), fixedPrice("a/x", { rates: perMillion({ output: text }) }));
        // (tokens / 10⁶) × (digits / 10⁶) dollars = amount / 10¹² dollars.
        expect(cost).toMatchObject({ amountPico: BigInt(tokens) * (BigInt(whole) * 1_000_000n + BigInt(micros)) });
      }),
      { numRuns: 200 },
    );
  });

  it("take one set of rates for the whole request, by all that was read", () => {
    fc.assert(
      fc.property(someTokens, fc.nat({ max: 2 ** 43 }), (tokens, threshold) => {
        const price = fixedPrice("a/x", {
          rates: { input: 1n },
          longContext: [{ aboveInputTokens: threshold, rates: { input: 2n } }],
        });
        const usage = { ...usageOf({}), tokens };
        expect(ratesFor(price, usage)?.input).toBe(inputTokens(tokens) > threshold ? 2n : 1n);
      }),
      { numRuns: 200 },
    );
  });
});
