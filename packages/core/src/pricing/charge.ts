import { divideRounded } from "../money/rounding.ts";
import type { PicoUsd } from "../money/pico-usd.ts";

/** What the tenant pays for what the provider bills. Stored with every line under `version`. */
export type ChargePolicy =
  | { readonly kind: "pass-through"; readonly version: string }
  /** Cost plus a share of it; 200_000 ppm is a markup of 20 %. */
  | { readonly kind: "markup"; readonly version: string; readonly markupPpm: bigint };

/** The tenant's charge for a provider cost, rounded once, half-even at 10⁻¹² USD. Unknown cost, unknown charge (R6). */
export function chargeFor(policy: ChargePolicy, costPico: PicoUsd | null): PicoUsd | null {
  if (costPico === null) return null;
  switch (policy.kind) {
    case "pass-through":
      return costPico;
    case "markup":
      return divideRounded(costPico * (1_000_000n + policy.markupPpm), 1_000_000n, "half-even");
  }
}
