import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addTokens,
  inputClasses,
  inputTokens,
  noTokens,
  outputClasses,
  outputTokens,
  tokenClasses,
  tokensOf,
  tokensProblem,
  totalTokens,
  usageOf,
  type Tokens,
} from "./usage.ts";

const tokens: fc.Arbitrary<Tokens> = fc
  .tuple(...tokenClasses.map(() => fc.nat({ max: 2 ** 40 })))
  .map((counts) => tokensOf(Object.fromEntries(tokenClasses.map((name, i) => [name, counts[i] as number]))));

describe("token classes", () => {
  it("are each read or written, never both", () => {
    expect([...inputClasses, ...outputClasses].toSorted()).toEqual(tokenClasses.toSorted());
  });

  it("add up to what the provider calls its total", () => {
    fc.assert(
      fc.property(tokens, (some) => {
        const sum = (names: readonly (keyof Tokens)[]): number => names.reduce((total, name) => total + some[name], 0);
        expect(inputTokens(some)).toBe(sum(inputClasses));
        expect(outputTokens(some)).toBe(sum(outputClasses));
        expect(totalTokens(some)).toBe(sum(tokenClasses));
      }),
      { numRuns: 100 },
    );
  });

  it("are summed class by class", () => {
    fc.assert(
      fc.property(tokens, tokens, (a, b) => {
        const both = addTokens(a, b);
        for (const name of tokenClasses) expect(both[name]).toBe(a[name] + b[name]);
        expect(Object.keys(both)).toEqual([...tokenClasses]);
        expect(addTokens(a, noTokens)).toEqual(a);
      }),
      { numRuns: 100 },
    );
  });
});

describe("usage", () => {
  it("is standard and without fees unless said otherwise", () => {
    expect(usageOf({ input: 3 })).toEqual({
      tokens: { ...noTokens, input: 3 },
      fees: {},
      serviceTier: "standard",
    });
  });

  it.each([[-1], [0.5], [Number.NaN], [Infinity], [2 ** 53], ["7" as unknown as number], [null as unknown as number]])(
    "cannot count %s tokens",
    (count) => {
      expect(tokensProblem(tokensOf({ cacheWrite1h: count }))).toBe(
        `cacheWrite1h is ${String(count)}, not a whole number ≥ 0`,
      );
    },
  );

  it("cannot count classes whose sum is beyond 2⁵³ − 1", () => {
    const problem = tokensProblem(tokensOf({ input: Number.MAX_SAFE_INTEGER, output: 1 }));
    expect(problem).toBe("all together are more than can be counted exactly");
  });

  it("can count no tokens, and 2⁵³ − 1", () => {
    expect(tokensProblem(noTokens)).toBeNull();
    expect(tokensProblem(tokensOf({ output: Number.MAX_SAFE_INTEGER }))).toBeNull();
  });
});
