import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { usd } from "../money/decimal.ts";
import { parsePrices } from "./parse-prices.ts";
import { createPriceBook } from "./price-book.ts";

const rates = { input: "0.15", output: "0.60" };

function pricesOf(entries: unknown[]): ReturnType<typeof parsePrices> {
  return parsePrices({ prices: entries }, "prices.yaml");
}

function issuesOf(data: unknown): string[] {
  const parsed = parsePrices(data, "prices.yaml");
  return parsed.ok ? [] : parsed.issues.map((issue) => `${issue.path}: ${issue.message}`);
}

describe("a price file", () => {
  it("is read exactly, every field of it", () => {
    const parsed = pricesOf([
      {
        model: "acme/large",
        from: "2024-07-18",
        to: "2026-01-01T09:30:00+01:00",
        tenant: "apex-legal",
        perMillionTokens: { input: "0.15", cacheRead: "0.0375", output: "0.60", reasoning: "0" },
        longContext: [
          { aboveInputTokens: 200_000, perMillionTokens: { input: "0.30" } },
          { aboveInputTokens: 500_000, perMillionTokens: { input: "0.45", output: "0.000001" } },
        ],
        serviceTiers: { batch: { input: "0.075" }, priority: { input: "0.3" } },
        fees: { webSearch: "0.01" },
      },
    ]);
    expect(parsed).toEqual({
      ok: true,
      prices: [
        {
          id: "prices.yaml:apex-legal:acme/large@2024-07-18",
          provider: "acme",
          model: "large",
          tenantId: "apex-legal",
          from: Date.UTC(2024, 6, 18),
          to: Date.UTC(2026, 0, 1, 8, 30),
          rates: { input: 150_000n, cacheRead: 37_500n, output: 600_000n, reasoning: 0n },
          longContext: [
            { aboveInputTokens: 200_000, rates: { input: 300_000n } },
            { aboveInputTokens: 500_000, rates: { input: 450_000n, output: 1n } },
          ],
          serviceTiers: { batch: { input: 75_000n }, priority: { input: 300_000n } },
          fees: { webSearch: usd("0.01") },
          source: "prices.yaml",
        },
      ],
    });
  });

  it("needs a model and rates only; empty optional fields are as good as left out", () => {
    const parsed = pricesOf([{ model: "local/llama/70b", perMillionTokens: { input: "0" }, from: null, fees: null }]);
    expect(parsed).toMatchObject({
      ok: true,
      prices: [
        {
          id: "prices.yaml:local/llama/70b@always",
          model: "llama/70b",
          tenantId: null,
          from: null,
          to: null,
          rates: { input: 0n },
          longContext: [],
          serviceTiers: {},
          fees: {},
        },
      ],
    });
  });

  it("keeps the ids of its prices when entries are moved", () => {
    const entries = ["a/x", "b/y", "a/z"].map((model) => ({ model, perMillionTokens: rates }));
    const ids = (list: unknown[]): string[] => {
      const parsed = pricesOf(list);
      return parsed.ok ? parsed.prices.map((price) => price.id).toSorted() : [];
    };
    expect(ids(entries)).toHaveLength(3);
    expect(ids(entries.toReversed())).toEqual(ids(entries));
  });

  it.each([
    [
      "a float",
      { input: 0.15 },
      'perMillionTokens.input: write the price per million tokens as a decimal string, such as "0.15", in quotes',
    ],
    ["a negative amount", { input: "-0.15" }, "perMillionTokens.input: a price per million tokens cannot be negative"],
    [
      "more than 6 decimals",
      { input: "0.1234567" },
      "perMillionTokens.input: write the price per million tokens with at most 6 decimals; this one has 7",
    ],
    [
      "an exponent",
      { input: "1e-3" },
      "perMillionTokens.input: write the price per million tokens as a decimal string",
    ],
    ["an unknown class", { inputs: "1" }, "perMillionTokens.inputs: is not a known field; known are input, cacheRead"],
    ["no class at all", {}, "perMillionTokens: price at least one of input, cacheRead"],
    ["a list", ["0.15"], "perMillionTokens: must be an object"],
    ["a class without amount", { input: null }, "perMillionTokens.input: write the price per million tokens"],
  ])("names the place of %s", (_name, perMillionTokens, problem) => {
    const [issue, ...more] = issuesOf({ prices: [{ model: "a/x", perMillionTokens }] });
    expect(issue).toContain(`prices[0].${problem}`);
    expect(more).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["a model without provider", { model: "large" }, "model: write provider/model"],
    ["a missing model", { model: undefined }, "model: must be a text"],
    ["an empty tenant", { tenant: "" }, "tenant: must be a text"],
    ["a date that does not exist", { from: "2026-02-30" }, "from: there is no such day"],
    ["a date as a number", { to: 20_260_101 }, "to: write an ISO date"],
    ["a reversed period", { from: "2026-02-01", to: "2026-01-01" }, "to: the period ends before it begins"],
    ["an empty period", { from: "2026-02-01", to: "2026-02-01" }, "to: the period ends before it begins"],
    [
      "an unknown service tier",
      { serviceTiers: { turbo: rates } },
      "serviceTiers.turbo: is not a known field; known are batch, flex, priority",
    ],
    [
      "a float in a service tier",
      { serviceTiers: { batch: { input: 1 } } },
      "serviceTiers.batch.input: write the price",
    ],
    ["a float fee", { fees: { webSearch: 0.01 } }, "fees.webSearch: write the amount as a decimal string"],
    ["a negative fee", { fees: { webSearch: "-1" } }, "fees.webSearch: cannot be negative"],
    ["an unknown field", { pricePer: "1" }, "pricePer: is not a known field"],
    [
      "a threshold that is no count",
      { longContext: [{ aboveInputTokens: "200k", perMillionTokens: rates }] },
      "longContext[0].aboveInputTokens: must be a whole number",
    ],
    [
      "steps out of order",
      { longContext: [300, 200].map((n) => ({ aboveInputTokens: n, perMillionTokens: rates })) },
      "longContext[1].aboveInputTokens: must be more than the 300 of the step before",
    ],
    [
      "the same step twice",
      { longContext: [300, 300].map((n) => ({ aboveInputTokens: n, perMillionTokens: rates })) },
      "longContext[1].aboveInputTokens: must be more than the 300",
    ],
  ])("names the place of %s", (_name, change, problem) => {
    const [issue, ...more] = issuesOf({
      prices: [{ model: "a/x", perMillionTokens: rates, ...change }],
    });
    expect(issue).toContain(`prices[0].${problem}`);
    expect(more).toEqual([]);
  });

  it("reports every problem at once", () => {
    const issues = issuesOf({
      prices: [
        { model: "x", from: "soon", perMillionTokens: { input: 1, outputs: "2" } },
        { model: "a/y", perMillionTokens: { input: "-1" }, fees: { webSearch: 3 } },
      ],
    });
    expect(issues.map((issue) => issue.split(":")[0])).toEqual([
      "prices[0].model",
      "prices[0].from",
      "prices[0].perMillionTokens.outputs",
      "prices[0].perMillionTokens.input",
      "prices[1].perMillionTokens.input",
      "prices[1].fees.webSearch",
    ]);
  });

  it.each([[null], [undefined], [[]], ["prices"], [7]])("says what it must be when it is %j", (data) => {
    expect(issuesOf(data)).toEqual([": must be an object with prices"]);
  });

  it("says what is missing when prices are no list", () => {
    expect(issuesOf({ prices: {} })).toEqual(["prices: must be a list"]);
  });
});

describe("prices of one model", () => {
  const entry = (from: string | null, to: string | null, more = {}): object => ({
    model: "a/x",
    from,
    to,
    perMillionTokens: rates,
    ...more,
  });

  it("may follow each other without a gap, in any order in the file", () => {
    expect(issuesOf({ prices: [entry("2026-01-01", null), entry(null, "2026-01-01")] })).toEqual([]);
  });

  it("must not overlap, and both places are named", () => {
    const prices = [entry("2026-01-01", "2026-03-01"), entry("2026-02-01", null)];
    expect(issuesOf({ prices })).toEqual([
      "prices[1]: overlaps prices[0] (a/x); end that one with `to` where this one begins",
    ]);
  });

  it("are found overlapping inside a longer one that began earlier", () => {
    const prices = [entry(null, null), entry("2026-01-01", "2026-02-01"), entry("2026-03-01", null)];
    expect(issuesOf({ prices }).map((issue) => issue.slice(0, 30))).toEqual([
      "prices[1]: overlaps prices[0] ",
      "prices[2]: overlaps prices[0] ",
    ]);
  });

  it("are duplicates when they begin together", () => {
    const prices = [entry("2026-01-01", null), entry("2026-01-01", null)];
    expect(issuesOf({ prices })).toEqual(["prices[1]: is a duplicate of prices[0] (a/x); remove one of them"]);
  });

  it("do not overlap those of a tenant or of another provider", () => {
    const prices = [entry(null, null), entry(null, null, { tenant: "t" }), entry(null, null, { model: "b/x" })];
    expect(issuesOf({ prices })).toEqual([]);
  });
});

describe("the parser", () => {
  it("never throws, whatever the data", () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true }), (data) => {
        const entry = { model: "a/x", perMillionTokens: data, longContext: data, fees: data };
        for (const document of [data, { prices: [data] }, { prices: [entry] }]) {
          expect(typeof parsePrices(document, "s").ok).toBe("boolean");
        }
      }),
      { numRuns: 300 },
    );
  });

  it("accepts exactly the periods a price book accepts", () => {
    const day = fc.option(fc.integer({ min: 1, max: 9 }).map((n) => `2026-01-0${n}`));
    const entries = fc.array(fc.record({ from: day, to: day }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(entries, (periods) => {
        const instant = (text: string | null): number | null => (text === null ? null : Date.parse(text));
        const parsed = pricesOf(periods.map((period) => ({ model: "a/x", ...period, perMillionTokens: rates })));
        const bookPrices = periods.map(({ from, to }, index) => ({
          id: String(index),
          provider: "a",
          model: "x",
          tenantId: null,
          from: instant(from),
          to: instant(to),
          rates: {},
          longContext: [],
          serviceTiers: {},
          fees: {},
          source: "s",
        }));
        let accepted = true;
        try {
          createPriceBook("v", bookPrices);
        } catch {
          accepted = false;
        }
        expect(parsed.ok).toBe(accepted);
      }),
      { numRuns: 300 },
    );
  });
});
