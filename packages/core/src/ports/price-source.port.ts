import type { PriceBook } from "../pricing/price-book.ts";

/**
 * Where prices come from.
 *
 * `current` is synchronous because every call asks it: it answers the last good book from memory and never throws. A
 * source that reloads swaps the whole book at once; a book that fails its checks is never swapped in.
 */
export interface PriceSource {
  current(): PriceBook;
}
