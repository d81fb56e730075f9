import { calcPrice, findProvider } from "@pydantic/genai-prices";
import type { Instant, ModelRef, Price } from "@tenantry/core";
import { withBatchPrice } from "./batch-prices.ts";
import { convertModel } from "./convert-prices.ts";

/** A model of the catalogue that cannot be priced exactly, and so is not. */
export interface LeftOut {
  readonly provider: string;
  readonly model: string;
  readonly reason: string;
}

/** The prices of some providers, found by every name a provider answers with. */
export interface Catalogue {
  readonly prices: readonly Price[];
  readonly leftOut: readonly LeftOut[];
  /** The catalogue's own name of a model: `gpt-4o-mini` for `gpt-4o-mini-2024-07-18`. Null when it has none. */
  nameOf(ref: ModelRef): string | null;
  find(ref: ModelRef, at: Instant): Price | null;
}

/** Names are resolved once; callers choose them, so what is remembered is bounded. */
const rememberedNames = 10_000;
/** No provider has longer names; longer ones are not looked at. */
const longestName = 256;

/** Throws RangeError for a provider the data does not have. */
export function createCatalogue(providers: readonly string[]): Catalogue {
  const leftOut: LeftOut[] = [];
  const shelves = new Map<string, Shelf>();
  for (const id of providers) shelves.set(id, createShelf(id, leftOut));
  const resolve = (ref: ModelRef): Resolved => shelves.get(ref.provider)?.resolve(ref.model) ?? unknownModel;
  return {
    prices: [...shelves.values()].flatMap((shelf) => shelf.prices),
    leftOut,
    nameOf: (ref) => resolve(ref).name,
    find(ref, at) {
      const { prices } = resolve(ref);
      for (let index = prices.length - 1; index >= 0; index -= 1) {
        const price = prices[index] as Price;
        if (price.from === null || price.from <= at) return price;
      }
      return null;
    },
  };
}

/** What a model's name means. */
interface Resolved {
  /** The catalogue's own name, also of a model that is left out. */
  readonly name: string | null;
  /** Oldest first; empty when there are none. */
  readonly prices: readonly Price[];
}

const unknownModel: Resolved = { name: null, prices: [] };

/** The models of one provider. */
interface Shelf {
  readonly prices: readonly Price[];
  resolve(model: string): Resolved;
}

function createShelf(providerId: string, leftOut: LeftOut[]): Shelf {
  const provider = findProvider({ providerId });
  if (provider?.id !== providerId) throw new RangeError(`no provider is called ${providerId}`);
  const byName = new Map<string, Resolved>();
  for (const { id, ...model } of provider.models) {
    const converted = convertModel(providerId, { id, ...model });
    if (!converted.ok) leftOut.push({ provider: providerId, model: id, reason: converted.problem });
    const prices = converted.ok ? converted.prices.map(withBatchPrice) : [];
    byName.set(id, { name: id, prices });
  }
  const resolved = new Map<string, Resolved>();
  return {
    prices: [...byName.values()].flatMap(({ prices }) => prices),
    resolve(model) {
      const known = resolved.get(model);
      if (known !== undefined) return known;
      if (model.length > longestName) return unknownModel;
      const found = byName.get(matchModel(providerId, model) ?? model) ?? unknownModel;
      if (resolved.size >= rememberedNames) resolved.clear();
      resolved.set(model, found);
      return found;
    },
  };
}

/** The package's own matcher: exact names, prefixes and expressions, some 20 µs. */
function matchModel(providerId: string, name: string): string | null {
  return calcPrice({}, name, { providerId, timestamp: new Date(0) })?.model.id ?? null;
}
