import type { PicoUsd } from "../money/pico-usd.ts";
import type { HoldClaim, Rollover } from "../ports/limit-store.port.ts";

/** What a period inherits from the one before, where this much of it was spent and is still held. */
export function rolledOver(
  { previousLimitPico, atMostPico }: Pick<Rollover, "previousLimitPico" | "atMostPico">,
  spentPico: PicoUsd,
  heldPico: PicoUsd,
): PicoUsd {
  const left = previousLimitPico - spentPico - heldPico;
  if (left <= 0n) return 0n;
  return left < atMostPico ? left : atMostPico;
}

/**
 * The limit in force of a claim's period.
 *
 * @param drawnPico what the next period has drawn from this one's own limit, and cannot be claimed here any more. What
 *   this period inherited is over then: its own limit is spent first, and the next could only draw what was left of it.
 */
export function limitInForce(
  { limitPico, rollover }: Pick<HoldClaim, "limitPico" | "rollover">,
  rolledPico: PicoUsd,
  drawnPico: PicoUsd,
): PicoUsd {
  return rollover !== undefined && drawnPico > 0n ? limitPico - drawnPico : limitPico + rolledPico;
}

/** How much of what it inherited a period has drawn, with this much spent and held of its own. */
export function drawnOf(limitPico: PicoUsd, rolledPico: PicoUsd, usedPico: PicoUsd): PicoUsd {
  const drawn = usedPico - limitPico;
  if (drawn <= 0n) return 0n;
  return drawn < rolledPico ? drawn : rolledPico;
}
