import type { Instant } from "../time/instant.ts";

/** What one admission took of a window. */
export interface WindowEntry {
  readonly stamp: Instant;
  /** Calls or tokens, ≥ 0. */
  readonly amount: number;
}

export interface WindowReading {
  /** Sum of the amounts stamped in (t − windowMs, t]. */
  readonly used: number;
  /** Capacity that is left; 0 when tokens were used on credit. */
  readonly remaining: number;
  /** When nothing of it counts any more; t itself when nothing counts now. */
  readonly resetAt: Instant;
}

/**
 * What counts at t. The window is (t − windowMs, t]: an entry counts from its stamp until exactly `windowMs` later, so
 * no window of this length, wherever it starts, ever holds more than was admitted into one (R3).
 *
 * `entries` ascend by stamp and none is later than t.
 */
export function readWindow(
  entries: readonly WindowEntry[],
  capacity: number,
  windowMs: number,
  t: Instant,
): WindowReading {
  let used = 0;
  let resetAt = t;
  for (const { stamp, amount } of entries) {
    if (stamp <= t - windowMs || amount === 0) continue;
    used += amount;
    resetAt = stamp + windowMs;
  }
  return { used, remaining: Math.max(0, capacity - used), resetAt };
}

/** Whether `amount` more fits at t. */
export function fitsWindow(
  entries: readonly WindowEntry[],
  capacity: number,
  windowMs: number,
  t: Instant,
  amount: number,
): boolean {
  return readWindow(entries, capacity, windowMs, t).used + amount <= capacity;
}

/**
 * The earliest instant from t on at which `amount` fits if nothing else is admitted; null when it never does because it
 * is more than the capacity.
 */
export function windowFitsAt(
  entries: readonly WindowEntry[],
  capacity: number,
  windowMs: number,
  t: Instant,
  amount: number,
): Instant | null {
  if (amount > capacity) return null;
  let excess = readWindow(entries, capacity, windowMs, t).used + amount - capacity;
  let fitsAt = t;
  for (const entry of entries) {
    if (excess <= 0) break;
    if (entry.stamp <= t - windowMs) continue;
    excess -= entry.amount;
    fitsAt = entry.stamp + windowMs;
  }
  return fitsAt;
}

/** How many entries at the front can never count again, at t or later. */
export function expiredEntries(entries: readonly { readonly stamp: Instant }[], windowMs: number, t: Instant): number {
  let expired = 0;
  for (const { stamp } of entries) {
    if (stamp > t - windowMs) break;
    expired += 1;
  }
  return expired;
}
