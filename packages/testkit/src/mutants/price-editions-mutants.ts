import type { PriceEdition, PriceEditions } from "@tenantry/core";
import { createMemoryPriceEditions, createMemoryState, type MemoryState } from "@tenantry/core/testing";
import type { Mutant } from "../contract.ts";
import type { PriceEditionsSubject } from "../price-editions.contract.ts";
import { openMemoryPrices } from "../subjects/memory-prices.ts";

type Change = (store: PriceEditions, state: MemoryState) => Partial<PriceEditions>;

function mutant(name: string, kills: readonly string[], change: Change): Mutant<PriceEditionsSubject> {
  const make = (state: MemoryState): PriceEditions => {
    const store = createMemoryPriceEditions({ state });
    return { ...store, ...change(store, state) };
  };
  return { name, kills, open: () => openMemoryPrices(make) };
}

/** Replaces what was recorded last. */
function rewriteLast(state: MemoryState, change: (edition: PriceEdition) => PriceEdition): void {
  const last = state.editions.at(-1);
  if (last !== undefined) state.editions.splice(-1, 1, change(last));
}

/** Stores that break the PriceEditions contract. */
export const priceEditionsMutants: readonly Mutant<PriceEditionsSubject>[] = [
  mutant("keeps amounts as floats", ["V1"], (store, state) => ({
    async add(edition, basedOn) {
      const added = await store.add(edition, basedOn);
      const asFloat = (amount: bigint): bigint => BigInt(Number(amount) + 1_000);
      rewriteLast(state, (last) => ({
        ...last,
        prices: last.prices.map((price) => ({
          ...price,
          rates: Object.fromEntries(Object.entries(price.rates).map(([name, rate]) => [name, asFloat(rate)])),
        })),
      }));
      return added;
    },
  })),
  mutant("names prices by their model alone", ["V1", "V2"], (store, state) => ({
    async add(edition, basedOn) {
      const added = await store.add(edition, basedOn);
      rewriteLast(state, (last) => ({
        ...last,
        prices: last.prices.map((price) => ({ ...price, id: `edition:${price.model}` })),
      }));
      return added;
    },
  })),
  mutant("answers the latest for an unknown version", ["V1"], (store, state) => ({
    find: async (version) => (await store.find(version)) ?? state.editions.at(-1) ?? null,
  })),
  mutant("lists the oldest first", ["V3"], (store) => ({
    list: async () => (await store.list()).toReversed(),
  })),
  mutant("sorts versions as text", ["V3"], (store) => ({
    list: async () => (await store.list()).toSorted((a, b) => (String(a.version) < String(b.version) ? 1 : -1)),
  })),
  mutant("unpins when something is added", ["V4"], (store, state) => ({
    async add(edition, basedOn) {
      const added = await store.add(edition, basedOn);
      state.pricePin.version = null;
      return added;
    },
  })),
  mutant("takes 0 for no pin", ["V4"], (store) => ({
    pin: async (version) => await store.pin(version === 0 ? null : version),
  })),
  mutant("pins what does not exist", ["V5"], (_, state) => ({
    async pin(version) {
      state.pricePin.version = version;
      state.pricePin.revision += 1;
    },
  })),
  mutant("does not look at the revision", ["V6"], (store, state) => ({
    add: async (edition) => await store.add(edition, state.pricePin.revision),
  })),
  mutant("compares with the revision after its own pause", ["V6"], (store, state) => ({
    async add(edition, basedOn) {
      const isCurrent = basedOn === state.pricePin.revision;
      await new Promise((resolve) => setImmediate(resolve));
      return await store.add(edition, isCurrent ? state.pricePin.revision : basedOn);
    },
  })),
  mutant("counts a pin as no change", ["V6", "V7"], (store, state) => ({
    async pin(version) {
      const { revision } = state.pricePin;
      await store.pin(version);
      state.pricePin.revision = revision;
    },
  })),
  mutant("tells what it has told before", ["V7"], (store) => ({
    live: async () => await store.live(-1),
  })),
  {
    name: "keeps editions to its own process",
    kills: ["V6", "V7", "V8"],
    open: () => openMemoryPrices(() => createMemoryPriceEditions({ state: createMemoryState() })),
  },
  mutant("forgets the pin when it is opened", ["V8"], (_, state) => {
    state.pricePin.version = null;
    return {};
  }),
  mutant("says nothing of a write that failed", ["V9"], (store) => ({
    pin: async (version) => await store.pin(version).catch(() => {}),
  })),
  mutant("fails and writes all the same", ["V9"], (store, state) => ({
    async pin(version) {
      state.pricePin.revision += state.readOnly ? 1 : 0;
      await store.pin(version);
    },
  })),
];
