import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatPerMillionUsd,
  formatUsd,
  formatUsdFixed,
  parsePerMillionUsd,
  parseUsd,
  picoPerUnit,
  usd,
} from "./decimal.ts";
import { PICO_PER_USD } from "./pico-usd.ts";

const anyPico = fc.bigInt({ min: -(10n ** 39n), max: 10n ** 39n });

function problemOf(result: { ok: true } | { ok: false; problem: string }): string {
  return result.ok ? "" : result.problem;
}

describe("parseUsd", () => {
  it.each([
    ["0", 0n],
    ["-0", 0n],
    ["0.15", 150_000_000_000n],
    ["-3", -3_000_000_000_000n],
    ["0.000000000001", 1n],
    ["-0.000000000001", -1n],
    ["1234567.000000000001", 1_234_567_000_000_000_001n],
    ["007.50", 7_500_000_000_000n],
    ["9223372036854775808", 9_223_372_036_854_775_808n * PICO_PER_USD],
    ["1".repeat(28) + "." + "1".repeat(12), BigInt("1".repeat(40))],
  ])("reads %s exactly", (text, pico) => {
    expect(parseUsd(text)).toEqual({ ok: true, pico });
  });

  it.each([
    "",
    "-",
    "+",
    ".",
    "-.",
    "+3",
    "--3",
    ".5",
    "5.",
    "1.2.3",
    "1,000",
    "1_000",
    "1 000",
    " 1",
    "1 ",
    "1\n",
    "\t",
    "$1",
    "1 USD",
    "1e3",
    "1E-3",
    "-1.5e+2",
    "0x10",
    "NaN",
    "Infinity",
    "٣",
    "1n",
    "0.0000000000001",
    "0.1500000000000",
    "1".repeat(41),
    "1".repeat(29) + "." + "1".repeat(12),
    "1".repeat(1_000_000),
  ])("refuses %j with a problem", (text) => {
    expect(problemOf(parseUsd(text))).toMatch(/^write the amount /);
  });

  it.each([[0.15], [3], [Number.NaN], [3n], [null], [undefined], [true], [{}], [["1"]], [new String("1")]])(
    "refuses %o because it is not a string",
    (value) => {
      expect(problemOf(parseUsd(value))).toContain('write the amount as a decimal string, such as "0.15"');
    },
  );

  it("says how to put each mistake right", () => {
    expect(problemOf(parseUsd(0.15))).toContain("in quotes");
    expect(problemOf(parseUsd("1e-3"))).toContain("exponent");
    expect(problemOf(parseUsd("1 000"))).toContain("remove the spaces");
    expect(problemOf(parseUsd(""))).toContain("it is empty");
    expect(problemOf(parseUsd("1.0000000000000"))).toContain("at most 12 decimals; this one has 13");
    expect(problemOf(parseUsd("1".repeat(41)))).toContain("at most 40 digits");
  });

  it("never throws, and accepts exactly the strings that are decimals", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-+ .0-9e,]{0,45}$/), fc.anything()), (value) => {
        const plain =
          typeof value === "string" && /^-?\d+(\.\d{1,12})?$/.test(value) && value.replace(/[-.]/g, "").length <= 40;
        expect(parseUsd(value).ok).toBe(plain);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("usd", () => {
  it("throws the problem as a RangeError", () => {
    expect(usd("0.15")).toBe(150_000_000_000n);
    expect(() => usd("0,15")).toThrow(RangeError);
    expect(() => usd("0,15")).toThrow(/write the amount/);
  });
});

describe("formatUsd", () => {
  it.each([
    [0n, "0"],
    [1n, "0.000000000001"],
    [-500_000_000_000n, "-0.5"],
    [10n * PICO_PER_USD, "10"],
    [-100n * PICO_PER_USD, "-100"],
    [1_010_000_000_000n, "1.01"],
    [2n ** 63n, "9223372.036854775808"],
  ])("writes %d as %s", (pico, text) => {
    expect(formatUsd(pico)).toBe(text);
  });

  it("is canonical and reads back to the same amount", () => {
    fc.assert(
      fc.property(anyPico, (pico) => {
        const text = formatUsd(pico);
        expect(text).toMatch(/^(0|-?(0|[1-9]\d*)(\.\d*[1-9])?)$/);
        expect(parseUsd(text)).toEqual({ ok: true, pico });
      }),
      { numRuns: 1000 },
    );
  });
});

describe("formatUsdFixed", () => {
  it("rounds half to even unless told otherwise", () => {
    expect(formatUsdFixed(usd("0.125"), 2)).toBe("0.12");
    expect(formatUsdFixed(usd("0.135"), 2)).toBe("0.14");
    expect(formatUsdFixed(usd("0.125"), 2, "half-up")).toBe("0.13");
    expect(formatUsdFixed(usd("0.129"), 2, "down")).toBe("0.12");
    expect(formatUsdFixed(usd("0.121"), 2, "up")).toBe("0.13");
    expect(formatUsdFixed(usd("-0.125"), 2, "half-up")).toBe("-0.13");
  });

  it("always writes the digits it was asked for", () => {
    expect(formatUsdFixed(0n, 2)).toBe("0.00");
    expect(formatUsdFixed(usd("1234.5"), 0)).toBe("1234");
    expect(formatUsdFixed(usd("7"), 6)).toBe("7.000000");
    expect(formatUsdFixed(1n, 12)).toBe("0.000000000001");
  });

  it("gives what rounds to zero no sign", () => {
    expect(formatUsdFixed(-1n, 2)).toBe("0.00");
    expect(formatUsdFixed(-1n, 0, "down")).toBe("0");
  });

  it("agrees with the exact text at 12 digits", () => {
    fc.assert(
      fc.property(anyPico, (pico) => {
        expect(usd(formatUsdFixed(pico, 12))).toBe(pico);
      }),
    );
  });

  it.each([-1, 13, 1.5, Number.NaN])("refuses %d digits", (digits) => {
    expect(() => formatUsdFixed(1n, digits)).toThrow(RangeError);
    expect(() => picoPerUnit(digits)).toThrow(RangeError);
  });
});

describe("prices per million tokens", () => {
  it.each([
    ["0", 0n],
    ["0.0375", 37_500n],
    ["0.15", 150_000n],
    ["75", 75_000_000n],
    ["0.000001", 1n],
  ])("reads %s as an exact price per token", (text, picoPerToken) => {
    expect(parsePerMillionUsd(text)).toEqual({ ok: true, picoPerToken });
  });

  it("makes a million tokens cost exactly what was written", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 30n }), (picoPerToken) => {
        const text = formatPerMillionUsd(picoPerToken);
        expect(parsePerMillionUsd(text)).toEqual({ ok: true, picoPerToken });
        expect(picoPerToken * 1_000_000n).toBe(usd(text));
      }),
    );
  });

  it("refuses floats, a seventh decimal and negative prices", () => {
    expect(problemOf(parsePerMillionUsd(0.15))).toContain("write the price per million tokens as a decimal string");
    expect(problemOf(parsePerMillionUsd("0.0000001"))).toContain("at most 6 decimals");
    expect(problemOf(parsePerMillionUsd("-0.15"))).toContain("cannot be negative");
    expect(problemOf(parsePerMillionUsd(undefined))).toContain("decimal string");
  });
});
