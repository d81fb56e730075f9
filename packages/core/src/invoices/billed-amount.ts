import { USD_DECIMALS, type PicoUsd } from "../money/pico-usd.ts";
import { divideRounded } from "../money/rounding.ts";

/** An amount of an invoice, or what is wrong with its text. */
export type ParsedBilledAmount =
  | {
      readonly ok: true;
      readonly pico: PicoUsd;
      /** Decimals of a US dollar the text is written with: 3 for `1.250`, also when they are zeros. */
      readonly decimals: number;
    }
  | { readonly ok: false; readonly problem: string };

const DECIMAL = /^(-?)([0-9]{1,60})(?:\.([0-9]{1,200}))?(?:[eE]([+-]?[0-9]{1,6}))?$/;
const LONGEST = 280;
/** 10⁴⁰ dollars and more are nobody's bill, and such a number would only exhaust memory. */
const MOST_EXPONENT = 40;

/**
 * Reads an amount as a provider writes it, from its text and never through a float (R5): as many decimals as it likes,
 * and exponents, because exports hold `0.000004500000000000000000000000000000000` and `0E-6176`. What lies below 10⁻¹²
 * dollars is rounded half-even. Never throws.
 *
 * @param minorUnits decimals of the unit the text is in: 0 for dollars, 2 for cents.
 */
export function parseBilledAmount(text: unknown, minorUnits: 0 | 2 = 0): ParsedBilledAmount {
  const match = typeof text === "string" && text.length <= LONGEST ? DECIMAL.exec(text) : null;
  if (match === null) return { ok: false, problem: "must be an amount in digits, such as 0.15" };
  const [, sign = "", whole = "", fraction = "", power = "0"] = match;
  const decimals = Math.max(0, fraction.length - Number(power) + minorUnits);
  const significant = (whole + fraction).replace(/0+$/, "");
  const digits = BigInt(`0${significant}`);
  if (digits === 0n) return { ok: true, pico: 0n, decimals };
  const dropped = whole.length + fraction.length - significant.length;
  // amount = digits × 10^-scale dollars
  const scale = fraction.length - dropped - Number(power) + minorUnits;
  if (-scale > MOST_EXPONENT) return { ok: false, problem: "is larger than any bill" };
  const signed = sign === "-" ? -digits : digits;
  return { ok: true, pico: toPico(signed, scale), decimals };
}

function toPico(digits: bigint, scale: number): PicoUsd {
  if (scale <= USD_DECIMALS) return digits * 10n ** BigInt(USD_DECIMALS - scale);
  // 60 + 200 digits are the most there are: with more places than that nothing is left to round.
  if (scale - USD_DECIMALS > LONGEST) return 0n;
  return divideRounded(digits, 10n ** BigInt(scale - USD_DECIMALS), "half-even");
}
