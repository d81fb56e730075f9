import { divideRounded, parseExactDecimal, type PicoUsd } from "@tenantry/core";
import type { AttributeValue } from "./decoded-span.ts";

const decimals = 12;
/** As far down as a computed float has digits worth reading. */
const fineDecimals = 28;

/**
 * What a client says a call cost, from its decimal digits: those of the text, or the shortest that stand for the float.
 * Digits below 10⁻¹² dollars, which only computed floats have, are rounded half-even; the amount is in no sum (R5).
 * Null for what is no amount ≥ 0.
 */
export function toToldCost(value: AttributeValue | null | undefined): PicoUsd | null {
  const digits = typeof value === "number" ? String(value) : value;
  if (typeof digits !== "string" || digits.length > 64) return null;
  const exact = parseExactDecimal(digits, decimals);
  if (exact.ok) return exact.value;
  const fine = parseExactDecimal(digits, fineDecimals);
  return fine.ok ? divideRounded(fine.value, 10n ** BigInt(fineDecimals - decimals), "half-even") : null;
}
