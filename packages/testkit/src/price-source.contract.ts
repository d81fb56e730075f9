import assert from "node:assert/strict";
import { costOf, usageOf, type PriceBook, type PriceSource } from "@tenantry/core";
import { defineContract, type Contract, type Rule } from "./contract.ts";

export interface PriceSourceSubject {
  readonly source: PriceSource;
  /**
   * Makes the source hold these prices (plain data as `parsePrices` of core reads it) instead of those it held. Rejects
   * when they cannot be read.
   */
  readonly load: (data: unknown) => Promise<void>;
}

type PriceSourceRule = Rule<PriceSourceSubject>;

const model = { provider: "contract-provider", model: "contract-model" };
const name = `${model.provider}/${model.model}`;
const june = Date.UTC(2025, 5, 10);
const later = Date.UTC(2026, 0, 1);

const entry = (input: string, more: object = {}): object => ({
  model: name,
  perMillionTokens: { input },
  ...more,
});

/** The input rate in force, pico-USD per token; null when there is no price. */
function rateAt(book: PriceBook, at: number, tenantId?: string): bigint | null {
  return book.find(model, at, tenantId)?.rates.input ?? null;
}

const books: readonly PriceSourceRule[] = [
  {
    id: "P1",
    sentence: "answers with the same book until it reloads, and never throws",
    reason: "Every call asks; a book that changes in between prices one call two ways.",
    async check({ source, load }) {
      await load({ prices: [entry("1")] });
      const book = source.current();
      for (let asked = 0; asked < 100; asked += 1) assert.equal(source.current(), book);
    },
  },
  {
    id: "P2",
    sentence: "every edition has a version of its own, and it is not empty",
    reason: "Ledger lines carry it; without it nobody can say which prices were used.",
    async check({ source, load }) {
      await load({ prices: [entry("1")] });
      const first = source.current().version;
      await load({ prices: [entry("2")] });
      const second = source.current().version;
      assert.ok(first.trim() !== "" && second.trim() !== "");
      assert.notEqual(first, second);
    },
  },
  {
    id: "P3",
    sentence: "a reload puts another book in place and leaves the old one as it was",
    reason: "A call that holds a book would see its prices change.",
    async check({ source, load }) {
      await load({ prices: [entry("1")] });
      const old = source.current();
      await load({ prices: [entry("2"), entry("3", { tenant: "t" })] });
      assert.equal(rateAt(source.current(), later), 2_000_000n);
      assert.equal(rateAt(source.current(), later, "t"), 3_000_000n);
      assert.equal(rateAt(old, later), 1_000_000n);
      assert.equal(rateAt(old, later, "t"), 1_000_000n);
    },
  },
  {
    id: "P4",
    sentence: "prices that fail their checks are refused, and the last good book stays",
    reason: "A typing error in a price file would leave all traffic unpriced.",
    async check({ source, load }) {
      await load({ prices: [entry("1")] });
      const good = source.current();
      const overlapping = { prices: [entry("2"), entry("3", { from: "2026-01-01" })] };
      await assert.rejects(async () => await load(overlapping));
      await assert.rejects(async () => await load({ prices: [entry("2"), { model: 7 }] }));
      assert.equal(source.current(), good);
      assert.equal(rateAt(source.current(), later), 1_000_000n);
    },
  },
  {
    id: "P5",
    sentence: "lists every price that it finds",
    reason: "What cannot be listed cannot be checked by anyone.",
    async check({ source, load }) {
      await load({ prices: [entry("1"), entry("2", { tenant: "t" })] });
      const book = source.current();
      for (const tenantId of [undefined, "t"]) {
        const found = book.find(model, later, tenantId);
        assert.ok(found !== null && book.prices.includes(found));
      }
    },
  },
];

const lookups: readonly PriceSourceRule[] = [
  {
    id: "P6",
    sentence: "periods are half-open: the new price holds from its first millisecond",
    reason: "A call on the boundary would have two prices, or none.",
    async check({ source, load }) {
      await load({
        prices: [entry("10", { to: "2025-06-10" }), entry("2", { from: "2025-06-10", to: "2026-01-01" })],
      });
      const book = source.current();
      assert.equal(rateAt(book, june - 1), 10_000_000n);
      assert.equal(rateAt(book, june), 2_000_000n);
      assert.equal(rateAt(book, later - 1), 2_000_000n);
      assert.equal(rateAt(book, later), null);
    },
  },
  {
    id: "P7",
    sentence: "a model without a price is null, also a known one outside its periods",
    reason: "Unknown must not become 0, and not yesterday's price either (R6).",
    async check({ source, load }) {
      await load({ prices: [entry("1", { from: "2025-06-10", to: "2026-01-01" })] });
      const book = source.current();
      assert.equal(book.find(model, june - 1), null);
      assert.equal(book.find(model, later), null);
      for (const other of ["contract-mode", "contract-model-2", "", "constructor", "x".repeat(5_000)]) {
        assert.equal(book.find({ ...model, model: other }, june), null, other);
      }
    },
  },
  {
    id: "P8",
    sentence: "a price of 0 is a price",
    reason: "A free model would be denied or reported as unpriced.",
    async check({ source, load }) {
      await load({ prices: [entry("5"), entry("0", { tenant: "t" })] });
      const book = source.current();
      assert.equal(rateAt(book, later, "t"), 0n);
      const price = book.find(model, later, "t");
      assert.ok(price !== null);
      assert.equal(costOf(usageOf({ input: 9 }), price).kind, "priced");
      // A class that nobody priced is not free.
      assert.equal(costOf(usageOf({ output: 1 }), price).kind, "unpriced");
    },
  },
  {
    id: "P9",
    sentence: "a tenant's own price comes before the one for everybody, within its period and for no other tenant",
    reason: "One customer's contract would price another's calls (R4).",
    async check({ source, load }) {
      const tenants = ["t", "t:1", "%t", "テナント", "a/b", "x".repeat(200)];
      const own = tenants.map((tenant, index) => entry(`${index + 2}`, { tenant, from: "2025-06-10" }));
      await load({ prices: [entry("1"), ...own] });
      const book = source.current();
      for (const [index, tenant] of tenants.entries()) {
        assert.equal(rateAt(book, june, tenant), BigInt(index + 2) * 1_000_000n);
        assert.equal(rateAt(book, june - 1, tenant), 1_000_000n);
      }
      assert.equal(rateAt(book, june), 1_000_000n);
      assert.equal(rateAt(book, june, "t:2"), 1_000_000n);
    },
  },
  {
    id: "P10",
    sentence: "a model belongs to its provider",
    reason: "The same model costs different amounts at two providers.",
    async check({ source, load }) {
      await load({
        prices: [
          entry("1"),
          { model: `other-provider/${model.model}`, perMillionTokens: { input: "2" } },
          { model: "a/b/c", perMillionTokens: { input: "3" } },
        ],
      });
      const book = source.current();
      const rate = (provider: string, named: string): bigint | undefined =>
        book.find({ provider, model: named }, later)?.rates.input;
      assert.equal(rate(model.provider, model.model), 1_000_000n);
      assert.equal(rate("other-provider", model.model), 2_000_000n);
      assert.equal(rate("third-provider", model.model), undefined);
      assert.equal(rate("a", "b/c"), 3_000_000n);
      assert.equal(rate("a/b", "c"), undefined);
    },
  },
  {
    id: "P11",
    sentence: "amounts are exact, the smallest and sums beyond 2⁶³",
    reason: "Floats make a ledger that does not balance (R5).",
    async check({ source, load }) {
      const prices = [entry("0.000001", { to: "2025-06-10" }), entry("123456789.123457", { from: "2025-06-10" })];
      await load({ prices });
      const book = source.current();
      const amount = (at: number, input: number): bigint | null => {
        const price = book.find(model, at);
        const cost = price === null ? null : costOf(usageOf({ input }), price);
        return cost?.kind === "priced" ? cost.amountPico : null;
      };
      assert.equal(amount(june - 1, 1), 1n);
      assert.equal(amount(june - 1, Number.MAX_SAFE_INTEGER), 2n ** 53n - 1n);
      assert.equal(amount(june, 1_000_000_000_001), 123_456_789_123_457n * 1_000_000_000_001n);
    },
  },
];

/** What every price source must do. */
export const priceSourceContract: Contract<PriceSourceSubject> = defineContract("PriceSource", [...books, ...lookups]);
