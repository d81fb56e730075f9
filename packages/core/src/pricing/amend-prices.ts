import { formatModelRef } from "../tenancy/model-ref.ts";
import type { Instant } from "../time/instant.ts";
import type { Price } from "./price.ts";

/**
 * Prices with others laid over them: for each model and tenant the amendments hold in the stretches of time they speak
 * of, and what was known holds in all others. Neither list may overlap in itself; the outcome does not.
 */
export function amendPrices(known: readonly Price[], amendments: readonly Price[]): readonly Price[] {
  const byKey = new Map<string, Price[]>();
  for (const price of amendments) {
    const prices = byKey.get(keyOf(price));
    if (prices === undefined) byKey.set(keyOf(price), [price]);
    else prices.push(price);
  }
  return [...known.flatMap((price) => outside(price, byKey.get(keyOf(price)) ?? [])), ...amendments];
}

function keyOf(price: Price): string {
  return JSON.stringify([formatModelRef(price), price.tenantId]);
}

/** The price in what is left of its period: a piece for each stretch that none of the others holds in. */
function outside(price: Price, others: readonly Price[]): readonly Price[] {
  let pieces: readonly Price[] = [price];
  for (const other of others) pieces = pieces.flatMap((piece) => cut(piece, other));
  return pieces;
}

function cut(price: Price, { from, to }: Price): readonly Price[] {
  const before = from === null ? null : { ...price, to: earlier(price.to, from) };
  const after = to === null ? null : { ...price, from: later(price.from, to) };
  return [before, after].filter((piece) => piece !== null).filter(isSome);
}

function earlier(to: Instant | null, other: Instant): Instant {
  return to === null ? other : Math.min(to, other);
}

function later(from: Instant | null, other: Instant): Instant {
  return from === null ? other : Math.max(from, other);
}

function isSome({ from, to }: Price): boolean {
  return from === null || to === null || from < to;
}
