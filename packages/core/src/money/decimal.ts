import { type PicoUsd, USD_DECIMALS } from "./pico-usd.ts";
import { divideRounded, type RoundingMode } from "./rounding.ts";

/** The outcome of reading an amount; `problem` tells the writer how to put it right. */
export type ParsedUsd = { ok: true; pico: PicoUsd } | { ok: false; problem: string };

/** The outcome of reading a price per million tokens; `picoPerToken` is exact, never negative. */
export type ParsedPerMillionUsd = { ok: true; picoPerToken: PicoUsd } | { ok: false; problem: string };

/** $1 per million tokens is 10⁶ pico dollars per token, so six decimals are exactly what fits. */
const PER_MILLION_DECIMALS = 6;

const MAX_DIGITS = 40;
/** Longer texts are refused unread: the digits, a sign and a point. */
const MAX_LENGTH = MAX_DIGITS + 2;

const DECIMAL = /^(-?)([0-9]+)(?:\.([0-9]+))?$/;
const WITH_EXPONENT = /^[+-]?[0-9]*\.?[0-9]+e[+-]?[0-9]+$/i;

/**
 * Reads an amount in US dollars: a decimal string such as `"0.15"`, `"-3"` or `"1234567.000000000001"`.
 *
 * Digits are needed on both sides of the point; at most 12 decimals and 40 digits in all. Refused,
 * with a problem: numbers (a float is not exact, R5), exponents, spaces, separators, currency signs,
 * a leading `+`. Never throws.
 */
export function parseUsd(text: unknown): ParsedUsd {
  const read = readDecimal(text, USD_DECIMALS, "amount");
  return typeof read === "bigint" ? { ok: true, pico: read } : { ok: false, problem: read };
}

/**
 * The amount a decimal string stands for; for literals in code and tests. Takes what `parseUsd` takes.
 *
 * @throws RangeError with the problem `parseUsd` reports.
 */
export function usd(text: string): PicoUsd {
  const parsed = parseUsd(text);
  if (!parsed.ok) throw new RangeError(parsed.problem);
  return parsed.pico;
}

/**
 * The exact amount in US dollars as JSON carries it: no exponent, no trailing zeros, `"0"` for zero,
 * `"-0.5"` for half a dollar owed. `parseUsd` reads it back to the same amount while it has no more
 * than 40 digits, that is below 10²⁸ dollars.
 */
export function formatUsd(pico: PicoUsd): string {
  return trimZeros(formatScaled(pico, USD_DECIMALS));
}

/**
 * The amount in US dollars with exactly `digits` decimals (0 to 12), for people and invoices. What
 * rounds to zero has no sign. Lines rounded one by one need not add up: see `roundToSum`.
 *
 * @throws RangeError when `digits` is not a whole number from 0 to 12.
 */
export function formatUsdFixed(pico: PicoUsd, digits: number, rounding: RoundingMode = "half-even"): string {
  return formatScaled(divideRounded(pico, picoPerUnit(digits), rounding), digits);
}

/**
 * Reads a price in US dollars per million tokens (`"0.0375"` is 37 500 pico dollars per token, exactly).
 *
 * Same notation as `parseUsd`, but at most 6 decimals, so that a token costs whole pico dollars, and
 * never negative. `"0"` is a price (R6). Never throws.
 */
export function parsePerMillionUsd(text: unknown): ParsedPerMillionUsd {
  const read = readDecimal(text, PER_MILLION_DECIMALS, "price per million tokens");
  if (typeof read === "string") return { ok: false, problem: read };
  if (read < 0n) return { ok: false, problem: "a price per million tokens cannot be negative; 0 is the lowest" };
  return { ok: true, picoPerToken: read };
}

/** The price in US dollars per million tokens, exact, in the notation `parsePerMillionUsd` reads. */
export function formatPerMillionUsd(picoPerToken: PicoUsd): string {
  return trimZeros(formatScaled(picoPerToken, PER_MILLION_DECIMALS));
}

/**
 * How many pico dollars one unit of the last of `digits` decimals is: 10¹⁰ for cents (2 digits).
 *
 * @throws RangeError when `digits` is not a whole number from 0 to 12.
 */
export function picoPerUnit(digits: number): PicoUsd {
  if (!Number.isInteger(digits) || digits < 0 || digits > USD_DECIMALS) {
    throw new RangeError(`digits must be a whole number from 0 to ${USD_DECIMALS}, not ${digits}`);
  }
  return 10n ** BigInt(USD_DECIMALS - digits);
}

/** The value in units of the last allowed decimal, or the problem. */
function readDecimal(text: unknown, maxDecimals: number, noun: string): bigint | string {
  const example = `write the ${noun} as a decimal string, such as "0.15"`;
  if (typeof text === "number") return `${example}, in quotes: a number is a float and not exact`;
  if (typeof text !== "string") return example;
  if (text.length > MAX_LENGTH) return tooManyDigits(noun);
  const match = DECIMAL.exec(text);
  if (match === null) return notDecimal(text, example);
  const whole = match[2] ?? "";
  const fraction = match[3] ?? "";
  if (whole.length + fraction.length > MAX_DIGITS) return tooManyDigits(noun);
  if (fraction.length > maxDecimals) {
    return `write the ${noun} with at most ${maxDecimals} decimals; this one has ${fraction.length}`;
  }
  const scaled = BigInt(whole + fraction.padEnd(maxDecimals, "0"));
  return match[1] === "-" ? -scaled : scaled;
}

function notDecimal(text: string, example: string): string {
  if (text === "") return `${example}; it is empty`;
  if (/\s/.test(text)) return `${example}; remove the spaces`;
  if (WITH_EXPONENT.test(text)) return `${example}; write it out instead of using an exponent`;
  return `${example}: digits, one point with digits on both sides, and "-" in front when negative`;
}

function tooManyDigits(noun: string): string {
  return `write the ${noun} with at most ${MAX_DIGITS} digits`;
}

function formatScaled(scaled: bigint, decimals: number): string {
  const sign = scaled < 0n ? "-" : "";
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(decimals + 1, "0");
  if (decimals === 0) return sign + digits;
  const point = digits.length - decimals;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

function trimZeros(fixed: string): string {
  return fixed.replace(/\.?0+$/, "");
}
