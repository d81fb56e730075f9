import type { ModelRef } from "../tenancy/model-ref.ts";
import { formatModelRef } from "../tenancy/model-ref.ts";
import type { Instant } from "../time/instant.ts";
import type { PriceBook } from "./price-book.ts";
import type { Price } from "./price.ts";

/** The prices in force of the models in these routes, each once, in the order of the routes; unpriced models have none. */
export function offeredPrices(
  book: PriceBook,
  routes: Iterable<readonly ModelRef[]>,
  at: Instant,
  tenantId?: string,
): readonly Price[] {
  const offered = new Map<string, Price>();
  for (const route of routes) {
    for (const ref of route) {
      const price = book.find(ref, at, tenantId);
      if (price !== null) offered.set(formatModelRef(ref), price);
    }
  }
  return [...offered.values()];
}
