import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aPrice } from "../testing/builders.ts";
import { costOf } from "./cost.ts";
import type { Price, Rates } from "./price.ts";
import { inputClasses, type TokenClass, tokenClasses, tokensOf, type Usage, usageOf } from "./usage.ts";
import { type UsageBound, worstCaseCost } from "./worst-case.ts";

const bound = (some: Partial<UsageBound> = {}): UsageBound => ({
  inputTokens: 1_000,
  inputClasses: ["input", "cacheRead"],
  outputTokens: 100,
  ...some,
});

const anyRate = fc.oneof(fc.bigInt({ min: 0n, max: 3n }), fc.bigInt({ min: 0n, max: 2n ** 70n }));
/** Every class may be without a rate. */
const anyRates: fc.Arbitrary<Rates> = fc.dictionary(fc.constantFrom(...tokenClasses), anyRate, {
  noNullPrototype: true,
});
const fullRates: fc.Arbitrary<Rates> = fc
  .tuple(...tokenClasses.map(() => anyRate))
  .map((rates) => Object.fromEntries(tokenClasses.map((name, index) => [name, rates[index]!])));

const anyPrice: fc.Arbitrary<Price> = fc
  .record({
    rates: fc.oneof(fullRates, anyRates),
    steps: fc.array(fc.tuple(fc.integer({ min: 1, max: 1_200 }), anyRates), { maxLength: 3 }),
    request: fc.option(anyRate),
  })
  .map(({ rates, steps, request }) =>
    aPrice({
      rates,
      longContext: steps
        .toSorted(([a], [b]) => a - b)
        .map(([aboveInputTokens, dearer]) => ({ aboveInputTokens, rates: dearer })),
      fees: request === null ? {} : { request },
    }),
  );

const anyBound: fc.Arbitrary<UsageBound> = fc.record({
  inputTokens: fc.integer({ min: 0, max: 1_500 }),
  inputClasses: fc.subarray([...inputClasses], { minLength: 1 }),
  outputTokens: fc.integer({ min: 0, max: 500 }),
});

/** At most `most` tokens, dealt to the classes in any way. */
function dealt(most: number, classes: readonly TokenClass[]): fc.Arbitrary<[TokenClass, number][]> {
  return fc.array(fc.nat(most), { minLength: classes.length, maxLength: classes.length }).map((wishes) => {
    let left = most;
    return classes.map((name, index) => {
      const tokens = Math.min(left, wishes[index]!);
      left -= tokens;
      return [name, tokens];
    });
  });
}

function usageWithin({ inputTokens, inputClasses: classes, outputTokens }: UsageBound): fc.Arbitrary<Usage> {
  return fc
    .tuple(dealt(inputTokens, classes), dealt(outputTokens, ["reasoning", "output"]), fc.nat(1))
    .map(([input, output, request]) => ({
      tokens: tokensOf(Object.fromEntries([...input, ...output])),
      fees: { request },
      serviceTier: "standard",
    }));
}

describe("the worst case", () => {
  it("is never below what any usage within the bound costs (R3)", () => {
    const cases = anyBound.chain((within) => fc.tuple(fc.constant(within), usageWithin(within), anyPrice));
    let compared = 0;
    fc.assert(
      fc.property(cases, ([within, usage, price]) => {
        const worst = worstCaseCost(price, within);
        const cost = costOf(usage, price);
        if (worst === null || cost.kind === "unpriced") return;
        compared += 1;
        expect(cost.amountPico <= worst).toBe(true);
      }),
      { numRuns: 2000 },
    );
    expect(compared).toBeGreaterThan(200);
  });

  it("is what the whole bound costs in its dearest classes, where no long-context step is in reach", () => {
    fc.assert(
      fc.property(fullRates, anyBound, anyRate, (rates, within, request) => {
        const price = aPrice({ rates, fees: { request } });
        const options = within.inputClasses.flatMap((input) =>
          (["output", "reasoning"] as const).map((output) => {
            const tokens = { [input]: within.inputTokens, [output]: within.outputTokens };
            const cost = costOf({ ...usageOf(tokens), fees: { request: 1 } }, price);
            return cost.kind === "priced" ? cost.amountPico : -1n;
          }),
        );
        expect(worstCaseCost(price, within)).toBe(options.reduce((most, cost) => (cost > most ? cost : most)));
      }),
      { numRuns: 300 },
    );
  });

  // 1,000 input and 100 output tokens under prices of one digit, checked by hand.
  const step = (aboveInputTokens: number, rates: Rates): Price["longContext"][number] => ({ aboveInputTokens, rates });
  it.each<[string, Partial<Price>, Partial<UsageBound>, bigint | null]>([
    ["input and output at their rates", { rates: { input: 2n, output: 5n } }, {}, 2_500n],
    ["cached input where it is dearer", { rates: { input: 2n, cacheRead: 3n, output: 5n } }, {}, 3_500n],
    ["no class that cannot apply", { rates: { input: 2n, cacheWrite1h: 9n, output: 5n } }, {}, 2_500n],
    [
      "cache writes where the request asks for them",
      { rates: { input: 2n, cacheWrite1h: 9n, output: 5n } },
      { inputClasses: ["input", "cacheRead", "cacheWrite5m", "cacheWrite1h"] },
      9_500n,
    ],
    ["reasoning where it is dearer than output", { rates: { input: 2n, output: 5n, reasoning: 7n } }, {}, 2_700n],
    ["output where it is dearer than reasoning", { rates: { input: 2n, output: 5n, reasoning: 1n } }, {}, 2_500n],
    ["a fee for the request", { rates: { input: 2n, output: 5n }, fees: { request: 11n } }, {}, 2_511n],
    ["no fee a request cannot cause", { rates: { input: 2n, output: 5n }, fees: { webSearch: 11n } }, {}, 2_500n],
    [
      "a long-context step in reach",
      { rates: { input: 2n, output: 5n }, longContext: [step(999, { input: 4n })] },
      {},
      4_500n,
    ],
    [
      "not the step that begins above the bound",
      { rates: { input: 2n, output: 5n }, longContext: [step(1_000, { input: 4n })] },
      {},
      2_500n,
    ],
    [
      "steps on top of each other",
      {
        rates: { input: 2n, output: 5n },
        longContext: [step(10, { output: 8n }), step(500, { input: 4n }), step(5_000, { input: 90n })],
      },
      {},
      4_800n,
    ],
    [
      "the base where a step is cheaper, for a shorter input stays below the step",
      { rates: { input: 2n, output: 5n }, longContext: [step(500, { input: 1n, output: 1n })] },
      {},
      2_500n,
    ],
    ["nothing to read and nothing to write", { rates: { input: 2n } }, { inputTokens: 0, outputTokens: 0 }, 0n],
    ["a price of 0, which is a price", { rates: { input: 0n, output: 0n } }, {}, 0n],
    ["no output where none is made", { rates: { input: 2n } }, { outputTokens: 0 }, 2_000n],
    ["no bound without an input rate", { rates: { output: 5n } }, {}, null],
    ["no bound without an output rate", { rates: { input: 2n } }, {}, null],
    ["no bound without either", { rates: {} }, {}, null],
    [
      "no bound where a class that may apply is the only one without a rate",
      { rates: { output: 5n } },
      { inputClasses: ["cacheRead"] },
      null,
    ],
  ])("has %s", (_name, price, some, expected) => {
    expect(worstCaseCost(aPrice(price), bound(some))).toBe(expected);
  });

  it("stays exact beyond 2⁶³", () => {
    const price = aPrice({ rates: { input: 2n ** 60n + 1n, output: 2n ** 60n } });
    expect(worstCaseCost(price, bound())).toBe(1_000n * (2n ** 60n + 1n) + 100n * 2n ** 60n);
  });
});
