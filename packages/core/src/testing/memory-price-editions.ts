import { TenantryError } from "../errors/tenantry-error.ts";
import type { PriceEditions } from "../ports/price-editions.port.ts";
import { numberEdition } from "../pricing/price-edition.ts";
import { createMemoryState, type MemoryState, refuseReadOnly } from "./memory-state.ts";

/** Editions in memory. Stores over the same state see the same editions. */
export function createMemoryPriceEditions(options: { readonly state?: MemoryState } = {}): PriceEditions {
  const state = options.state ?? createMemoryState();
  const { editions, pricePin } = state;
  return {
    async add(edition, basedOn) {
      refuseReadOnly(state);
      if (basedOn !== pricePin.revision) {
        throw new TenantryError("conflict", "the prices have changed since they were compared");
      }
      const numbered = numberEdition(edition, editions.length + 1);
      editions.push(numbered);
      pricePin.revision += 1;
      return numbered;
    },
    async pin(version) {
      refuseReadOnly(state);
      if (version !== null && version !== 0 && editions[version - 1] === undefined) {
        throw new TenantryError("not_found", `there is no edition ${version} of the prices`);
      }
      pricePin.version = version;
      pricePin.revision += 1;
    },
    list: async () =>
      editions.map(({ prices, ...rest }) => ({ ...rest, count: prices.length })).sort((a, b) => b.version - a.version),
    find: async (version) => editions[version - 1] ?? null,
    async live(since) {
      const { revision, version: pinned } = pricePin;
      if (revision <= since) return null;
      return { revision, pinned, edition: editions[(pinned ?? editions.length) - 1] ?? null };
    },
  };
}
