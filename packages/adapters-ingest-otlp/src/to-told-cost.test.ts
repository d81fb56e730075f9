import { formatUsd } from "@tenantry/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toToldCost } from "./to-told-cost.ts";

describe("a cost that a client tells", () => {
  it.each([
    [0.1, 100_000_000_000n],
    ["0.0375", 37_500_000_000n],
    [1.5e-7, 150_000n],
    ["1.5e-07", 150_000n],
    [0, 0n],
    // 0.1 + 0.2, as a float has it.
    [0.300_000_000_000_000_04, 300_000_000_000n],
    ["0.0000000000005", 0n],
    ["0.0000000000015", 2n],
    [1234.56, 1_234_560_000_000_000n],
  ])("of %j is %s pico dollars", (told, pico) => {
    expect(toToldCost(told)).toBe(pico);
  });

  it.each([
    [-1],
    ["-0.1"],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    ["1,5"],
    [""],
    ["free"],
    ["9".repeat(100)],
    [true],
    [null],
    [undefined],
  ])("of %j is not told", (told) => {
    expect(toToldCost(told)).toBeNull();
  });

  it("with at most 12 decimals is what its digits say", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 24n), (pico) => {
        expect(toToldCost(formatUsd(pico))).toBe(pico);
      }),
      { numRuns: 300 },
    );
  });
});
