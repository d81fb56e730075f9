import type { PicoUsd } from "../money/pico-usd.ts";
import type { Instant } from "../time/instant.ts";

/** Money that counts from its stamp on: spent, or reserved at that instant. */
export interface MoneyEntry {
  readonly stamp: Instant;
  /** ≥ 0. */
  readonly amountPico: PicoUsd;
}

/** Whether a hold fits: spent, held and the claim together are at most the limit (R3). Exact at any size (R5). */
export function fitsBudget(limitPico: PicoUsd, spentPico: PicoUsd, heldPico: PicoUsd, amountPico: PicoUsd): boolean {
  return spentPico + heldPico + amountPico <= limitPico;
}

/** What was spent in (t − windowMs, t]. */
export function spentInWindow(spent: readonly MoneyEntry[], windowMs: number, t: Instant): PicoUsd {
  let sum = 0n;
  for (const entry of spent) {
    if (entry.stamp > t - windowMs) sum += entry.amountPico;
  }
  return sum;
}

/** When the last of what was spent leaves a rolling budget; null when nothing counts at t. */
export function rollingResetAt(spent: readonly MoneyEntry[], windowMs: number, t: Instant): Instant | null {
  let latest: Instant | null = null;
  for (const { stamp, amountPico } of spent) {
    if (amountPico > 0n && stamp > t - windowMs && (latest === null || stamp > latest)) latest = stamp;
  }
  return latest === null ? null : latest + windowMs;
}

/**
 * The earliest instant from t on at which a claim fits a rolling budget if nothing else is admitted; null when it is
 * more than the limit. Open holds are taken for spent at their own stamps, which is the most they can become.
 */
export function rollingFitsAt(
  spent: readonly MoneyEntry[],
  holds: readonly MoneyEntry[],
  limitPico: PicoUsd,
  windowMs: number,
  t: Instant,
  amountPico: PicoUsd,
): Instant | null {
  if (amountPico > limitPico) return null;
  const leaving = [...spent.filter((entry) => entry.stamp > t - windowMs), ...holds].sort((a, b) => a.stamp - b.stamp);
  let excess = leaving.reduce((sum, entry) => sum + entry.amountPico, amountPico - limitPico);
  let fitsAt = t;
  for (const entry of leaving) {
    if (excess <= 0n) break;
    excess -= entry.amountPico;
    fitsAt = Math.max(t, entry.stamp + windowMs);
  }
  return fitsAt;
}

/** When a claim on a calendar budget fits again: at the end of the period, or never when it is more than the limit. */
export function calendarFitsAt(periodEnd: Instant, limitPico: PicoUsd, amountPico: PicoUsd): Instant | null {
  return amountPico > limitPico ? null : periodEnd;
}
