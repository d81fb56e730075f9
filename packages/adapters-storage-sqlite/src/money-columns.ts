import type { PicoUsd } from "@tenantry/core";

/**
 * Money in two integer columns, value = hi · 10⁹ + lo with 0 ≤ lo < 10⁹ in a stored amount (R5).
 *
 * SQLite's integers end at 2⁶³, which is $9.2 M in pico dollars, and its arithmetic turns silently into floats there.
 * The two halves are summed apart: native sums stay exact for 9 · 10⁹ rows and up to 9 · 10²⁷ pico dollars, and `lo`
 * of a sum need not be below 10⁹. They meet again as a bigint.
 */
export interface MoneyColumns {
  readonly hi: bigint;
  readonly lo: bigint;
}

const BASE = 1_000_000_000n;
/** The columns hold less, either way. */
const BEYOND = BASE * 2n ** 63n;

/** Splits by floor, so that `lo` is never negative. */
export function toMoneyColumns(pico: PicoUsd): MoneyColumns {
  let hi = pico / BASE;
  let lo = pico % BASE;
  if (lo < 0n) {
    lo += BASE;
    hi -= 1n;
  }
  return { hi, lo };
}

/** Takes columns and sums of columns. */
export function fromMoneyColumns(hi: bigint | number, lo: bigint | number): PicoUsd {
  return BigInt(hi) * BASE + BigInt(lo);
}

/** @throws RangeError when an amount does not fit its columns. */
export function assertMoney(...amounts: readonly PicoUsd[]): void {
  for (const pico of amounts) {
    if (pico >= BEYOND || pico <= -BEYOND) throw new RangeError("an amount of money is too large to be stored");
  }
}
