import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Budget,
  chargeLine,
  type ChargePolicy,
  costOf,
  createPriceBook,
  foldUsage,
  type LedgerLine,
  linesInForce,
  type Price,
  type PriceBook,
  type LimitSpending,
  reprice,
  type RepricePorts,
  sumUsage,
  usageOf,
} from "../src/index.ts";
import {
  aLine,
  aPrice,
  aTenant,
  aTier,
  createManualClock,
  createMemoryLimitStore,
  createMemoryState,
  createMemoryTenantDirectory,
  createMemoryUsageStore,
  type MemoryState,
} from "../src/testing/index.ts";

const noon = Date.UTC(2026, 0, 15, 12);
const period = { from: noon, to: noon + 1_000 };
const everything = { period, groupBy: [], timeZone: "UTC" } as const;
const markup: ChargePolicy = { kind: "markup", version: "markup-200000ppm", markupPpm: 200_000n };
const atCost: ChargePolicy = { kind: "pass-through", version: "pass-through" };
const tiers = new Map([
  ["tier-a", aTier({ charge: atCost })],
  ["tier-b", aTier({ id: "tier-b", charge: markup })],
]);
const policyOf = (tenantId: string): ChargePolicy => (tenantId === "tenant-b" ? markup : atCost);

const bookOf = (...prices: readonly Price[]): PriceBook => createPriceBook("a book", prices);

interface Bench {
  readonly ports: RepricePorts;
  readonly state: MemoryState;
  lines(): readonly LedgerLine[];
  settle(...lines: readonly LedgerLine[]): Promise<void>;
}

async function openBench(): Promise<Bench> {
  const state = createMemoryState();
  const store = createMemoryUsageStore({ state });
  const tenants = createMemoryTenantDirectory();
  await tenants.put(aTenant());
  await tenants.put(aTenant({ id: "tenant-b", tier: "tier-b" }));
  const clock = createManualClock();
  return {
    ports: { reader: store, ledger: store, limits: createMemoryLimitStore({ clock }), tenants, tiers, clock },
    state,
    lines: () => [...state.lines.values()],
    async settle(...lines) {
      for (const line of lines) await store.settle({ line, call: null });
    },
  };
}

/** A line as a call writes it under this book. */
function pricedLine(book: PriceBook, more: Partial<LedgerLine>): LedgerLine {
  const line = aLine(more);
  const price = book.find(line.requested, line.occurredAt, line.tenantId);
  const cost = price === null || line.usage === null ? null : costOf(line.usage, price);
  const costPico = cost?.kind === "priced" ? cost.amountPico : null;
  const policy = policyOf(line.tenantId);
  return chargeLine(policy, {
    ...line,
    costPico,
    costItems: cost?.kind === "priced" ? cost.items : [],
    priceId: price?.id ?? null,
    unpricedReason: costPico === null && line.usage !== null ? "no price" : null,
  });
}

const old = bookOf(aPrice({ id: "old" }));
const dearer = bookOf(aPrice({ id: "new", rates: { input: 200n, output: 400n } }));

/** Lines of two tenants and three models, priced and unpriced, some of unknown usage. */
const someLines: fc.Arbitrary<readonly LedgerLine[]> = fc
  .array(
    fc.record({
      tenantId: fc.constantFrom("tenant-a", "tenant-b"),
      model: fc.constantFrom("large-1", "small", "never-priced"),
      after: fc.integer({ min: -2, max: 1_001 }),
      input: fc.nat({ max: 10_000 }),
      output: fc.nat({ max: 10_000 }),
      isUnknown: fc.boolean(),
    }),
    { maxLength: 40 },
  )
  .map((rows) =>
    rows.map(({ tenantId, model, after, input, output, isUnknown }, index) =>
      pricedLine(old, {
        attemptId: `att-${index}`,
        callId: `call-${index}`,
        tenantId,
        requested: { provider: "example", model },
        occurredAt: noon + after,
        ...(isUnknown ? { source: "unknown", usage: null, atMostPico: 9n } : { usage: usageOf({ input, output }) }),
      }),
    ),
  );

const someBook: fc.Arbitrary<PriceBook> = fc
  .record({ large: fc.bigInt({ min: 0n, max: 500n }), small: fc.option(fc.bigInt({ min: 0n, max: 500n })) })
  .map(({ large, small }) =>
    bookOf(
      aPrice({ id: `large-${large}`, rates: { input: large, output: 7n } }),
      ...(small === null
        ? []
        : [aPrice({ id: `small-${small}`, model: "small", rates: { input: small, output: 1n } })]),
    ),
  );

describe("repricing", () => {
  it("makes the sums those of the book in force, leaves what it cannot know, and done again appends nothing", async () => {
    await fc.assert(
      fc.asyncProperty(someLines, someBook, async (lines, book) => {
        const bench = await openBench();
        await bench.settle(...lines);
        const found = await reprice(bench.ports, book, { period }, { append: false });
        expect(bench.lines()).toHaveLength(lines.length);
        const done = await reprice(bench.ports, book, { period }, { append: true });
        expect(done).toEqual(found);
        const corrected = done.reduce((sum, tenant) => sum + tenant.corrected, 0);
        expect(bench.lines()).toHaveLength(lines.length + corrected);

        const within = lines.filter(({ occurredAt }) => occurredAt >= period.from && occurredAt < period.to);
        const expected = within.map((line) => {
          const priced = pricedLine(book, line);
          return line.usage === null || priced.costPico === null ? line : priced;
        });
        const sums = sumUsage(foldUsage(expected, [], [], everything));
        const inForce = await bench.ports.reader.lines({ kind: "installation" }, { period, limit: 1_000 });
        expect(sumUsage(foldUsage(inForce.lines, [], [], everything))).toEqual(sums);
        expect(sumUsage(foldUsage(bench.lines(), [], [], everything))).toEqual(sums);
        const before = sumUsage(foldUsage(within, [], [], everything));
        const difference = done.reduce((sum, tenant) => sum + tenant.costAfterPico - tenant.costBeforePico, 0n);
        expect(before.costPico + difference).toBe(sums.costPico);

        const again = await reprice(bench.ports, book, { period }, { append: true });
        expect(again.every((tenant) => tenant.corrected === 0)).toBe(true);
        expect(bench.lines()).toHaveLength(lines.length + corrected);
      }),
      { numRuns: 60 },
    );
  });

  it("by two processes at once, and by any number of books one after the other, leaves one line in force each", async () => {
    await fc.assert(
      fc.asyncProperty(someLines, fc.array(someBook, { minLength: 1, maxLength: 4 }), async (lines, books) => {
        const bench = await openBench();
        await bench.settle(...lines);
        for (const book of books) {
          await Promise.all(
            [book, book, books[0] as PriceBook].map(
              async (one) => await reprice(bench.ports, one, { period }, { append: true }),
            ),
          );
          const inForce = linesInForce(bench.lines());
          expect(inForce.map(({ attemptId }) => attemptId).toSorted()).toEqual(
            lines.map(({ attemptId }) => attemptId).toSorted(),
          );
        }
        await reprice(bench.ports, old, { period }, { append: true });
        const costs = (of: readonly LedgerLine[]): unknown =>
          of
            .filter(({ requested }) => requested.model === "large-1")
            .map(({ attemptId, costPico, chargePico }) => [attemptId, costPico, chargePico])
            .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1));
        expect(costs(linesInForce(bench.lines()))).toEqual(costs(lines));
      }),
      { numRuns: 40 },
    );
  });
});

describe("a correction", () => {
  const line = pricedLine(old, { usage: usageOf({ input: 8, output: 2 }), holdPico: 2_000n, marks: ["hold-exceeded"] });

  async function corrected(before: LedgerLine, book: PriceBook): Promise<LedgerLine | undefined> {
    const bench = await openBench();
    await bench.settle(before);
    await reprice(bench.ports, book, { period }, { append: true });
    return bench.lines()[1];
  }

  it("has the original's instant and facts, its own time of recording, and the price it was made with", async () => {
    const correction = await corrected(line, dearer);
    expect(correction).toEqual({
      ...line,
      lineId: "att-1~2",
      supersedes: "att-1",
      recordedAt: (await openBench()).ports.clock.now(),
      costPico: 8n * 200n + 2n * 400n,
      costItems: [
        { of: "input", quantity: 8, ratePico: 200n, amountPico: 1_600n },
        { of: "output", quantity: 2, ratePico: 400n, amountPico: 800n },
      ],
      priceId: "new",
      chargePico: 2_400n,
      marks: ["hold-exceeded"],
    });
  });

  it("prices what had no price, by the tenant's policy", async () => {
    const unpriced = pricedLine(bookOf(), { tenantId: "tenant-b", usage: usageOf({ input: 10 }) });
    expect(unpriced).toMatchObject({ costPico: null, unpricedReason: "no price" });
    expect(await corrected(unpriced, old)).toMatchObject({
      costPico: 1_000n,
      unpricedReason: null,
      chargePico: 1_200n,
      chargeVersion: "markup-200000ppm",
    });
  });

  it("charges by the policy of the line, also when the tenant has another today", async () => {
    const charged: LedgerLine = { ...line, chargeVersion: markup.version };
    expect(await corrected(charged, dearer)).toMatchObject({ chargePico: 2_880n, chargeVersion: markup.version });
  });

  it("names nobody as having told it, also in the place of a line that somebody told", async () => {
    const told: LedgerLine = { ...line, reportedBy: "billing" };
    const correction = await corrected(told, dearer);
    expect(correction).toMatchObject({ supersedes: "att-1", priceId: "new" });
    expect(correction).not.toHaveProperty("reportedBy");
  });

  it("counts a snapshot under its own name once that has a price", async () => {
    const reported: LedgerLine = { ...line, reportedModel: "large-2", marks: ["model-differs", "priced-as-requested"] };
    const book = bookOf(aPrice({ id: "two", model: "large-2", rates: { input: 1n, output: 1n } }));
    expect(await corrected(reported, book)).toMatchObject({
      answered: { provider: "example", model: "large-2" },
      costPico: 10n,
      marks: ["model-differs"],
    });
  });

  it.each<[string, LedgerLine, PriceBook, object]>([
    ["the same figures under another id", line, bookOf(aPrice({ id: "renamed" })), { corrected: 0 }],
    ["no price any more", line, bookOf(), { priceGone: 1 }],
    ["a class without a rate", line, bookOf(aPrice({ rates: { input: 5n } })), { priceGone: 1 }],
    [
      "a tenant that is gone",
      { ...pricedLine(bookOf(), { usage: usageOf({ input: 1 }) }), tenantId: "x" },
      dearer,
      { policyGone: 1 },
    ],
    ["a charge by a policy that is gone", { ...line, chargeVersion: "of old" }, dearer, { policyGone: 1 }],
    ["a cost that was told and not computed", { ...line, priceId: null }, dearer, { corrected: 0 }],
    [
      "unknown usage",
      { ...line, source: "unknown", usage: null, costPico: null, chargePico: null, chargeVersion: null },
      dearer,
      { unknown: 1 },
    ],
    ["no price then and now", pricedLine(bookOf(), { usage: usageOf({ input: 1 }) }), bookOf(), { unpriced: 1 }],
  ])("is not made for %s", async (_name, before, book, expected) => {
    const bench = await openBench();
    await bench.settle(before);
    expect(await reprice(bench.ports, book, { period }, { append: true })).toMatchObject([{ lines: 1, ...expected }]);
    expect(bench.lines()).toEqual([before]);
  });

  it("gives budgets the difference in the line's own instant, and not in a dry run", async () => {
    const bench = await openBench();
    await bench.settle(line);
    const told: LimitSpending[] = [];
    const limits = { ...bench.ports.limits, spend: async (spending: LimitSpending) => void told.push(spending) };
    const budget: Budget = {
      id: "month",
      limitPico: 10n ** 12n,
      span: { kind: "calendar", unit: "month" },
      scope: "tenant",
      breach: "block",
    };
    const ports = {
      ...bench.ports,
      limits,
      tiers: new Map([["tier-a", aTier({ charge: atCost, budgets: [budget] })]]),
    };
    await reprice(ports, dearer, { period }, { append: false });
    expect(told).toEqual([]);
    await reprice(ports, dearer, { period }, { append: true });
    expect(told).toMatchObject([
      { spendingId: "att-1~2", amountPico: 800n, at: noon, claims: [{ budgetId: "month" }] },
    ]);
  });

  it("charges by the line's own policy, and draws on its allowance alone, whatever its tenant has today", async () => {
    const bench = await openBench();
    await bench.settle(line);
    const included: ChargePolicy = {
      ...markup,
      version: "new",
      allowance: { unit: "usd", amount: 10n ** 9n, per: "month" },
    };
    const changed = new Map([
      ["tier-a", aTier({ charge: included })],
      ["tier-b", aTier({ id: "tier-b", charge: atCost })],
    ]);
    const [told] = await reprice({ ...bench.ports, tiers: changed }, dearer, { period }, { append: true });
    expect(bench.lines().at(-1)).toMatchObject({ chargePico: 2_400n, chargeVersion: atCost.version });
    expect(bench.lines().at(-1)?.allowance).toBeUndefined();
    expect(told).toMatchObject({ chargeBeforePico: 1_600n, chargeAfterPico: 2_400n });
  });

  it("touches the tenant and the period asked for alone", async () => {
    const bench = await openBench();
    const lines = ["tenant-a", "tenant-b"].flatMap((tenantId) =>
      [-1, 0, 999, 1_000].map((after) =>
        pricedLine(old, { tenantId, attemptId: `${tenantId}:${after}`, occurredAt: noon + after }),
      ),
    );
    await bench.settle(...lines);
    await reprice(bench.ports, dearer, { period, tenantId: "tenant-b" }, { append: true });
    expect(
      bench
        .lines()
        .filter(({ supersedes }) => supersedes !== null)
        .map(({ attemptId }) => attemptId),
    ).toEqual(["tenant-b:0", "tenant-b:999"]);
  });

  it("of a ledger of many pages is made for every line once", async () => {
    const bench = await openBench();
    const lines = Array.from({ length: 1_203 }, (_, index) =>
      pricedLine(old, { attemptId: `att-${index}`, callId: `call-${index}`, occurredAt: noon + (index % 7) }),
    );
    await bench.settle(...lines);
    const done = await reprice(bench.ports, dearer, { period }, { append: true });
    expect(done).toMatchObject([{ lines: 1_203, corrected: 1_203 }]);
    expect(bench.lines()).toHaveLength(2_406);
  });
});
