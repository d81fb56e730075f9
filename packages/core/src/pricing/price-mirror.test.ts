import { describe, expect, it } from "vitest";
import { TenantryError } from "../errors/tenantry-error.ts";
import type { Log } from "../ports/log.port.ts";
import { silentLog } from "../ports/log.port.ts";
import type { PriceEditions } from "../ports/price-editions.port.ts";
import { aPrice } from "../testing/builders.ts";
import { createMemoryPriceEditions } from "../testing/memory-price-editions.ts";
import { createPriceBook } from "./price-book.ts";
import type { NewPriceEdition, PriceLayers } from "./price-edition.ts";
import { createPriceMirror, type PriceMirror } from "./price-mirror.ts";

const base = aPrice({ id: "base" });
const layers: PriceLayers = {
  source: "catalogue",
  recordedAt: 5,
  bookWith: (edition) =>
    createPriceBook(edition === null ? "base" : `base + ${edition.version}`, edition?.prices ?? [base]),
};
const anEdition = (input: bigint): NewPriceEdition => ({
  recordedAt: 77,
  source: "test",
  prices: [aPrice({ rates: { input } })],
});
const overlapping: NewPriceEdition = { recordedAt: 78, source: "bad", prices: [base, base] };

function open(change: Partial<PriceEditions> = {}): { mirror: PriceMirror; store: PriceEditions; errors: string[] } {
  const store = createMemoryPriceEditions();
  const errors: string[] = [];
  const log: Log = { ...silentLog, error: (_, { problem }) => void errors.push(String(problem)) };
  return { mirror: createPriceMirror(layers, { ...store, ...change }, log), store, errors };
}

const inputOf = (mirror: PriceMirror): bigint | undefined => mirror.current().find(base, 0)?.rates.input;

describe("a price mirror", () => {
  it("is the book without an edition, until one is in force", async () => {
    const { mirror, store } = open();
    expect(mirror.status()).toEqual({
      version: "base",
      edition: 0,
      recordedAt: 5,
      source: "catalogue",
      isPinned: false,
      problem: null,
    });
    await mirror.refresh();
    await store.add(anEdition(9n), 0);
    expect(inputOf(mirror)).toBe(100n);
    await mirror.refresh();
    expect(inputOf(mirror)).toBe(9n);
    expect(mirror.status()).toMatchObject({ version: "base + 1", edition: 1, recordedAt: 77, source: "test" });
    await store.pin(0);
    await mirror.refresh();
    expect(mirror.status()).toMatchObject({ version: "base", edition: 0, recordedAt: 5, isPinned: true });
  });

  it("answers the same book while nothing changes", async () => {
    const { mirror } = open();
    await mirror.refresh();
    const book = mirror.current();
    for (let asked = 0; asked < 5; asked += 1) await mirror.refresh();
    expect(mirror.current()).toBe(book);
  });

  it("keeps the last good book when the store is away, says so once, and goes on when it is back", async () => {
    let isAway = false;
    const { mirror, store, errors } = open({
      live: async (since) => {
        if (isAway) throw new TenantryError("unavailable", "the store is away", { retryable: true });
        return await store.live(since);
      },
    });
    await store.add(anEdition(9n), 0);
    await mirror.refresh();
    isAway = true;
    await mirror.refresh();
    await mirror.refresh();
    expect([inputOf(mirror), mirror.status().problem, errors]).toEqual([
      9n,
      "the store is away",
      ["the store is away"],
    ]);
    isAway = false;
    await store.add(anEdition(8n), 1);
    await mirror.refresh();
    expect([inputOf(mirror), mirror.status().problem]).toEqual([8n, null]);
  });

  it("has no problem any more once the store answers, also when it has nothing new to say", async () => {
    let isAway = false;
    const { mirror, store, errors } = open({
      live: async (since) => {
        if (isAway) throw new TenantryError("unavailable", "the store is away", { retryable: true });
        return await store.live(since);
      },
    });
    await store.add(overlapping, 0);
    const problems: (string | null)[] = [];
    const refresh = async (): Promise<void> => {
      await mirror.refresh();
      problems.push(mirror.status().problem);
    };
    await refresh();
    isAway = true;
    await refresh();
    isAway = false;
    await refresh();
    await store.pin(0);
    await refresh();
    isAway = true;
    await refresh();
    isAway = false;
    await refresh();
    // An edition that cannot be used is one until another is in force, whether the store was away meanwhile or not.
    const unusable = expect.stringContaining("overlap") as string;
    const away = "the store is away";
    expect(problems).toEqual([unusable, away, unusable, null, away, null]);
    expect(errors).toEqual([unusable, away, away]);
  });

  it("keeps the last good book when an edition cannot be used, and takes the next that can", async () => {
    const { mirror, store, errors } = open();
    await store.add(anEdition(9n), 0);
    await mirror.refresh();
    await store.add(overlapping, 1);
    await mirror.refresh();
    await mirror.refresh();
    expect(mirror.status()).toMatchObject({ edition: 1, problem: expect.stringContaining("overlap") as string });
    expect([inputOf(mirror), errors.length]).toEqual([9n, 1]);
    await store.pin(1);
    await mirror.refresh();
    expect(mirror.status()).toMatchObject({ edition: 1, isPinned: true, problem: null });
  });

  it("asks once for all who refresh at one time", async () => {
    let asked = 0;
    const { mirror } = open({
      live: async () => {
        asked += 1;
        return null;
      },
    });
    await Promise.all([mirror.refresh(), mirror.refresh(), mirror.refresh()]);
    expect(asked).toBe(1);
  });
});
