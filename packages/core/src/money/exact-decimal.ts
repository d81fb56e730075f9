/** The outcome of reading a number; `problem` tells what is wrong with it. */
export type ParsedExactDecimal = { ok: true; value: bigint } | { ok: false; problem: string };

const DECIMAL = /^(-?)([0-9]{1,40})(?:\.([0-9]{1,60}))?(?:[eE]([+-]?[0-9]{1,3}))?$/;
/** More digits than any price has. */
const MOST_DIGITS = 40;

/**
 * Reads a number as JSON writes it, exponent included, as a whole number of 10^-decimals: `1.5e-07` with 12 decimals is
 * 150 000. Refused, with a problem: what is no number, what is negative, and what has a part below 10^-decimals, for it
 * would have to be rounded (R5). Trailing zeros are no such part. Never throws.
 *
 * @param decimals 0 or more.
 */
export function parseExactDecimal(text: string, decimals: number): ParsedExactDecimal {
  const match = DECIMAL.exec(text);
  if (match === null) return { ok: false, problem: "is not a number" };
  const [, sign = "", whole = "", fraction = "", power = "0"] = match;
  const significant = (whole + fraction).replace(/0+$/, "");
  const digits = BigInt(`0${significant}`);
  if (digits === 0n) return { ok: true, value: 0n };
  if (sign === "-") return { ok: false, problem: "is negative" };
  const dropped = whole.length + fraction.length - significant.length;
  // value = digits × 10^shift, in units of the last decimal
  const shift = decimals + Number(power) + dropped - fraction.length;
  if (shift < 0) return { ok: false, problem: `is not an exact multiple of 1e-${decimals}` };
  if (shift + significant.length > MOST_DIGITS) return { ok: false, problem: "is larger than any price" };
  return { ok: true, value: digits * 10n ** BigInt(shift) };
}
