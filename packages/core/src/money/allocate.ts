import { picoPerUnit } from "./decimal.ts";
import type { PicoUsd } from "./pico-usd.ts";
import { divideRounded } from "./rounding.ts";

/**
 * Splits `total` in proportion to `weights` by largest remainder: every share is within one pico
 * dollar of its exact proportion and the shares add up to `total` exactly (R5).
 *
 * Deterministic: equal remainders are served lowest index first. A zero weight gets zero. A negative
 * total is split as its magnitude is, with the sign put back.
 *
 * @throws RangeError when a weight is negative, or none is positive.
 */
export function allocate(total: PicoUsd, weights: readonly bigint[]): PicoUsd[] {
  if (weights.some((weight) => weight < 0n)) throw new RangeError("weights cannot be negative");
  const weightSum = sum(weights);
  if (weightSum === 0n) throw new RangeError("at least one weight must be positive");
  const sign = total < 0n ? -1n : 1n;
  const magnitude = total * sign;
  const shares = weights.map((weight) => (magnitude * weight) / weightSum);
  const remainders = weights.map((weight) => (magnitude * weight) % weightSum);
  addOneByRemainder(shares, remainders, magnitude - sum(shares), 1n);
  return shares.map((share) => share * sign);
}

/**
 * Rounds invoice lines to `digits` decimals (0 to 12) so that they add up to the rounded sum of the
 * exact lines, as `formatUsdFixed` shows it (half-even), by largest remainder.
 *
 * Every line moves by less than one unit of its last decimal, and a line that needs no rounding does
 * not move. Equal remainders are rounded up lowest index first. The results are still pico dollars.
 *
 * @throws RangeError when `digits` is not a whole number from 0 to 12.
 */
export function roundToSum(amounts: readonly PicoUsd[], digits: number): PicoUsd[] {
  const unit = picoPerUnit(digits);
  const remainders = amounts.map((amount) => ((amount % unit) + unit) % unit);
  const rounded = amounts.map((amount, index) => amount - (remainders[index] ?? 0n));
  const unitsOwed = divideRounded(sum(amounts), unit, "half-even") - sum(rounded) / unit;
  addOneByRemainder(rounded, remainders, unitsOwed, unit);
  return rounded;
}

/**
 * Adds `unit` to the `units` entries with the largest remainders. There are never more units than
 * entries with a remainder, because each remainder is less than the unit it is a part of.
 */
function addOneByRemainder(amounts: bigint[], remainders: readonly bigint[], units: bigint, unit: bigint): void {
  if (units === 0n) return;
  const largestFirst = remainders
    .map((remainder, index) => ({ remainder, index }))
    .sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1));
  for (const { index } of largestFirst.slice(0, Number(units))) {
    amounts[index] = (amounts[index] ?? 0n) + unit;
  }
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}
