import { diffPrices, foldUsage, type LedgerLine, type Price, reprice, sumUsage, usageOf } from "@tenantry/core";
import { aCallRecord, aLine, anIntent } from "@tenantry/core/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { type App, type Books, type Config, loadConfig, openApp, openBooks } from "../src/index.ts";
import { plainTiers, temporaryFolder, writeConfig } from "./support/installation.ts";

const everything = { kind: "installation" } as const;
const mini = { provider: "openai", model: "gpt-4o-mini" };

async function anInstallation(): Promise<Config> {
  return await loadConfig({ ...(await writeConfig(await temporaryFolder(), plainTiers)), env: {} });
}

async function booksOf(config: Config): Promise<Books> {
  const books = await openBooks(config);
  onTestFinished(async () => await books.close());
  return books;
}

async function appOf(config: Config): Promise<App> {
  const app = await openApp(config);
  onTestFinished(async () => await app.close());
  return app;
}

function dearer(books: Books): readonly Price[] {
  const price = books.config.prices.current().find(mini, Date.now()) as Price;
  return [{ ...price, from: null, to: null, rates: { ...price.rates, input: 1_000_000n, output: 2_000_000n } }];
}

async function record(books: Books, prices: readonly Price[]): Promise<void> {
  const live = await books.storage.prices.live(-1);
  await books.storage.prices.add({ recordedAt: Date.now(), source: "test", prices }, live?.revision ?? -1);
}

async function within(ms: number, holds: () => boolean): Promise<number> {
  const began = performance.now();
  while (!holds()) {
    if (performance.now() - began > ms) throw new Error(`it does not come true within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return performance.now() - began;
}

describe("an edition that another process records or pins", () => {
  test("is in force in a running installation within a second, and calls are priced by it", async () => {
    const config = await anInstallation();
    const app = await appOf(config);
    const books = await booksOf(config);
    const call = async (): Promise<LedgerLine | undefined> => {
      const request = { messages: [{ role: "user", content: "Say hello." }] } as const;
      const called = await app.tenantry.call({ tenantId: "acme" }, request);
      if (called.kind !== "ok") throw new Error(called.kind);
      return called.lines[0];
    };
    const before = await call();
    await record(books, dearer(books));
    await within(1_000, () => app.prices.status().edition === 1);
    expect(app.prices.current().version).toContain("edition 1");
    const after = await call();
    expect([before?.priceId, after?.priceId]).toEqual([
      expect.stringMatching(/^genai-prices/) as string,
      "edition-1:openai/gpt-4o-mini@always",
    ]);
    await books.storage.prices.pin(0);
    await within(1_000, () => app.prices.status().isPinned);
    expect((await call())?.priceId).toBe(before?.priceId);
    const detail = await books.reader.call(everything, after?.callId ?? "");
    expect(detail?.lines[0]?.priceId).toBe(after?.priceId);
  });

  test("is there after a restart, and differs from the book without it in what it says", async () => {
    const config = await anInstallation();
    const first = await openBooks(config);
    await record(first, dearer(first));
    await first.close();
    const books = await booksOf(config);
    expect(books.prices.status()).toMatchObject({ edition: 1, isPinned: false, source: "test" });
    const changes = diffPrices(config.prices.current(), books.prices.current());
    expect(changes.map(({ model, of, beforePico, afterPico }) => [model, of, beforePico, afterPico])).toEqual([
      ["openai/gpt-4o-mini", "input", 150_000n, 1_000_000n],
      ["openai/gpt-4o-mini", "output", 600_000n, 2_000_000n],
    ]);
  });
});

describe("repricing a ledger on disk", () => {
  const from = Date.UTC(2026, 10, 2);
  const period = { from, to: from + 86_400_000 };
  const query = { period, groupBy: [], timeZone: "UTC" } as const;

  async function fill(books: Books, count: number): Promise<readonly LedgerLine[]> {
    const lines = Array.from({ length: count }, (_, index) => {
      const ids = { attemptId: `att-${index}`, callId: `call-${index}`, tenantId: "acme" };
      const costPico = 150_000n * BigInt(index) + 600_000n;
      return aLine({
        ...ids,
        requested: mini,
        // Three to a quarter of an hour, so that roll-ups and raw lines both answer.
        occurredAt: from + Math.floor(index / 3) * 900_000 + index,
        usage: usageOf({ input: index, output: 1 }),
        chargeVersion: "pass-through",
        ...(index % 5 === 0
          ? { costPico: null, chargePico: null, chargeVersion: null, priceId: null, unpricedReason: "no price" }
          : { costPico, chargePico: costPico }),
      });
    });
    for (const line of lines) {
      const { attemptId, callId, tenantId, occurredAt } = line;
      const ids = { attemptId, callId, tenantId };
      await books.storage.ledger.open(anIntent({ ...ids, target: mini, occurredAt, admittedAt: occurredAt }));
      const call = aCallRecord({ callId, tenantId, model: mini, admittedAt: occurredAt });
      await books.storage.ledger.settle({ line, call });
    }
    return lines;
  }

  test("by two processes at once appends each correction once; roll-ups equal the fold of the lines", async () => {
    const config = await anInstallation();
    const books = await booksOf(config);
    const other = await booksOf(config);
    const lines = await fill(books, 120);
    await record(books, dearer(books));
    await Promise.all([books.prices.refresh(), other.prices.refresh()]);
    const run = async ({ reader, storage, tenants, clock, prices }: Books): Promise<readonly { corrected: number }[]> =>
      await reprice(
        { reader, ledger: storage.ledger, limits: storage.limits, tenants, tiers: config.catalogue.tiers, clock },
        prices.current(),
        { period },
        { append: true },
      );
    await Promise.all([run(books), run(other)]);
    expect(await run(books)).toMatchObject([{ lines: 120, corrected: 0, unpriced: 0 }]);

    const found: LedgerLine[] = [];
    for (const { callId } of lines) found.push(...((await books.reader.call(everything, callId))?.lines ?? []));
    expect(found).toHaveLength(240);
    expect(new Set(found.map(({ lineId }) => lineId)).size).toBe(240);
    const [sums] = await books.reader.usage(everything, query);
    expect(sums).toMatchObject({ attempts: 120, calls: 120, unpriced: 0 });
    const folded = sumUsage(foldUsage(found, [], [], query));
    expect({ ...sums, calls: 0 }).toEqual(folded);
    expect(folded.costPico).toBe(lines.reduce((sum, _, index) => sum + BigInt(index) * 1_000_000n + 2_000_000n, 0n));
  });
});
