import type { PicoUsd } from "../money/pico-usd.ts";
import type { Instant } from "../time/instant.ts";

/** What was told last of a budget. */
export interface Told {
  readonly percent: number;
  /** On the budget's own clock. */
  readonly at: Instant;
}

/** The mark while it is in force: in a calendar period to its end, in a rolling budget for one window. */
export function toldInForce(told: Told | null, windowMs: number | null, t: Instant): Told | null {
  return told !== null && windowMs !== null && told.at <= t - windowMs ? null : told;
}

/** Which of the shares, ascending, are spent and have not been told. */
export function reachedPercents(
  alertAtPercent: readonly number[],
  spentPico: PicoUsd,
  limitPico: PicoUsd,
  toldPercent: number | null,
): readonly number[] {
  return alertAtPercent.filter(
    (percent) => percent > (toldPercent ?? 0) && spentPico * 100n >= BigInt(percent) * limitPico,
  );
}
