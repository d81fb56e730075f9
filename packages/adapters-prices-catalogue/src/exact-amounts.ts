import { parsePerMillionUsd, parseUsd, type PicoUsd } from "@tenantry/core";

/**
 * Pico-USD per token for a number of dollars per million tokens, or null when it is not exact.
 *
 * The number is a decimal literal of the data, so it is read through its shortest decimal text and never computed
 * with: `0.1` is ten cents, not 0.1000000000000000055 (R5).
 */
export function picoPerToken(dollarsPerMillion: number): PicoUsd | null {
  const parsed = parsePerMillionUsd(String(dollarsPerMillion));
  return parsed.ok ? parsed.picoPerToken : null;
}

/** Pico-USD per unit for a number of dollars per thousand units, or null when it is not exact. */
export function picoPerUnitOfThousand(dollarsPerThousand: number): PicoUsd | null {
  const parsed = parseUsd(String(dollarsPerThousand));
  if (!parsed.ok || parsed.pico < 0n || parsed.pico % 1000n !== 0n) return null;
  return parsed.pico / 1000n;
}
