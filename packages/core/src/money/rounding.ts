/**
 * How a quotient becomes a whole number. The names speak of distance from zero, so an amount and
 * its negative always round to opposite results.
 *
 * - `half-even`: to the nearest; a tie goes to the even neighbour (the default everywhere).
 * - `half-up`: to the nearest; a tie goes away from zero.
 * - `down`: toward zero.
 * - `up`: away from zero.
 */
export type RoundingMode = "half-even" | "half-up" | "down" | "up";

/**
 * `numerator / denominator` as a whole number, rounded by `mode`; exact for either sign of either
 * argument.
 *
 * @throws RangeError when the denominator is zero.
 */
export function divideRounded(numerator: bigint, denominator: bigint, mode: RoundingMode): bigint {
  if (denominator === 0n) throw new RangeError("cannot divide by zero");
  const quotient = numerator / denominator;
  const remainder = numerator % denominator;
  if (remainder === 0n || !roundsAway(quotient, magnitude(remainder), magnitude(denominator), mode)) {
    return quotient;
  }
  return numerator < 0n === denominator < 0n ? quotient + 1n : quotient - 1n;
}

function roundsAway(quotient: bigint, remainder: bigint, denominator: bigint, mode: RoundingMode): boolean {
  switch (mode) {
    case "down":
      return false;
    case "up":
      return true;
    case "half-up":
      return 2n * remainder >= denominator;
    case "half-even":
      return 2n * remainder === denominator ? quotient % 2n !== 0n : 2n * remainder > denominator;
  }
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}
