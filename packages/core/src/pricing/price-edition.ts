import type { Instant } from "../time/instant.ts";
import { priceId } from "./parse-prices.ts";
import type { PriceBook } from "./price-book.ts";
import type { Price } from "./price.ts";

/** Prices that were imported together: what was known about prices from one moment on (recorded time). */
export interface PriceEdition {
  /** 1, 2, 3 … in the order of recording. 0 is the book without any edition. */
  readonly version: number;
  readonly recordedAt: Instant;
  /** Where the figures come from, for people: `litellm prices.json, sha256 1f0c…`. */
  readonly source: string;
  /** Ids begin with `edition-<version>:`, so that no two editions share one. Periods of one model do not overlap. */
  readonly prices: readonly Price[];
}

/** An edition that has no version yet; the ids of its prices are made when it gets one. */
export type NewPriceEdition = Omit<PriceEdition, "version">;

/** An edition without its prices. */
export interface EditionSummary extends Omit<PriceEdition, "prices"> {
  /** How many prices it has. */
  readonly count: number;
}

/** Which prices are in force. */
export interface LivePrices {
  /** Grows with every edition that is added and every pin that is set or taken away. */
  readonly revision: number;
  /** The version that stays in force whatever is added; null when the latest is in force. */
  readonly pinned: number | null;
  /** The pinned edition, else the latest; null is the book without any edition. */
  readonly edition: PriceEdition | null;
}

/** A book that editions are laid over. */
export interface PriceLayers {
  /** What the book without an edition is made of, for people. */
  readonly source: string;
  /** When those figures were published. */
  readonly recordedAt: Instant;
  /** The book with this edition in it. Throws `invalid_configuration` when its periods overlap. */
  bookWith(edition: PriceEdition | null): PriceBook;
}

/** The edition under its version, and each price under an id that names both. */
export function numberEdition(edition: NewPriceEdition, version: number): PriceEdition {
  const { recordedAt, source } = edition;
  const prices = edition.prices.map((price) => ({
    ...price,
    id: priceId(`edition-${version}`, price, price.tenantId, price.from),
  }));
  return { version, recordedAt, source, prices };
}
