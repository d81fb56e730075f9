import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fixedPrice } from "../testing/fixed-prices.ts";
import { createPriceBook } from "./price-book.ts";
import type { Price } from "./price.ts";

const model = { provider: "acme", model: "o3" };
const june = Date.UTC(2025, 5, 10);
const before = fixedPrice("acme/o3", { id: "before", to: june, rates: { input: 10n } });
const after = fixedPrice("acme/o3", { id: "after", from: june, rates: { input: 2n } });

describe("a price book", () => {
  it("changes price exactly at the boundary", () => {
    const book = createPriceBook("v1", [after, before]);
    expect(book.find(model, june - 1)?.id).toBe("before");
    expect(book.find(model, june)?.id).toBe("after");
    expect(book.find(model, 0)?.id).toBe("before");
    expect(book.find(model, 253_402_300_799_999)?.id).toBe("after");
    expect(book.version).toBe("v1");
    expect(book.prices).toEqual([after, before]);
  });

  it("has no price before the first, after the last, or in a gap", () => {
    const first = fixedPrice("a/x", { id: "first", from: 10, to: 20 });
    const second = fixedPrice("a/x", { id: "second", from: 30, to: 40 });
    const book = createPriceBook("v", [second, first]);
    const at = (instant: number): string | null => book.find({ provider: "a", model: "x" }, instant)?.id ?? null;
    expect([9, 10, 19, 20, 29, 30, 39, 40].map(at)).toEqual([
      null,
      "first",
      "first",
      null,
      null,
      "second",
      "second",
      null,
    ]);
  });

  it("knows a model only at its provider, and by its whole name", () => {
    const book = createPriceBook("v", [fixedPrice("a/x/y", { id: "only" })]);
    expect(book.find({ provider: "a", model: "x/y" }, 0)?.id).toBe("only");
    expect(book.find({ provider: "a/x", model: "y" }, 0)).toBeNull();
    expect(book.find({ provider: "b", model: "x/y" }, 0)).toBeNull();
    expect(book.find({ provider: "a", model: "x" }, 0)).toBeNull();
  });

  it("finds a tenant's own price before the global one, for that tenant alone", () => {
    const own = fixedPrice("acme/o3", { id: "own", tenantId: "t:1", rates: { input: 0n } });
    const book = createPriceBook("v", [before, own, after]);
    expect(book.find(model, june, "t:1")?.id).toBe("own");
    expect(book.find(model, june, "t:2")?.id).toBe("after");
    expect(book.find(model, june)?.id).toBe("after");
  });

  it("falls back to the global price outside the period of the tenant's own", () => {
    const own = fixedPrice("acme/o3", { id: "own", tenantId: "t", from: june });
    const book = createPriceBook("v", [before, own, after]);
    expect(book.find(model, june - 1, "t")?.id).toBe("before");
    expect(book.find(model, june, "t")?.id).toBe("own");
  });

  it("does not mix up tenants and models whose names contain separators", () => {
    const tricky = fixedPrice('a/x","t', { id: "tricky" });
    const book = createPriceBook("v", [tricky]);
    expect(book.find({ provider: "a", model: "x" }, 0, "t")).toBeNull();
  });

  it("refuses overlaps and reversed periods, all of them at once", () => {
    const prices = [
      fixedPrice("a/x", { id: "one", from: 0, to: 20 }),
      fixedPrice("a/x", { id: "two", from: 10 }),
      fixedPrice("a/y", { id: "three", from: 10, to: 10 }),
      fixedPrice("b/z", { id: "four" }),
      fixedPrice("b/z", { id: "five" }),
    ];
    const refused = (): unknown => {
      try {
        return createPriceBook("v", prices);
      } catch (error) {
        return error;
      }
    };
    expect(refused()).toMatchObject({
      code: "invalid_configuration",
      issues: [
        {
          path: "prices.a/x",
          message: "one and two overlap from 1970-01-01T00:00:00.010Z; end the first where the second begins",
        },
        { path: "prices.a/y", message: "three: the period ends before it begins; put `from` before `to`" },
        {
          path: "prices.b/z",
          message: "four and five overlap from the beginning; end the first where the second begins",
        },
      ],
    });
  });

  it("answers as a search through all prices would", () => {
    const starts = fc.uniqueArray(fc.nat({ max: 60 }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(
        starts,
        fc.array(fc.boolean(), { maxLength: 8 }),
        fc.integer({ min: -5, max: 70 }),
        (points, gaps, at) => {
          const sorted = points.toSorted((a, b) => a - b);
          const prices: Price[] = sorted
            .slice(0, -1)
            .map((from, i) => fixedPrice("a/x", { id: `p${i}`, from, to: sorted[i + 1] as number }))
            .filter((_price, i) => gaps[i] !== true);
          const expected = prices.find((price) => (price.from as number) <= at && at < (price.to as number));
          const found = createPriceBook("v", prices).find({ provider: "a", model: "x" }, at);
          expect(found?.id).toBe(expected?.id);
        },
      ),
      { numRuns: 300 },
    );
  });
});
