import {
  createPriceBook,
  TenantryError,
  type ModelRef,
  type Price,
  type PriceBook,
  type PriceSource,
} from "@tenantry/core";
import { createCatalogue, type Catalogue, type LeftOut } from "./catalogue.ts";
import { catalogueVersion } from "./catalogue-release.ts";
import { readOverrides, type Overrides } from "./read-overrides.ts";

export interface CataloguePricesOptions {
  /** A YAML (or JSON) file of prices as `parsePrices` of core describes it. They win over the catalogue. */
  readonly overrideFile?: string;
  /** The same as plain data. Must not overlap what the file says. */
  readonly overrides?: unknown;
  /** Whose models the catalogue holds. Default openai and anthropic; `[]` for overrides alone. */
  readonly providers?: readonly string[];
}

export interface CataloguePrices extends PriceSource {
  /** Models of these providers that the catalogue cannot price exactly, and why. */
  readonly leftOut: readonly LeftOut[];
  /**
   * Reads the overrides again and puts the new book in place at once. Throws `invalid_configuration` with every problem
   * and keeps the old book.
   *
   * @param overrides Replaces the plain data given before.
   */
  reload(overrides?: unknown): Promise<void>;
}

/**
 * Prices from a dated catalogue that is part of this package (no network), with an operator's own on top.
 *
 * A model is found by the catalogue's name and by the dated names providers answer with. An override applies to its
 * model under all of those names, within its period; outside of it the catalogue holds. Order: the tenant's override,
 * the override for everybody, the catalogue.
 *
 * Throws `invalid_configuration` with every problem of the overrides and of the options.
 */
export async function createCataloguePrices(options: CataloguePricesOptions = {}): Promise<CataloguePrices> {
  const catalogue = openCatalogue(options.providers ?? ["openai", "anthropic"]);
  let data = options.overrides;
  const read = async (next: unknown): Promise<PriceBook> =>
    createLayeredBook(catalogue, await readOverrides(options.overrideFile, next));
  let book = await read(data);
  return {
    current: () => book,
    leftOut: catalogue.leftOut,
    async reload(overrides) {
      const next = overrides ?? data;
      book = await read(next);
      data = next;
    },
  };
}

function openCatalogue(providers: readonly string[]): Catalogue {
  try {
    return createCatalogue(providers);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw TenantryError.invalidConfiguration([{ path: "providers", message }]);
  }
}

function createLayeredBook(catalogue: Catalogue, overrides: Overrides): PriceBook {
  const version = [catalogueVersion, overrides.version].filter((part) => part !== null).join(" + ");
  // Also finds overlaps between the file and the plain data.
  createPriceBook(version, overrides.prices);
  const isTenants = (price: Price): boolean => price.tenantId !== null;
  const own = createPriceBook(version, overrides.prices.filter(isTenants));
  const everybodys = createPriceBook(
    version,
    overrides.prices.filter((price) => !isTenants(price)),
  );
  const overridden = new Set(overrides.prices.map((price) => price.model));
  return {
    version,
    prices: [...overrides.prices, ...catalogue.prices],
    find(ref, at, tenantId) {
      const refs = overriddenNames(catalogue, overridden, ref);
      for (const name of tenantId === undefined ? [] : refs) {
        const price = own.find(name, at, tenantId);
        if (price !== null) return price;
      }
      for (const name of refs) {
        const price = everybodys.find(name, at);
        if (price !== null) return price;
      }
      return catalogue.find(ref, at);
    },
  };
}

const noNames: readonly ModelRef[] = [];

/** The names under which an override for this model may stand: the very name first, then the catalogue's. */
function overriddenNames(catalogue: Catalogue, overridden: ReadonlySet<string>, ref: ModelRef): readonly ModelRef[] {
  if (overridden.size === 0) return noNames;
  const exact = overridden.has(ref.model) ? [ref] : noNames;
  const name = catalogue.nameOf(ref);
  if (name === null || name === ref.model || !overridden.has(name)) return exact;
  return [...exact, { provider: ref.provider, model: name }];
}
