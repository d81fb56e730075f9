import type { Instant } from "../time/instant.ts";

/** What a key's time needs to know to go on: persist it with the key's entries. */
export interface StoreTime {
  /** How far the key's time runs ahead of the wall clock, ms, ≥ 0. Never shrinks while the key has entries. */
  readonly offsetMs: number;
  /** The key's time now. */
  readonly t: Instant;
}

/**
 * The time of a key: the wall clock plus an offset that grows whenever the key already bears a later stamp, so that
 * time never goes back and goes on from where it stood.
 *
 * Without the floor a wall clock that steps back would make old admissions lie in the future and free their slots (R3).
 * Without the offset time would stand still until the wall clock has caught up, and a full window would stay full for
 * as long as the step was wide. So a grown offset has to be kept, also when the claim that met it is refused.
 *
 * @param latestStamp the key's largest stamp; null when it has none.
 */
export function storeTime(now: Instant, offsetMs: number, latestStamp: Instant | null): StoreTime {
  const t = Math.max(now + offsetMs, latestStamp ?? -Infinity);
  return { t, offsetMs: t - now };
}
