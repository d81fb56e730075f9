import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseExactDecimal } from "./exact-decimal.ts";

describe("a number read from its digits", () => {
  it.each<[string, number, bigint]>([
    ["1.5e-07", 12, 150_000n],
    ["6e-07", 12, 600_000n],
    ["0.0000025", 12, 2_500_000n],
    ["1E-12", 12, 1n],
    ["0", 12, 0n],
    ["-0.0", 12, 0n],
    ["0e-999", 12, 0n],
    ["100e-2", 0, 1n],
    ["2.50", 6, 2_500_000n],
    ["1.50000000000000000000", 1, 15n],
    ["12", 0, 12n],
  ])("%s with %s decimals is %s", (text, decimals, value) => {
    expect(parseExactDecimal(text, decimals)).toEqual({ ok: true, value });
  });

  it.each<[string, string]>([
    ["1e-13", "not an exact multiple of 1e-12"],
    ["1.00000005e-07", "not an exact multiple"],
    ["-1e-07", "negative"],
    ["1e40", "larger than any price"],
    ["", "not a number"],
    ["1,5", "not a number"],
    [" 1", "not a number"],
    ["Infinity", "not a number"],
    ["0x10", "not a number"],
    ["1e", "not a number"],
  ])("%j is refused", (text, problem) => {
    expect(parseExactDecimal(text, 12)).toEqual({ ok: false, problem: expect.stringContaining(problem) as string });
  });

  it("is exact at every scale", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 18n }), fc.integer({ min: -12, max: 9 }), (digits, power) => {
        expect(parseExactDecimal(`${digits}e${power}`, 12)).toEqual({
          ok: true,
          value: digits * 10n ** BigInt(power + 12),
        });
      }),
      { numRuns: 300 },
    );
  });
});
