import type { PicoUsd } from "../money/pico-usd.ts";
import type { HoldClaim, LimitSpending } from "../ports/limit-store.port.ts";
import type { Instant } from "../time/instant.ts";
import type { Period } from "../time/period.ts";
import type { MoneyEntry } from "./budget-window.ts";

/**
 * How long an ended calendar period is kept beyond the next one, which may inherit from it: a late fact or a wall clock
 * put back may still ask for it.
 */
export const keepEndedMs: number = 32 * 86_400_000;

/** The clock is read a moment before the claim it is read for reaches the store, and a store may be busy for seconds. */
const claimMayFollowMs = 60_000;

/** From when on nothing changes in a calendar period any more. */
export function keptUntil({ from, to }: Period): Instant {
  return to + (to - from) + keepEndedMs;
}

/** False when the budget was introduced after the money was spent, so that it never counted there. */
export function wasClaimedBy(since: Instant, at: Instant): boolean {
  return since <= at + claimMayFollowMs;
}

/**
 * Where money that is told of later counts in a budget, on the budget's time; null when it can count no more.
 *
 * The budget's time may run ahead of the wall clock, and may have begun to since `at`. Each sign takes the side on which
 * a budget counts rather too long than not long enough: what is added is stamped as if it had run ahead then, and what is
 * taken back as if it had not.
 */
export function lateStamp(
  { span }: HoldClaim,
  { amountPico, at }: Pick<LimitSpending, "amountPico" | "at">,
  time: { readonly now: Instant; readonly t: Instant; readonly offsetMs: number },
): Instant | null {
  if (span.kind === "calendar") return keptUntil(span.period) <= time.now ? null : at;
  const stamp = Math.min(amountPico < 0n ? at : at + time.offsetMs, time.t);
  return stamp > time.t - span.windowMs ? stamp : null;
}

/** The entries without an amount, taken from the earliest at or after `from`; never below 0. */
export function takeBack(entries: readonly MoneyEntry[], from: Instant, amountPico: PicoUsd): MoneyEntry[] {
  let left = amountPico;
  return entries.map((entry) => {
    if (entry.stamp < from || left === 0n) return entry;
    const taken = entry.amountPico < left ? entry.amountPico : left;
    left -= taken;
    return { stamp: entry.stamp, amountPico: entry.amountPico - taken };
  });
}

/** From when on a repetition of the fact would change nothing even if it were not recognised. */
export function forgetAt(claims: readonly HoldClaim[], at: Instant): Instant {
  const ends = claims.map(({ span }) =>
    span.kind === "calendar" ? keptUntil(span.period) : at + span.windowMs + keepEndedMs,
  );
  return Math.max(at + keepEndedMs, ...ends);
}
