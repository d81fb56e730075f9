import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allocate, roundToSum } from "./allocate.ts";
import { formatUsdFixed, picoPerUnit, usd } from "./decimal.ts";
import { divideRounded } from "./rounding.ts";

const anyAmount = fc.oneof(fc.bigInt({ min: -20n, max: 20n }), fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }));
const anyWeights = fc
  .array(fc.oneof(fc.bigInt({ min: 0n, max: 3n }), fc.bigInt({ min: 0n, max: 2n ** 70n })), {
    minLength: 1,
    maxLength: 20,
  })
  .filter((weights) => weights.some((weight) => weight > 0n));

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}

describe("allocate", () => {
  it("gives what is left over to the largest remainders", () => {
    expect(allocate(10n, [1n, 1n, 1n])).toEqual([4n, 3n, 3n]);
    expect(allocate(10n, [1n, 3n, 2n])).toEqual([2n, 5n, 3n]);
    expect(allocate(7n, [2n, 0n, 5n, 4n])).toEqual([1n, 0n, 3n, 3n]);
  });

  it("serves equal remainders lowest index first", () => {
    expect(allocate(2n, [1n, 1n, 1n, 1n])).toEqual([1n, 1n, 0n, 0n]);
    expect(allocate(-2n, [1n, 1n, 1n, 1n])).toEqual([-1n, -1n, 0n, 0n]);
  });

  it("adds up to the total, each share within one of its exact proportion", () => {
    fc.assert(
      fc.property(anyAmount, anyWeights, (total, weights) => {
        const shares = allocate(total, weights);
        const weightSum = sum(weights);
        expect(shares).toHaveLength(weights.length);
        expect(sum(shares)).toBe(total);
        for (const [index, share] of shares.entries()) {
          const error = share * weightSum - total * weights[index]!;
          expect(error < weightSum && error > -weightSum).toBe(true);
          if (weights[index] === 0n) expect(share).toBe(0n);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("never gives a smaller weight more than a larger one", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 70n }), anyWeights, (total, weights) => {
        const byWeight = allocate(total, weights)
          .map((share, index) => ({ share, weight: weights[index]! }))
          .sort((a, b) => (a.weight < b.weight ? -1 : a.weight > b.weight ? 1 : a.share < b.share ? -1 : 1));
        for (let index = 1; index < byWeight.length; index++) {
          expect(byWeight[index]!.share >= byWeight[index - 1]!.share).toBe(true);
        }
      }),
    );
  });

  it("splits a negative total as its magnitude is split", () => {
    fc.assert(
      fc.property(anyAmount, anyWeights, (total, weights) => {
        expect(allocate(-total, weights)).toEqual(allocate(total, weights).map((share) => -share));
      }),
    );
  });

  it.each([[[]], [[0n]], [[0n, 0n]], [[1n, -1n]], [[-1n]], [[5n, -1n]]])(
    "refuses the weights %o",
    (weights: bigint[]) => {
      expect(() => allocate(1n, weights)).toThrow(RangeError);
    },
  );
});

describe("roundToSum", () => {
  it("makes lines rounded to cents add up to the rounded sum", () => {
    const lines = [usd("0.333333333333"), usd("0.333333333333"), usd("0.333333333334")];
    expect(roundToSum(lines, 2)).toEqual([usd("0.33"), usd("0.33"), usd("0.34")]);
    expect(roundToSum([usd("0.005"), usd("0.005")], 2)).toEqual([usd("0.01"), 0n]);
    expect(roundToSum([usd("-0.004"), usd("1.004"), usd("-0.004")], 2)).toEqual([0n, usd("1"), 0n]);
    expect(roundToSum([], 2)).toEqual([]);
  });

  it("adds up exactly, moves no line by a whole unit, and leaves round lines alone", () => {
    fc.assert(
      fc.property(fc.array(anyAmount, { maxLength: 20 }), fc.integer({ min: 0, max: 12 }), (amounts, digits) => {
        const unit = picoPerUnit(digits);
        const rounded = roundToSum(amounts, digits);
        expect(sum(rounded)).toBe(divideRounded(sum(amounts), unit, "half-even") * unit);
        for (const [index, line] of rounded.entries()) {
          const moved = line - amounts[index]!;
          expect(line % unit).toBe(0n);
          expect(moved < unit && moved > -unit).toBe(true);
          if (amounts[index]! % unit === 0n) expect(moved).toBe(0n);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("adds up to the sum as an invoice shows it", () => {
    fc.assert(
      fc.property(fc.array(anyAmount, { maxLength: 20 }), (amounts) => {
        expect(usd(formatUsdFixed(sum(amounts), 2))).toBe(sum(roundToSum(amounts, 2)));
      }),
    );
  });

  it("refuses more than 12 digits", () => {
    expect(() => roundToSum([1n], 13)).toThrow(RangeError);
  });
});
