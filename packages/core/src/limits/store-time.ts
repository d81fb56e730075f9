import type { Instant } from "../time/instant.ts";

/** What a key's time needs to know to go on: persist it with the key's entries. */
export interface StoreTime {
  /** How far the key's time runs ahead of the wall clock, ms, ≥ 0. Never shrinks while the key has entries. */
  readonly offsetMs: number;
  /** The key's time now. */
  readonly t: Instant;
}

/**
 * `now` is the store's time (store-clock.ts): the wall clock's where the machine has no other, and after each start of it.
 *
 * The time of a key: the wall clock plus an offset that grows whenever the key has already seen a later time, so that
 * time never goes back and goes on from where it stood.
 *
 * Without the floor a wall clock that steps back would make old admissions lie in the future and free their slots (R3).
 * Without the offset time would stand still until the wall clock has caught up, and a full window would stay full for
 * as long as the step was wide. So the time a claim met has to be kept, also when the claim is refused: what has been
 * forgotten by then would otherwise be asked for again.
 *
 * @param latest the key's time when it was last claimed; null when it never was.
 */
export function storeTime(now: Instant, offsetMs: number, latest: Instant | null): StoreTime {
  const t = Math.max(now + offsetMs, latest ?? -Infinity);
  return { t, offsetMs: t - now };
}
