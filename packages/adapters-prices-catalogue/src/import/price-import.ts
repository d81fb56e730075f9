import type { ImportedPrice, Instant } from "@tenantry/core";

/** A model of the source that is left out whole, because pricing the rest of it would bill something wrongly. */
export interface RefusedModel {
  /** `provider/model`. */
  readonly model: string;
  /** Where it stands in the source. */
  readonly path: string;
  readonly problem: string;
}

/** A field of the source that has no effect. */
export interface IgnoredField {
  readonly field: string;
  /** How many models have it. */
  readonly models: number;
  readonly reason: string;
}

/** What a file of prices comes to. Everything in it is here by name or by number. */
export interface PriceImport {
  /** Periods of one model do not overlap. */
  readonly prices: readonly ImportedPrice[];
  readonly refused: readonly RefusedModel[];
  readonly ignored: readonly IgnoredField[];
  /** Models of providers that were not asked for. */
  readonly notAsked: number;
}

export interface PriceImportOptions {
  /** The source's name of a provider to the name in `provider/model`. Prices of ours have names of their own. */
  readonly providers: ReadonlyMap<string, string>;
  /** Since when prices hold that have no period. Null: since ever. */
  readonly from: Instant | null;
  /** Fields that are left out although they may bill something. */
  readonly ignore: readonly string[];
}

/** Counts ignored fields by name. */
export interface IgnoredFields {
  add(field: string, reason: string): void;
  all(): readonly IgnoredField[];
}

export function createIgnoredFields(): IgnoredFields {
  const fields = new Map<string, IgnoredField>();
  return {
    add(field, reason) {
      fields.set(field, { field, models: (fields.get(field)?.models ?? 0) + 1, reason });
    },
    all: () => [...fields.values()].sort((a, b) => (a.field < b.field ? -1 : 1)),
  };
}
