import { expiredEntries, readWindow, windowFitsAt } from "../limits/sliding-window.ts";
import { storeTime } from "../limits/store-time.ts";
import type { Refusal, WindowClaim, WindowState } from "../ports/limit-store.port.ts";
import type { Instant } from "../time/instant.ts";
import type { MemoryState, MemoryStamp } from "./memory-state.ts";

/** A claim that was taken, and how to give it back. */
export interface TakenStamp {
  readonly entry: MemoryStamp;
  undo(): void;
}

/** Stamps the claim, or says why it does not fit. Instants in answers are on the wall clock. */
export function takeWindow(
  state: MemoryState,
  claim: WindowClaim,
  now: Instant,
): TakenStamp | { readonly refusal: Refusal } {
  const known = state.windows.get(claim.key);
  const window = known ?? { stamps: [], offsetMs: 0, latest: null, windowMs: 0 };
  // What follows is kept also when the claim is refused: time does not go back, and what has left does not return.
  const { t, offsetMs } = storeTime(now, window.offsetMs, window.latest);
  window.offsetMs = offsetMs;
  window.latest = t;
  window.windowMs = Math.max(window.windowMs, claim.windowMs);
  window.stamps.splice(0, expiredEntries(window.stamps, window.windowMs, t));
  const { used, remaining } = readWindow(window.stamps, claim.capacity, claim.windowMs, t);
  if (used + claim.amount > claim.capacity) {
    const fitsAt = windowFitsAt(window.stamps, claim.capacity, claim.windowMs, t, claim.amount);
    return {
      refusal: {
        kind: "window",
        limitId: claim.limitId,
        metric: claim.metric,
        capacity: claim.capacity,
        remaining,
        fitsAt: fitsAt === null ? null : fitsAt - offsetMs,
      },
    };
  }
  const entry: MemoryStamp = { stamp: t, amount: claim.amount };
  window.stamps.push(entry);
  state.windows.set(claim.key, window);
  const undo = (): void => {
    window.stamps.splice(window.stamps.lastIndexOf(entry), 1);
    if (known === undefined) state.windows.delete(claim.key);
  };
  return { entry, undo };
}

export function windowState(state: MemoryState, claim: WindowClaim, now: Instant): WindowState {
  const window = state.windows.get(claim.key);
  const stamps = window?.stamps ?? [];
  const { t, offsetMs } = storeTime(now, window?.offsetMs ?? 0, window?.latest ?? null);
  const { remaining, resetAt } = readWindow(stamps, claim.capacity, claim.windowMs, t);
  return {
    limitId: claim.limitId,
    metric: claim.metric,
    capacity: claim.capacity,
    windowMs: claim.windowMs,
    remaining,
    resetAt: resetAt - offsetMs,
  };
}

/** Drops keys in which nothing counts any more, so that memory is bounded by what is in force. */
export function sweepWindows(state: MemoryState, now: Instant): void {
  for (const [key, window] of state.windows) {
    const { t } = storeTime(now, window.offsetMs, window.latest);
    window.stamps.splice(0, expiredEntries(window.stamps, window.windowMs, t));
    if (window.stamps.length === 0) state.windows.delete(key);
  }
}
