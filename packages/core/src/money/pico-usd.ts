/**
 * An amount of money: whole 10⁻¹² US dollars, exact and unbounded (R5). USD is the only currency.
 *
 * A `bigint` never rounds, so sums past 2⁶³ (about 9.2 million dollars) stay exact as well.
 */
export type PicoUsd = bigint;

/** 10¹² pico dollars are one US dollar. */
export const PICO_PER_USD: PicoUsd = 1_000_000_000_000n;

/** An amount has at most 12 decimals when it is written in dollars. */
export const USD_DECIMALS = 12;
