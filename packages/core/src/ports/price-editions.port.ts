import type { EditionSummary, LivePrices, NewPriceEdition, PriceEdition } from "../pricing/price-edition.ts";

/**
 * Editions of the price book through recorded time, and which of them is in force. Editions are immutable and never
 * removed (R7).
 *
 * `add` records an edition under the next version (1 for the first) and answers it as `numberEdition` makes it. It is
 * in force from then on, unless another is pinned. `basedOn` is the revision that the caller's decision was made on; any
 * other is a `conflict` and records nothing, so that nobody puts prices in force over ones they have not seen.
 *
 * `pin` keeps a version in force until it is pinned to another, or to null: then the latest is. 0 is the book without
 * any edition. A version that does not exist is `not_found`, and nothing changes.
 *
 * `list` is newest first, `find` exact; an unknown version is null.
 *
 * `live` answers what is in force when its revision is above `since` (-1: in any case), and null when nothing has
 * changed: cheap enough to ask several times a second. Revisions grow in the order in which changes can be seen.
 *
 * Concurrency: any number of callers. Changes are seen by this process once they are resolved, and by others within a
 * second. Errors: `unavailable`; then nothing was written.
 */
export interface PriceEditions {
  add(edition: NewPriceEdition, basedOn: number): Promise<PriceEdition>;
  pin(version: number | null): Promise<void>;
  list(): Promise<readonly EditionSummary[]>;
  find(version: number): Promise<PriceEdition | null>;
  live(since: number): Promise<LivePrices | null>;
}
