import type { PriceSource } from "../ports/price-source.port.ts";
import { createPriceBook, type PriceBook } from "../pricing/price-book.ts";
import type { Price } from "../pricing/price.ts";

/** A price source whose prices a test sets. */
export interface FixedPrices extends PriceSource {
  /** Puts another book in place, under the next version. Throws `invalid_configuration` and keeps the old one. */
  replace(prices: readonly Price[]): void;
}

/** Prices held in memory; versions are `fixed-1`, `fixed-2`, … */
export function createFixedPrices(prices: readonly Price[] = []): FixedPrices {
  let edition = 1;
  let book: PriceBook = createPriceBook(`fixed-${edition}`, prices);
  return {
    current: () => book,
    replace(next) {
      book = createPriceBook(`fixed-${edition + 1}`, next);
      edition += 1;
    },
  };
}

/** A price of everybody and of all time: `fixedPrice("acme/x", { rates: { input: usd("0.000001") } })`. */
export function fixedPrice(ref: string, terms: Partial<Omit<Price, "provider" | "model">>): Price {
  const slash = ref.indexOf("/");
  return {
    id: `fixed:${ref}`,
    provider: ref.slice(0, slash),
    model: ref.slice(slash + 1),
    tenantId: null,
    from: null,
    to: null,
    rates: {},
    longContext: [],
    serviceTiers: {},
    fees: {},
    source: "fixed",
    ...terms,
  };
}
