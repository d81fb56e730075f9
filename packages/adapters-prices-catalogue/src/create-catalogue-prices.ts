import {
  createPriceBook,
  TenantryError,
  type Instant,
  type ModelRef,
  type Price,
  type PriceBook,
  type PriceEdition,
  type PriceLayers,
  type PriceSource,
} from "@tenantry/core";
import { createCatalogue, type Catalogue, type LeftOut } from "./catalogue.ts";
import { catalogueRelease, catalogueVersion } from "./catalogue-release.ts";
import { readOverrides, type Overrides } from "./read-overrides.ts";

export interface CataloguePricesOptions {
  /** A YAML (or JSON) file of prices as `parsePrices` of core describes it. They win over the catalogue. */
  readonly overrideFile?: string;
  /** The same as plain data. Must not overlap what the file says. */
  readonly overrides?: unknown;
  /** Whose models the catalogue holds. Default openai and anthropic; `[]` for overrides alone. */
  readonly providers?: readonly string[];
}

export interface CataloguePrices extends PriceSource, PriceLayers {
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
 * `bookWith` puts an imported edition into that order, behind the overrides twice: the tenant's override, the tenant's
 * price of the edition, the override for everybody, everybody's price of the edition, the catalogue. So a tenant's own
 * price holds before everybody's override, also where it was imported.
 *
 * Throws `invalid_configuration` with every problem of the overrides and of the options.
 */
export async function createCataloguePrices(options: CataloguePricesOptions = {}): Promise<CataloguePrices> {
  const catalogue = openCatalogue(options.providers ?? ["openai", "anthropic"]);
  let data = options.overrides;
  let overrides = await readOverrides(options.overrideFile, data);
  let book = createLayeredBook(catalogue, overrides, null);
  return {
    current: () => book,
    leftOut: catalogue.leftOut,
    get source() {
      return book.version;
    },
    recordedAt: Date.parse(catalogueRelease.date),
    bookWith: (edition) => (edition === null ? book : createLayeredBook(catalogue, overrides, edition)),
    async reload(given) {
      const next = given ?? data;
      const read = await readOverrides(options.overrideFile, next);
      book = createLayeredBook(catalogue, read, null);
      overrides = read;
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

function createLayeredBook(catalogue: Catalogue, overrides: Overrides, edition: PriceEdition | null): PriceBook {
  const versions = [catalogueVersion, overrides.version, edition === null ? null : `edition ${edition.version}`];
  const layers = [overrides.prices, edition?.prices ?? []].map((prices) => layerOf(catalogue, prices));
  return {
    version: versions.filter((part) => part !== null).join(" + "),
    prices: [...overrides.prices, ...(edition?.prices ?? []), ...catalogue.prices],
    find(ref, at, tenantId) {
      if (tenantId !== undefined) {
        for (const layer of layers) {
          const price = layer.findOwn(ref, at, tenantId);
          if (price !== null) return price;
        }
      }
      for (const layer of layers) {
        const price = layer.findEverybodys(ref, at);
        if (price !== null) return price;
      }
      return catalogue.find(ref, at);
    },
  };
}

/** Prices laid over the catalogue; each holds under every name of its model. */
interface Layer {
  findOwn(ref: ModelRef, at: Instant, tenantId: string): Price | null;
  findEverybodys(ref: ModelRef, at: Instant): Price | null;
}

const emptyLayer: Layer = { findOwn: () => null, findEverybodys: () => null };

/** Throws `invalid_configuration` when periods overlap. */
function layerOf(catalogue: Catalogue, prices: readonly Price[]): Layer {
  if (prices.length === 0) return emptyLayer;
  const book = createPriceBook("layer", prices);
  const everybodys = createPriceBook(
    "everybody's",
    prices.filter(({ tenantId }) => tenantId === null),
  );
  const models = new Set(prices.map(({ model }) => model));
  const find = (ref: ModelRef, findIn: (name: ModelRef) => Price | null): Price | null => {
    for (const name of overriddenNames(catalogue, models, ref)) {
      const price = findIn(name);
      if (price !== null) return price;
    }
    return null;
  };
  return {
    findOwn: (ref, at, tenantId) =>
      find(ref, (name) => {
        const price = book.find(name, at, tenantId);
        return price?.tenantId === null ? null : price;
      }),
    findEverybodys: (ref, at) => find(ref, (name) => everybodys.find(name, at)),
  };
}

const noNames: readonly ModelRef[] = [];

/** The names under which an override for this model may stand: the very name first, then the catalogue's. */
function overriddenNames(catalogue: Catalogue, overridden: ReadonlySet<string>, ref: ModelRef): readonly ModelRef[] {
  const exact = overridden.has(ref.model) ? [ref] : noNames;
  const name = catalogue.nameOf(ref);
  if (name === null || name === ref.model || !overridden.has(name)) return exact;
  return [...exact, { provider: ref.provider, model: name }];
}
