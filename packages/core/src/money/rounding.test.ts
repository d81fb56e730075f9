import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { divideRounded, type RoundingMode } from "./rounding.ts";

const modes: RoundingMode[] = ["half-even", "half-up", "down", "up"];
const anyInteger = fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n });
const nonZero = fc.oneof(fc.bigInt({ min: -9n, max: 9n }), anyInteger).filter((value) => value !== 0n);

describe("divideRounded", () => {
  // Quotients of −2.5 … 2.5 in quarters: the table fixes every mode on both sides of zero.
  it.each<[RoundingMode, number[]]>([
    ["half-even", [-2, -2, -2, -2, -2, -1, -1, -1, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2]],
    ["half-up", [-3, -2, -2, -2, -2, -1, -1, -1, -1, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3]],
    ["down", [-2, -2, -2, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2]],
    ["up", [-3, -3, -2, -2, -2, -2, -1, -1, -1, -1, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3]],
  ])("rounds quarters by %s", (mode, expected) => {
    const quarters = Array.from({ length: 21 }, (_, index) => BigInt(index - 10));
    expect(quarters.map((value) => Number(divideRounded(value, 4n, mode)))).toEqual(expected);
    expect(quarters.map((value) => Number(divideRounded(-value, -4n, mode)))).toEqual(expected);
  });

  it("stays within one of the exact quotient, within a half when rounding to the nearest", () => {
    fc.assert(
      fc.property(anyInteger, nonZero, fc.constantFrom(...modes), (numerator, denominator, mode) => {
        const size = (value: bigint): bigint => (value < 0n ? -value : value);
        const error = size(numerator - divideRounded(numerator, denominator, mode) * denominator);
        if (mode.startsWith("half")) expect(2n * error <= size(denominator)).toBe(true);
        else expect(error < size(denominator)).toBe(true);
      }),
    );
  });

  it("rounds an amount and its negative to opposite results", () => {
    fc.assert(
      fc.property(anyInteger, nonZero, fc.constantFrom(...modes), (numerator, denominator, mode) => {
        const rounded = divideRounded(numerator, denominator, mode);
        expect(divideRounded(-numerator, denominator, mode)).toBe(-rounded);
        expect(divideRounded(numerator, -denominator, mode)).toBe(-rounded);
      }),
    );
  });

  it("changes nothing that divides evenly", () => {
    fc.assert(
      fc.property(anyInteger, nonZero, fc.constantFrom(...modes), (quotient, denominator, mode) => {
        expect(divideRounded(quotient * denominator, denominator, mode)).toBe(quotient);
      }),
    );
  });

  it("refuses a zero denominator", () => {
    expect(() => divideRounded(1n, 0n, "down")).toThrow(RangeError);
  });
});
