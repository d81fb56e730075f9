import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aLine } from "../testing/builders.ts";
import { usd } from "../money/decimal.ts";
import { allocateInvoice } from "./allocate-invoice.ts";
import { type BookedShare, sharesOfLines } from "./booked-share.ts";
import type { Invoice, InvoiceItem } from "./invoice.ts";
import { type InvoiceReconciliation, reconcileInvoice } from "./reconcile-invoice.ts";

const day = "2026-01-15";

const item = (some: Partial<InvoiceItem> = {}): InvoiceItem => ({
  day,
  key: null,
  model: "large-1",
  part: null,
  amount: 1_000n,
  text: "large-1, input",
  ...some,
});

const invoice = (items: readonly InvoiceItem[], some: Partial<Invoice> = {}): Invoice => ({
  format: "test",
  sources: [],
  unit: "usd",
  grain: { key: items.some(({ key }) => key !== null), model: true },
  decimals: 12,
  items,
  period: null,
  notes: [],
  familyOf: (model) => model.replace(/-2026$/, ""),
  ...some,
});

const none = { lines: 0, less: 0n, more: 0n };

const share = (some: Partial<BookedShare> = {}): BookedShare => ({
  tenantId: "apex",
  day,
  connection: "example",
  model: "large-1",
  part: null,
  amount: 1_000n,
  lines: 1,
  leeway: { estimated: none, unknown: none, unpriced: none },
  ...some,
});

const marked = (
  mark: "estimated" | "unknown" | "unpriced",
  less: bigint,
  more: bigint | null,
): BookedShare["leeway"] => ({
  ...{ estimated: none, unknown: none, unpriced: none },
  [mark]: { lines: 1, less, more },
});

/** State, then residuals with their amounts, of each row. */
const told = ({ rows }: InvoiceReconciliation): string[] =>
  rows.map(({ state, residuals }) => [state, ...residuals.map((r) => `${r.residual} ${r.amount}`)].join("; "));

describe("an export and the ledger", () => {
  it("match where a day, key and model have the same sum, whatever the spelling of the model", () => {
    const result = reconcileInvoice(invoice([item({ model: "large-1-2026", amount: 400n }), item({ amount: 600n })]), [
      share({ amount: 250n }),
      share({ tenantId: "techstart", amount: 750n }),
    ]);
    expect(told(result)).toEqual(["matched"]);
    expect(result).toMatchObject({ billed: 1_000n, booked: 1_000n, explained: 0n, unexplained: 0n, balanced: true });
  });

  it.each<[string, readonly InvoiceItem[], readonly BookedShare[], string[]]>([
    ["billed only", [item()], [], ["missing-here; missing-here 1000"]],
    ["booked only", [], [share()], ["missing-there; missing-there -1000"]],
    ["billed otherwise", [item({ amount: 1_002n })], [share()], ["differing; differing 2"]],
    [
      "an unknown attempt within its bound",
      [item({ amount: 1_500n })],
      [share({ leeway: marked("unknown", 0n, 500n) })],
      ["differing; unknown 500"],
    ],
    [
      "more than an unknown attempt can come to",
      [item({ amount: 1_510n })],
      [share({ leeway: marked("unknown", 0n, 500n) })],
      ["differing; unknown 500; differing 10"],
    ],
    [
      "less than booked, where nothing is marked as an estimate",
      [item({ amount: 990n })],
      [share({ leeway: marked("unknown", 0n, 500n) })],
      ["differing; differing -10"],
    ],
    [
      "an estimate that was too high",
      [item({ amount: 700n })],
      [share({ leeway: marked("estimated", 400n, 0n) })],
      ["differing; estimated -300"],
    ],
    [
      "an estimate that cannot have been so much too high",
      [item({ amount: 500n })],
      [share({ leeway: marked("estimated", 400n, 0n) })],
      ["differing; estimated -400; differing -100"],
    ],
    [
      "an unpriced attempt without a bound",
      [item({ amount: 9_000n })],
      [share({ leeway: marked("unpriced", 0n, null) })],
      ["differing; unpriced 8000"],
    ],
    [
      "an estimate nobody billed",
      [],
      [share({ leeway: marked("estimated", 1_000n, 0n) })],
      ["missing-there; estimated -1000"],
    ],
    [
      "two marks, the second for what the first leaves open",
      [item({ amount: 2_300n })],
      [share({ leeway: marked("unknown", 0n, 200n) }), share({ leeway: marked("estimated", 1_000n, 500n) })],
      ["differing; unknown 200; estimated 100"],
    ],
    [
      "two marks, the first enough",
      [item({ amount: 2_100n })],
      [share({ leeway: marked("unknown", 0n, 200n) }), share({ leeway: marked("estimated", 1_000n, 500n) })],
      ["differing; unknown 100"],
    ],
    ["something that is no model's", [item({ model: null, text: "storage" })], [], ["untracked; untracked 1000"]],
    ["a fee the ledger has too", [item({ model: null, text: "web search" })], [share({ model: null })], ["matched"]],
    ["a fee nobody billed", [], [share({ model: null })], ["missing-there; missing-there -1000"]],
  ])("differ by what explains it: %s", (_name, items, shares, expected) => {
    const result = reconcileInvoice(invoice(items), shares);
    expect(told(result)).toEqual(expected);
    expect(result.balanced).toBe(!expected.some((text) => /; .*(?:missing|differing)/.test(text)));
  });

  it("differ by rounding up to half of the export's last decimal for each item, and not by more", () => {
    const cents = (...texts: string[]): Invoice =>
      invoice(
        texts.map((text) => item({ amount: usd(text) })),
        { decimals: 2 },
      );
    const of = (text: string): BookedShare[] => [share({ amount: usd(text) })];
    expect(told(reconcileInvoice(cents("0.05"), of("0.045")))).toEqual([`differing; rounding ${usd("0.005")}`]);
    expect(told(reconcileInvoice(cents("0.05"), of("0.044999999999")))).toEqual([
      `differing; differing ${usd("0.005000000001")}`,
    ]);
    expect(told(reconcileInvoice(cents("0.05", "0.02"), of("0.06")))).toEqual([`differing; rounding ${usd("0.01")}`]);
    expect(told(reconcileInvoice(cents(), of("0.004")))).toEqual([`missing-there; rounding ${-usd("0.004")}`]);
  });

  it("never round tokens: one more or less is a difference", () => {
    const tokens = invoice([item({ part: "input", amount: 11n })], { unit: "tokens", decimals: 0 });
    expect(told(reconcileInvoice(tokens, [share({ part: "input", amount: 10n })]))).toEqual(["differing; differing 1"]);
  });

  it("do not balance where two unexplained differences cancel out", () => {
    const items = [item({ amount: 1_005n }), item({ day: "2026-01-16", amount: 995n })];
    const result = reconcileInvoice(invoice(items), [share(), share({ day: "2026-01-16" })]);
    expect(result).toMatchObject({ unexplained: 0n, balanced: false });
  });

  it("are compared for our keys alone, each with its connection; other keys are untracked", () => {
    const items = [
      item({ key: "key_a", amount: 10n }),
      item({ key: "key_b", amount: 20n }),
      item({ key: "key_x", amount: 40n }),
      item({ key: null, amount: 80n }),
    ];
    const keys = new Map([
      ["key_a", "eu"],
      ["key_b", "us"],
    ]);
    const shares = [share({ connection: "eu", amount: 10n }), share({ connection: "us", amount: 25n })];
    const result = reconcileInvoice(invoice(items), shares, keys);
    expect(result.rows.map(({ key, state, billed, booked }) => [key, state, billed, booked])).toEqual([
      ["(no key)", "untracked", 80n, 0n],
      ["eu", "matched", 10n, 10n],
      ["key_x", "untracked", 40n, 0n],
      ["us", "differing", 20n, 25n],
    ]);
    expect(result).toMatchObject({ billed: 150n, explained: 120n, unexplained: -5n });
    expect(told(reconcileInvoice(invoice(items), shares, null))).toEqual(["differing; differing 115"]);
  });

  it("are compared by day alone where the export is grouped by nothing", () => {
    const total = invoice([item({ model: null, amount: 3_000n })], { grain: { key: false, model: false } });
    const shares = [share(), share({ model: "small-1" }), share({ model: null })];
    expect(told(reconcileInvoice(total, shares))).toEqual(["matched"]);
  });
});

describe("an invoice among tenants", () => {
  const amounts = (result: InvoiceReconciliation): unknown =>
    allocateInvoice(result).map(({ tenantId, allocated, total }) => [tenantId, allocated, total]);

  it("falls on those who can have caused a difference, and on nobody where nobody can", () => {
    const result = reconcileInvoice(
      invoice([item({ amount: 1_500n }), item({ model: "other-9", amount: 7n }), item({ model: null, amount: 3n })]),
      [
        share({ amount: 900n }),
        share({ tenantId: "stratex", amount: 100n }),
        share({ tenantId: "techstart", amount: 0n, leeway: marked("unknown", 0n, 490n) }),
      ],
    );
    expect(amounts(result)).toEqual([
      ["apex", 9n, 909n],
      ["stratex", 1n, 101n],
      ["techstart", 490n, 490n],
      [null, 10n, 10n],
    ]);
  });

  const keys = fc.constantFrom(null, "key_a", "key_x");
  const models = fc.constantFrom("large-1", "small-1", null);
  const days = fc.constantFrom("2026-01-15", "2026-01-16");
  const amount = fc.oneof(fc.bigInt({ min: 0n, max: 50n }), fc.bigInt({ min: 0n, max: 2n ** 70n }));
  const range = fc.record({ lines: fc.integer({ min: 0, max: 3 }), less: amount, more: fc.option(amount) });
  const leeway = fc
    .tuple(amount, fc.constantFrom("estimated" as const, "unknown" as const, "unpriced" as const, null), range)
    .map(([booked, mark, bounds]) => ({
      amount: booked,
      leeway: {
        ...{ estimated: none, unknown: none, unpriced: none },
        ...(mark === null
          ? {}
          : { [mark]: { ...bounds, lines: bounds.lines + 1, less: mark === "estimated" ? booked : 0n } }),
      },
    }));
  const anyShare = fc
    .tuple(leeway, fc.constantFrom("apex", "stratex", "techstart"), days, models, fc.constantFrom("eu", "us"))
    .map(([own, tenantId, at, model, connection]) => share({ ...own, tenantId, day: at, model, connection }));
  const anyItem = fc
    .tuple(
      fc.oneof(
        amount,
        amount.map((value) => -value),
      ),
      keys,
      models,
      days,
    )
    .map(([value, key, model, at]) => item({ amount: value, key, model, day: at, text: model ?? "storage" }));
  const anyCase = fc.record({
    items: fc.array(anyItem, { maxLength: 12 }),
    shares: fc.array(anyShare, { maxLength: 12 }),
    decimals: fc.constantFrom(2, 6, 12),
    byModel: fc.boolean(),
    ours: fc.constantFrom(null, new Map([["key_a", "eu"]])),
  });

  it("adds up: what is billed is booked plus residuals, in every row and over all, and the shares are the invoice", () => {
    fc.assert(
      fc.property(anyCase, ({ items, shares, decimals, byModel, ours }) => {
        const given = invoice(items, { decimals, grain: { key: true, model: byModel } });
        const result = reconcileInvoice(given, shares, ours);
        const sum = (all: readonly bigint[]): bigint => all.reduce((total, value) => total + value, 0n);
        expect(result.billed).toBe(sum(items.map((one) => one.amount)));
        expect(result.booked).toBe(sum(shares.map((one) => one.amount)));
        expect(result.billed).toBe(result.booked + result.explained + result.unexplained);
        for (const row of result.rows) {
          expect(row.billed - row.booked).toBe(sum(row.residuals.map((one) => one.amount)));
          expect(row.booked).toBe(sum([...row.tenants.values()]));
          expect(row.residuals.every((one) => one.amount !== 0n)).toBe(true);
        }
        if (result.balanced) expect(result.unexplained).toBe(0n);
        const split = allocateInvoice(result);
        expect(sum(split.map(({ total }) => total))).toBe(result.billed);
        expect(sum(split.map(({ booked }) => booked))).toBe(result.booked);
        for (const { tenantId, booked, allocated, total } of split) {
          expect(total).toBe(booked + allocated);
          if (tenantId === null) expect(booked).toBe(0n);
        }
        const onAll = allocateInvoice(result, "all");
        expect(sum(onAll.map(({ total }) => total))).toBe(result.billed);
        const bears = split.some(({ tenantId, total }) => tenantId !== null && total > 0n);
        expect(onAll.some(({ tenantId }) => tenantId === null)).toBe(
          !bears && split.some(({ tenantId }) => tenantId === null),
        );
      }),
      { numRuns: 600 },
    );
  });

  it("does not depend on the order in which the two sides are read", () => {
    fc.assert(
      fc.property(anyCase, ({ items, shares, decimals }) => {
        const given = invoice(items, { decimals, grain: { key: true, model: true } });
        const turned = { ...given, items: items.toReversed() };
        const there = reconcileInvoice(given, shares);
        const back = reconcileInvoice(turned, shares.toReversed());
        expect(allocateInvoice(back)).toEqual(allocateInvoice(there));
        expect(told(back)).toEqual(told(there));
      }),
      { numRuns: 200 },
    );
  });
});

describe("lines of the ledger", () => {
  it("never hide what they do not mark: a measured amount has no leeway", () => {
    const [booked] = sharesOfLines([aLine()], "usd");
    expect(booked).toMatchObject({ day, connection: "example", amount: 1_000n, lines: 1 });
    expect(Object.values(booked?.leeway ?? {})).toEqual([none, none, none]);
  });

  it("explain up to what they held, and an estimate down to nothing", () => {
    const lines = [
      aLine({ source: "estimated", holdPico: 1_600n }),
      aLine({ source: "estimated", holdPico: 900n }),
      aLine({ source: "unknown", usage: null, costPico: null, atMostPico: 70n }),
      aLine({ costPico: null, holdPico: 80n, unpricedReason: "no price" }),
    ];
    expect(
      sharesOfLines(lines, "usd").map(({ leeway: { estimated, unknown, unpriced } }) => [estimated, unknown, unpriced]),
    ).toEqual([
      [{ lines: 1, less: 1_000n, more: 600n }, none, none],
      [{ lines: 1, less: 1_000n, more: 0n }, none, none],
      [none, { lines: 1, less: 0n, more: 70n }, none],
      [none, none, { lines: 1, less: 0n, more: 80n }],
    ]);
  });

  it("have fees per unit apart from the tokens of the model", () => {
    const fee = { of: "webSearch", quantity: 2, ratePico: 100n, amountPico: 200n };
    const tokens = { of: "input", quantity: 8, ratePico: 100n, amountPico: 800n } as const;
    const shares = sharesOfLines([aLine({ costItems: [tokens, fee] })], "usd");
    expect(shares.map(({ model, amount }) => [model, amount])).toEqual([
      ["large-1", 800n],
      [null, 200n],
    ]);
  });
});
