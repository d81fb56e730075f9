import { type Instant, parsePrices, type Price, TenantryError } from "@tenantry/core";
import { describe, expect, it } from "vitest";
import { createCataloguePrices, type PriceImport, readPriceImport } from "../../src/index.ts";

function read(text: string, from: Instant | null = null, ignore: readonly string[] = []): PriceImport {
  return readPriceImport("genai-prices", text, { providers: new Map([["openai", "openai"]]), from, ignore });
}

const provider = (models: string): string =>
  `[{ "id": "openai", "name": "OpenAI", "models": [${models}] }, { "id": "groq", "models": [{}, {}] }]`;

describe("the data of genai-prices", () => {
  it("is read to exact rates, through its dates and its steps", () => {
    const text = provider(`{
      "id": "gpt-9", "name": "GPT 9", "match": { "equals": "gpt-9" }, "context_window": 400000,
      "prices": [
        { "prices": { "input_mtok": 10, "output_mtok": 40 } },
        { "constraint": { "start_date": "2026-06-10" },
          "prices": {
            "input_mtok": { "base": 2.50, "tiers": [{ "start": 200000, "price": 5 }] }, "cache_read_mtok": 0.125,
            "output_mtok": 15.000001, "web_searches_kcount": 10
          } }
      ]
    }`);
    const { prices, refused, ignored, notAsked } = read(text);
    expect([refused, ignored, notAsked]).toEqual([[], [], 2]);
    expect(prices.map(({ path }) => path)).toEqual(["[0].models[0]", "[0].models[0]"]);
    const change = Date.UTC(2026, 5, 10);
    expect(prices.map(({ price }) => price)).toMatchObject([
      { from: null, to: change, rates: { input: 10_000_000n, output: 40_000_000n } },
      {
        from: change,
        to: null,
        rates: { input: 2_500_000n, cacheRead: 125_000n, output: 15_000_001n },
        longContext: [{ aboveInputTokens: 200_000, rates: { input: 5_000_000n } }],
        fees: { webSearch: 10_000_000_000n },
      },
    ]);
  });

  it("has prices without a date hold from the instant asked for, and dated ones from theirs", () => {
    const from = Date.UTC(2026, 10, 1);
    const model = (id: string, prices: string): string => `{ "id": "${id}", "prices": ${prices} }`;
    const one = `{ "input_mtok": 1 }`;
    const dated = `[{ "prices": ${one} }, { "constraint": { "start": "2026-06-10" }, "prices": ${one} }]`;
    const { prices } = read(provider(`${model("a", one)}, ${model("b", dated)}`), from);
    expect(prices.map(({ price }) => [price.model, price.from])).toEqual([
      ["a", from],
      ["b", null],
      ["b", Date.UTC(2026, 5, 10)],
    ]);
  });

  it.each<[string, string, string]>([
    [
      "a unit that is not metered",
      `{ "input_mtok": 1, "input_image_mtok": 2 }`,
      "input_image_mtok, which is not metered",
    ],
    [
      "hours of the day",
      `[{ "prices": {} }, { "constraint": { "start_time": "0", "end_time": "1" }, "prices": {} }]`,
      "start date",
    ],
    ["too many decimals", `{ "input_mtok": 0.1234567 }`, "input_mtok is 0.1234567"],
    ["more digits than a float has", `{ "input_mtok": 123456789012.123456 }`, "input_mtok is 123456789012.123456"],
    ["a negative amount", `{ "input_mtok": -1 }`, "input_mtok is -1"],
    ["no prices", `null`, "has no prices"],
    ["no periods", `[]`, "has no prices"],
    ["a period that is none", `[null]`, "has a period without prices"],
    ["a period without prices", `[{ "prices": 5 }]`, "has a period without prices"],
    ["an amount that is none", `{ "input_mtok": null }`, "input_mtok is neither"],
    ["an amount as text", `{ "input_mtok": "1" }`, "input_mtok is neither"],
    ["a base without tiers", `{ "input_mtok": { "base": 1 } }`, "input_mtok is neither"],
    ["a tier that is none", `{ "input_mtok": { "base": 1, "tiers": [null] } }`, "input_mtok is neither"],
    ["a tier without a start", `{ "input_mtok": { "base": 1, "tiers": [{ "price": 2 }] } }`, "input_mtok is neither"],
  ])("refuses a model with %s whole, and names the field", (_name, prices, problem) => {
    const { refused } = read(provider(`{ "id": "gpt-9", "prices": ${prices} }`));
    expect(refused).toEqual([
      { model: "openai/gpt-9", path: "[0].models[0]", problem: expect.stringContaining(problem) as string },
    ]);
  });

  it("refuses a model without a name, and reads the others", () => {
    const prices = `{ "input_mtok": 1 }`;
    const outcome = read(
      provider(`{ "prices": ${prices} }, { "id": "", "prices": ${prices} }, { "id": "a", "prices": ${prices} }`),
    );
    expect(outcome.refused.map(({ path, problem }) => [path, problem])).toEqual([
      ["[0].models[0]", "has no id"],
      ["[0].models[1]", "has no id"],
    ]);
    expect(outcome.prices.map(({ price }) => price.model)).toEqual(["a"]);
  });

  it("ignores a field by name, and lists unknown ones beside the prices", () => {
    const text = provider(`{ "id": "gpt-9", "sparkle": 1, "prices": { "input_mtok": 1, "input_image_mtok": 2 } }`);
    const { prices, ignored } = read(text, null, ["input_image_mtok"]);
    expect(prices).toHaveLength(1);
    expect(ignored.map(({ field }) => field)).toEqual(["input_image_mtok", "sparkle"]);
  });

  it.each(["", "{}", "null", "[1", "5"])("refuses %j as a file", (text) => {
    expect(() => read(text)).toThrow(TenantryError);
  });
});

describe("a file of one's own", () => {
  const text = `prices:
  - model: openai/gpt-9
    perMillionTokens: { input: "0.15", output: "0.60" }
  - model: local/llama
    from: 2026-01-01
    perMillionTokens: { input: "0" }
`;
  const options = { providers: new Map<string, string>(), ignore: [] };

  it("gives the rates that it has in the configuration", () => {
    const { prices } = readPriceImport("yaml", text, { ...options, from: null });
    const data = { prices: [{ model: "openai/gpt-9", perMillionTokens: { input: "0.15", output: "0.60" } }] };
    const parsed = parsePrices(data, "import");
    expect(parsed.ok && parsed.prices[0]).toEqual(prices[0]?.price);
    expect(prices.map(({ path, price }) => [path, price.from])).toEqual([
      ["prices[0]", null],
      ["prices[1]", Date.UTC(2026, 0, 1)],
    ]);
  });

  it("is taken whole or not at all, every problem with its path", () => {
    const wrong = `prices:\n  - { model: a/b, perMillionTokens: { input: 1 } }\n  - { model: c, perMillionTokens: {} }\n`;
    const reading = (): unknown => readPriceImport("yaml", wrong, { ...options, from: null });
    expect(reading).toThrow(/prices\[0\]\.perMillionTokens\.input.*prices\[1\]\.model/s);
    expect(() => readPriceImport("yaml", "a: [", { ...options, from: null })).toThrow(TenantryError);
  });
});

describe("an edition over the catalogue", () => {
  const edition = (perMillion: string, more: object = {}): readonly Price[] => {
    const parsed = parsePrices(
      { prices: [{ model: "openai/gpt-4o-mini", perMillionTokens: { input: perMillion }, ...more }] },
      "import",
    );
    if (!parsed.ok) throw new Error("no prices");
    return parsed.prices;
  };
  const laid = async (prices: readonly Price[], overrides?: unknown) => {
    const catalogue = await createCataloguePrices(overrides === undefined ? {} : { overrides });
    return catalogue.bookWith({ version: 3, recordedAt: 0, source: "test", prices });
  };
  const mini = { provider: "openai", model: "gpt-4o-mini" };
  const dated = { provider: "openai", model: "gpt-4o-mini-2024-07-18" };
  const now = Date.UTC(2026, 9, 1);

  it("holds under every name of its model within its period, and the catalogue elsewhere", async () => {
    const book = await laid(edition("9", { from: "2026-01-01" }));
    expect([book.find(mini, now), book.find(dated, now)].map((price) => price?.rates.input)).toEqual([
      9_000_000n,
      9_000_000n,
    ]);
    expect(book.find(dated, Date.UTC(2025, 0, 1))?.rates.input).toBe(150_000n);
    expect(book.find({ provider: "openai", model: "gpt-4o" }, now)?.rates.input).toBe(2_500_000n);
    expect(book.version).toContain("edition 3");
  });

  it("yields to what the configuration's file says, and a tenant's own price wins over both", async () => {
    const file = { prices: [{ model: "openai/gpt-4o-mini", to: "2026-06-01", perMillionTokens: { input: "5" } }] };
    const prices = [...edition("9"), ...edition("7", { tenant: "acme" })];
    const book = await laid(prices, file);
    const inputs = (at: number, tenantId?: string): bigint | undefined => book.find(dated, at, tenantId)?.rates.input;
    expect(inputs(Date.UTC(2026, 0, 1))).toBe(5_000_000n);
    expect(inputs(now)).toBe(9_000_000n);
    expect(inputs(Date.UTC(2026, 0, 1), "acme")).toBe(7_000_000n);
    expect(inputs(now, "other")).toBe(9_000_000n);
  });

  it("is refused when its periods overlap, and the book without it is the same as ever", async () => {
    await expect(laid([...edition("9"), ...edition("8")])).rejects.toMatchObject({ code: "invalid_configuration" });
    const catalogue = await createCataloguePrices();
    expect(catalogue.bookWith(null)).toBe(catalogue.current());
  });
});
