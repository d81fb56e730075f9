import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aPrice } from "../testing/builders.ts";
import { amendPrices } from "./amend-prices.ts";
import { diffPrices, type PriceChange } from "./diff-prices.ts";
import { numberEdition } from "./price-edition.ts";
import { createPriceBook, type PriceBook } from "./price-book.ts";
import { priceAmounts } from "./price-view.ts";
import type { Price } from "./price.ts";

const bookOf = (prices: readonly Price[]): PriceBook => createPriceBook("v", prices);

/** A book that answers for `a` by the prices of `b` too, as a catalogue answers for a dated name. */
function resolvingBookOf(prices: readonly Price[]): PriceBook {
  const book = bookOf(prices);
  const find: PriceBook["find"] = (ref, at, tenantId) =>
    book.find(ref, at, tenantId) ?? (ref.model === "a" ? book.find({ ...ref, model: "b" }, at, tenantId) : null);
  return { ...book, find };
}

/** Prices of two models, some a tenant's own, at instants of 0 to 9; a model's periods follow each other, with gaps. */
const somePrices: fc.Arbitrary<readonly Price[]> = fc
  .array(
    fc.record({
      model: fc.constantFrom("a", "b"),
      tenantId: fc.constantFrom(null, "t"),
      cuts: fc.uniqueArray(fc.nat({ max: 9 }), { minLength: 0, maxLength: 4 }),
      isFirstOpen: fc.boolean(),
      rates: fc.array(fc.record({ input: fc.bigInt({ min: 0n, max: 2n }), isThere: fc.boolean() }), {
        minLength: 6,
        maxLength: 6,
      }),
    }),
    { maxLength: 4 },
  )
  .map((groups) => {
    const known = new Set<string>();
    return groups.flatMap(({ model, tenantId, cuts, isFirstOpen, rates }) => {
      const key = JSON.stringify([model, tenantId]);
      if (known.has(key)) return [];
      known.add(key);
      const ends = [...(isFirstOpen ? [null] : []), ...cuts.toSorted((a, b) => a - b)];
      return ends.flatMap((from, index) => {
        const { input, isThere } = rates[index] ?? { input: 0n, isThere: true };
        const to = ends[index + 1] ?? null;
        const id = `${key}@${from ?? "always"}`;
        return isThere ? [aPrice({ id, model, tenantId, from, to, rates: { input } })] : [];
      });
    });
  });

const instants = [-1, ...Array.from({ length: 12 }, (_, at) => at)];

function rateIn(book: PriceBook, model: string, at: number, tenantId: string | null): bigint | null {
  return book.find({ provider: "example", model }, at, tenantId ?? undefined)?.rates.input ?? null;
}

describe("a difference of books", () => {
  it("of a book and itself is empty, whatever ids and sources are called", () => {
    fc.assert(
      fc.property(somePrices, (prices) => {
        const renamed = prices.map((price) => ({ ...price, id: `${price.id}!`, source: "elsewhere" }));
        expect(diffPrices(bookOf(prices), bookOf(renamed))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it("is the same both ways, with before and after exchanged", () => {
    const swap = ({ beforePico, afterPico, ...rest }: PriceChange): PriceChange => ({
      ...rest,
      beforePico: afterPico,
      afterPico: beforePico,
    });
    fc.assert(
      fc.property(somePrices, somePrices, (a, b) => {
        expect(new Set(diffPrices(bookOf(b), bookOf(a)).map(swap))).toEqual(new Set(diffPrices(bookOf(a), bookOf(b))));
      }),
      { numRuns: 300 },
    );
  });

  it("says at every instant, for everybody and a tenant, exactly what each book answers where they differ", () => {
    fc.assert(
      fc.property(somePrices, somePrices, fc.constantFrom(bookOf, resolvingBookOf), (a, b, open) => {
        const [before, after] = [open(a), open(b)];
        const changes = diffPrices(before, after);
        const listed = new Set([...a, ...b].map(({ model, tenantId }) => JSON.stringify([model, tenantId])));
        for (const key of listed) {
          const [model, tenantId] = JSON.parse(key) as [string, string | null];
          for (const at of instants) {
            const said = changes.filter(
              (change) =>
                change.model === `example/${model}` &&
                change.tenantId === tenantId &&
                (change.from ?? -Infinity) <= at &&
                at < (change.to ?? Infinity),
            );
            const [one, other] = [before, after].map((book) => rateIn(book, model, at, tenantId));
            expect(said.map(({ beforePico, afterPico }) => [beforePico, afterPico])).toEqual(
              one === other ? [] : [[one, other]],
            );
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it("comes by time within a model, also where one figure differs for longer than another", () => {
    const long = aPrice({ id: "long", from: 1, rates: { input: 1n, output: 1n } });
    const pieces = [
      aPrice({ id: "first", from: 1, to: 3, rates: { input: 2n, output: 1n } }),
      aPrice({ id: "then", from: 3, to: 5, rates: { input: 2n, output: 2n } }),
      aPrice({ id: "at last", from: 5, rates: { input: 2n, output: 1n } }),
    ];
    const changes = diffPrices(bookOf([long]), bookOf(pieces));
    expect(changes.map(({ of, from, to }) => [of, from, to])).toEqual([
      ["input", 1, null],
      ["output", 3, 5],
    ]);
  });

  it("names each figure: rates, long context, service tiers and fees", () => {
    const before = aPrice({ longContext: [{ aboveInputTokens: 9, rates: { input: 5n } }], fees: { webSearch: 3n } });
    const after = aPrice({ rates: { input: 100n }, serviceTiers: { batch: { input: 50n } }, fees: { webSearch: 4n } });
    expect(
      diffPrices(bookOf([before]), bookOf([after])).map(({ of, beforePico, afterPico }) => [of, beforePico, afterPico]),
    ).toEqual([
      ["output", 400n, null],
      ["input, above 9 input tokens", 5n, null],
      ["webSearch", 3n, 4n],
      ["input, batch", null, 50n],
    ]);
    expect(priceAmounts(before)).toHaveLength(4);
  });
});

describe("prices laid over others", () => {
  it("hold where they speak, and what was known holds everywhere else", () => {
    fc.assert(
      fc.property(somePrices, somePrices, (known, amendments) => {
        const amended = bookOf(amendPrices(known, amendments));
        const [old, fresh] = [known, amendments];
        const stated = (prices: readonly Price[], model: string, tenantId: string | null, at: number): Price | null =>
          prices.find(
            (price) =>
              price.model === model &&
              price.tenantId === tenantId &&
              (price.from ?? -Infinity) <= at &&
              at < (price.to ?? Infinity),
          ) ?? null;
        for (const model of ["a", "b"]) {
          for (const at of instants) {
            const expected = stated(fresh, model, null, at) ?? stated(old, model, null, at);
            expect(rateIn(amended, model, at, null)).toBe(expected?.rates.input ?? null);
            const own = stated(fresh, model, "t", at) ?? stated(old, model, "t", at);
            expect(rateIn(amended, model, at, "t")).toBe((own ?? expected)?.rates.input ?? null);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("a numbered edition", () => {
  it("has prices whose ids name it and are its own, whatever it is cut into", () => {
    fc.assert(
      fc.property(somePrices, fc.integer({ min: 1, max: 1_000 }), (prices, version) => {
        const edition = numberEdition({ recordedAt: 1, source: "s", prices }, version);
        const ids = edition.prices.map(({ id }) => id);
        expect(new Set(ids).size).toBe(prices.length);
        for (const id of ids) expect(id.startsWith(`edition-${version}:`)).toBe(true);
        expect(diffPrices(bookOf(prices), bookOf(edition.prices))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
