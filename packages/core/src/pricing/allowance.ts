import { divideRounded } from "../money/rounding.ts";
import type { PicoUsd } from "../money/pico-usd.ts";
import type { CalendarUnit, Period } from "../time/period.ts";
import { totalTokens, type Usage } from "./usage.ts";

/** `usd` of charge, tokens of all classes, or charged attempts: one for each answered call unless failures are charged. */
export type AllowanceUnit = "usd" | "tokens" | "calls";

/** What is included in every calendar period of the tenant's zone. */
export interface Allowance {
  readonly unit: AllowanceUnit;
  /** Pico-USD, tokens or calls. ≥ 0. */
  readonly amount: bigint;
  readonly per: CalendarUnit;
}

/** An amount before it is rounded, in pico-USD; the denominator is > 0. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** What a line may draw on, as `UsageLedger.settle` is told. */
export interface AllowanceTerms {
  /** Names what is counted: `tokens-month`. A change of amount or prices goes on with the same count. */
  readonly id: string;
  readonly unit: AllowanceUnit;
  /** What is included in the period, in the unit. */
  readonly limit: bigint;
  /** Decided by the line's `occurredAt` (R8). */
  readonly period: Period;
  /** The line's charge without the allowance, before it was rounded. */
  readonly exact: Fraction;
}

/** What a line drew, as it is stored with it. */
export interface AllowanceShare extends Omit<AllowanceTerms, "exact"> {
  /** The charge without the allowance. */
  readonly fullPico: PicoUsd;
  /** What the line amounts to in the unit. */
  readonly quantity: bigint;
  /** What was used of the period's allowance before this line. */
  readonly before: bigint;
  /** How much of `quantity` is included: this many more are used after it. */
  readonly covered: bigint;
}

/** A line with its charge, and what settles it. */
export interface Drawn {
  readonly chargePico: PicoUsd;
  readonly share: AllowanceShare;
}

/** Names the count that an allowance keeps. */
export function allowanceId({ unit, per }: Pick<Allowance, "unit" | "per">): string {
  return `${unit}-${per}`;
}

/** The terms of a line that takes another's place, where nobody gave it any: those of the line it replaces. */
export function inheritedTerms(share: AllowanceShare | undefined, fullPico: PicoUsd | null): AllowanceTerms | null {
  if (share === undefined || fullPico === null) return null;
  const { id, unit, limit, period } = share;
  return { id, unit, limit, period, exact: { numerator: fullPico, denominator: 1n } };
}

/** What a line amounts to in the unit of its allowance. */
export function allowanceQuantity(terms: AllowanceTerms, usage: Usage | null): bigint {
  switch (terms.unit) {
    case "usd":
      return divideRounded(terms.exact.numerator, terms.exact.denominator, "half-even");
    case "tokens":
      return usage === null ? 0n : BigInt(totalTokens(usage.tokens));
    case "calls":
      return 1n;
  }
}

/**
 * Splits a line at the edge of its allowance. What is included costs nothing; the rest is charged by its share of the
 * line's exact charge, rounded once, half-even. A line without tokens is beyond a token allowance.
 *
 * @param before what of the allowance was used before, in its unit, ≥ 0
 */
export function drawOnAllowance(terms: AllowanceTerms, usage: Usage | null, before: bigint): Drawn {
  const { id, unit, limit, period, exact } = terms;
  const quantity = allowanceQuantity(terms, usage);
  const left = limit > before ? limit - before : 0n;
  const covered = quantity < left ? quantity : left;
  const fullPico = divideRounded(exact.numerator, exact.denominator, "half-even");
  const share: AllowanceShare = { id, unit, limit, period, fullPico, quantity, before, covered };
  if (covered === 0n) return { chargePico: fullPico, share };
  if (unit === "usd") return { chargePico: fullPico - covered, share };
  const chargePico = divideRounded(exact.numerator * (quantity - covered), exact.denominator * quantity, "half-even");
  return { chargePico, share };
}
