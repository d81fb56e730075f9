import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatUsd, usd } from "../money/decimal.ts";
import { parseBilledAmount } from "./billed-amount.ts";

describe("an amount of an invoice", () => {
  it.each([
    ["0.06", 0, usd("0.06"), 2],
    ["1.250", 0, usd("1.25"), 3],
    ["0.000004500000000000000000000000000000000", 0, 4_500_000n, 39],
    ["0E-6176", 0, 0n, 6176],
    ["4.5e-06", 0, 4_500_000n, 7],
    ["1.5E+3", 0, usd("1500"), 0],
    ["-12.34", 0, usd("-12.34"), 2],
    ["123.45", 2, usd("1.2345"), 4],
    ["100", 2, usd("1"), 2],
    ["0.13080438340307526", 0, 130_804_383_403n, 17],
    ["0.0000000000005", 0, 0n, 13],
    ["0.0000000000015", 0, 2n, 13],
    ["1e-9999", 0, 0n, 9999],
    ["123456789012345678901234567890.000000000001", 0, 123456789012345678901234567890000000000001n, 12],
  ] as const)("%s in units of 10^-%s dollars is exact", (text, minorUnits, pico, decimals) => {
    expect(parseBilledAmount(text, minorUnits)).toEqual({ ok: true, pico, decimals });
  });

  it.each(["", " 1", "1,000.00", "$1", "+1", ".5", "5.", "NaN", "Infinity", "0x1", "1e99", "1e1000000", 0.06, null])(
    "%o is refused",
    (text) => {
      expect(parseBilledAmount(text)).toMatchObject({ ok: false });
    },
  );

  it("is read to the last digit, with an exponent or without", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.integer({ min: 0, max: 8 }), (pico, zeros) => {
        const text = `${pico}${"0".repeat(zeros)}e-${12 + zeros}`;
        expect(parseBilledAmount(text)).toMatchObject({ ok: true, pico });
        expect(parseBilledAmount(formatUsd(pico))).toMatchObject({ ok: true, pico });
      }),
    );
  });

  it("in cents is a hundredth of the same digits in dollars", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 24n }), (units) => {
        const text = `${units / 10_000n}.${String(units % 10_000n).padStart(4, "0")}`;
        const [cents, dollars] = [parseBilledAmount(text, 2), parseBilledAmount(text, 0)];
        expect(cents.ok && dollars.ok && cents.pico * 100n === dollars.pico).toBe(true);
      }),
    );
  });
});
