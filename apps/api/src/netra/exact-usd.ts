import { formatUsd, type PicoUsd } from "@tenantry/core";

/** A number of a JSON text with digits of one's own choice (ECMAScript 2026, in Node since 21), which the es2024 types lack. */
const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;

/**
 * An amount as Netra's wires have it: a JSON number, here with its exact decimal digits, because a float would round
 * them (R5). `JSON.stringify` writes it. Null stays null: unknown is not 0 (R6).
 */
export function exactUsd(pico: PicoUsd | null): unknown {
  return pico === null ? null : rawJson(formatUsd(pico));
}
