import {
  parsePrices,
  TenantryError,
  type ModelRef,
  type Price,
  type PriceBook,
  type PriceSource,
} from "@tenantry/core";
import { createFixedPrices } from "@tenantry/core/testing";
import type { Mutant } from "../contract.ts";
import type { PriceSourceSubject } from "../price-source.contract.ts";

type Find = PriceBook["find"];

/** Reads prices into a source in memory: the sound source all mutants damage. */
export function openFixedPrices(): PriceSourceSubject {
  const source = createFixedPrices();
  return {
    source,
    load(data) {
      const parsed = parsePrices(data, "contract");
      if (!parsed.ok) return Promise.reject(TenantryError.invalidConfiguration(parsed.issues));
      return Promise.resolve(source.replace(parsed.prices));
    },
  };
}

function mutant(
  name: string,
  kills: readonly string[],
  damage: (sound: PriceSourceSubject) => PriceSourceSubject,
): Mutant<PriceSourceSubject> {
  return {
    name,
    kills,
    open: () => ({ subject: damage(openFixedPrices()), close: () => undefined }),
  };
}

/** The same subject with every book changed, the same change for the same book. */
function withBooks(change: (book: PriceBook) => PriceBook): (sound: PriceSourceSubject) => PriceSourceSubject {
  return ({ source, load }) => {
    const changed = new WeakMap<PriceBook, PriceBook>();
    const current = (): PriceBook => {
      const book = source.current();
      const known = changed.get(book) ?? change(book);
      changed.set(book, known);
      return known;
    };
    return { source: { current }, load };
  };
}

const withFind = (change: (find: Find, book: PriceBook) => Find): ((sound: PriceSourceSubject) => PriceSourceSubject) =>
  withBooks((book) => ({ ...book, find: change((ref, at, tenantId) => book.find(ref, at, tenantId), book) }));

const withRates = (price: Price | null, change: (rate: bigint) => bigint): Price | null =>
  price === null
    ? null
    : {
        ...price,
        rates: Object.fromEntries(Object.entries(price.rates).map(([name, rate]) => [name, change(rate)])),
      };

const ofTenant = (book: PriceBook, ref: ModelRef, tenantId: string | null): Price | undefined =>
  book.prices.find(
    (price) => price.provider === ref.provider && price.model === ref.model && price.tenantId === tenantId,
  );

/** One book whose contents follow the source. */
function livingBook({ source, load }: PriceSourceSubject): PriceSourceSubject {
  const book: PriceBook = {
    get version() {
      return source.current().version;
    },
    get prices() {
      return source.current().prices;
    },
    find: (ref, at, tenantId) => source.current().find(ref, at, tenantId),
  };
  const living: PriceSource = { current: () => book };
  return { source: living, load };
}

/** Price sources that are wrong on purpose. */
export const priceSourceMutants: readonly Mutant<PriceSourceSubject>[] = [
  mutant("makes a book every time it is asked", ["P1"], ({ source, load }) => ({
    source: { current: () => ({ ...source.current() }) },
    load,
  })),
  mutant("throws before anything is loaded again", ["P1"], ({ source, load }) => {
    let asked = 0;
    const current = (): PriceBook => {
      asked += 1;
      if (asked > 50) throw new Error("prices are stale");
      return source.current();
    };
    return { source: { current }, load };
  }),
  mutant(
    "calls every edition the same",
    ["P2"],
    withBooks((book) => ({ ...book, version: "prices" })),
  ),
  mutant(
    "has no version",
    ["P2"],
    withBooks((book) => ({ ...book, version: "" })),
  ),
  mutant("changes its book in place", ["P3"], livingBook),
  mutant("never reloads", ["P3"], ({ source, load }) => {
    let isLoaded = false;
    return {
      source,
      async load(data) {
        if (!isLoaded) await load(data);
        isLoaded = true;
      },
    };
  }),
  mutant("loads the good part of bad prices", ["P4"], ({ source, load }) => ({
    source,
    async load(data) {
      const { prices } = data as { prices: unknown[] };
      await load(data).catch(async () => await load({ prices: prices.slice(0, 1) }));
    },
  })),
  mutant("is empty after bad prices", ["P4"], ({ source, load }) => ({
    source,
    async load(data) {
      await load(data).catch(async (error: unknown) => {
        await load({ prices: [] });
        throw error;
      });
    },
  })),
  mutant(
    "lists prices for everybody alone",
    ["P5"],
    withBooks((book) => ({
      ...book,
      prices: book.prices.filter((price) => price.tenantId === null),
    })),
  ),
  mutant(
    "begins a period one millisecond late",
    ["P6"],
    withFind((find) => (ref, at, tenantId) => find(ref, at - 1, tenantId)),
  ),
  mutant(
    "ends a period one millisecond late",
    ["P6"],
    withFind((find) => (ref, at, tenantId) => find(ref, at, tenantId) ?? find(ref, at - 1, tenantId)),
  ),
  mutant(
    "prices by today's price alone",
    ["P6"],
    withFind((find) => (ref, _at, tenantId) => find(ref, Date.UTC(2025, 11, 31), tenantId)),
  ),
  mutant(
    "keeps a price after its end",
    ["P7"],
    withFind(
      (find, book) => (ref, at, tenantId) =>
        find(ref, at, tenantId) ??
        book.prices.findLast((price) => price.model === ref.model && (price.from ?? 0) <= at) ??
        null,
    ),
  ),
  mutant(
    "guesses by the beginning of a name",
    ["P7"],
    withFind(
      (find) => (ref, at, tenantId) =>
        find(ref, at, tenantId) ?? find({ ...ref, model: ref.model.replace(/-\d$/, "") }, at, tenantId),
    ),
  ),
  mutant(
    "throws for a model it does not know",
    ["P7"],
    withFind((find) => (ref, at, tenantId) => {
      const price = find(ref, at, tenantId);
      if (price === null) throw new Error("unknown model");
      return price;
    }),
  ),
  mutant(
    "takes a price of 0 for none",
    ["P8"],
    withFind((find) => (ref, at, tenantId) => {
      const price = find(ref, at, tenantId);
      return price?.rates.input === 0n ? find(ref, at) : price;
    }),
  ),
  mutant(
    "fills unknown classes with 0",
    ["P8"],
    withFind((find) => (ref, at, tenantId) => {
      const price = find(ref, at, tenantId);
      return price === null ? null : { ...price, rates: { output: 0n, ...price.rates } };
    }),
  ),
  mutant(
    "forgets whose call it is",
    ["P9"],
    withFind((find) => (ref, at) => find(ref, at)),
  ),
  mutant(
    "gives a tenant's price to tenants with a similar id",
    ["P9"],
    withFind((find) => (ref, at, tenantId) => find(ref, at, tenantId?.split(":")[0])),
  ),
  mutant(
    "uses a tenant's price before its period",
    ["P9"],
    withFind(
      (find, book) => (ref, at, tenantId) =>
        (tenantId === undefined ? undefined : ofTenant(book, ref, tenantId)) ?? find(ref, at, tenantId),
    ),
  ),
  mutant(
    "looks at the model's name alone",
    ["P10"],
    withFind((_find, book) => (ref) => book.prices.find((price) => price.model === ref.model) ?? null),
  ),
  mutant(
    "cuts provider and model at another slash",
    ["P10"],
    withFind((find) => (ref, at, tenantId) => {
      const [provider = "", ...rest] = `${ref.provider}/${ref.model}`.split("/");
      return find({ provider, model: rest.join("/") }, at, tenantId);
    }),
  ),
  mutant(
    "keeps amounts in floats",
    ["P11"],
    withFind(
      (find) => (ref, at, tenantId) =>
        withRates(find(ref, at, tenantId), (rate) => BigInt(Math.round((Number(rate) / 1e12) * 1e9)) * 1000n),
    ),
  ),
  mutant(
    "keeps amounts in 32 bits",
    ["P11"],
    withFind((find) => (ref, at, tenantId) => withRates(find(ref, at, tenantId), (rate) => BigInt.asUintN(32, rate))),
  ),
];
