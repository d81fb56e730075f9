import { describe, expect, it } from "vitest";
import { convertModel } from "../src/convert-prices.ts";
import { picoPerToken, picoPerUnitOfThousand } from "../src/exact-amounts.ts";

describe("a conversion", () => {
  it("goes through the decimal text and never through arithmetic", () => {
    expect(picoPerToken(0.1)).toBe(100_000n);
    expect(picoPerToken(1.005)).toBe(1_005_000n);
    expect(picoPerToken(0.000001)).toBe(1n);
    expect(picoPerToken(37.5)).toBe(37_500_000n);
    expect(picoPerUnitOfThousand(2.5)).toBe(2_500_000_000n);
  });

  it.each([[0.0000001], [0.1 + 0.2], [-1], [Number.NaN], [Infinity], [1e21]])("of %s is refused", (amount) => {
    expect(picoPerToken(amount)).toBeNull();
  });

  it.each([
    ["more than 6 decimals", { input_mtok: 0.1234567 }, "input_mtok is 0.1234567"],
    [
      "a long-context price of more than 6 decimals",
      { input_mtok: { base: 1, tiers: [{ start: 9, price: 1e-7 }] } },
      "input_mtok is 1e-7",
    ],
    ["an inexact fee", { input_mtok: 1, web_searches_kcount: 1e-10 }, "web_searches_kcount is 1e-10"],
    ["units that are not metered", { input_mtok: 1, input_image_mtok: 2 }, "input_image_mtok, which is not metered"],
    ["no token price", { web_searches_kcount: 10 }, "no price per token"],
    [
      "hours of the day",
      [
        { prices: { input_mtok: 1 } },
        {
          constraint: { type: "time_of_date" as const, start_time: "00:30:00Z", end_time: "16:30:00Z" },
          prices: { input_mtok: 2 },
        },
      ],
      "not priced by start date alone",
    ],
    [
      "dates out of order",
      ["2026-02-01", "2026-01-01"].map((start_date) => ({
        constraint: { type: "start_date" as const, start_date },
        prices: { input_mtok: 1 },
      })),
      "start dates out of order",
    ],
  ])("of a model with %s is refused whole", (_name, prices, problem) => {
    const converted = convertModel("p", { id: "m", match: { equals: "m" }, prices });
    expect(converted).toEqual({ ok: false, problem: expect.stringContaining(problem) as string });
  });

  it("lets the exact 5 minute price win over the general one for cache writes", () => {
    const converted = convertModel("p", {
      id: "m",
      match: { equals: "m" },
      prices: { input_mtok: 1, cache_write_mtok: 9, cache_write_5m_mtok: 2, output_reasoning_mtok: 3 },
    });
    expect(converted.ok && converted.prices[0]?.rates).toEqual({
      input: 1_000_000n,
      cacheWrite5m: 2_000_000n,
      reasoning: 3_000_000n,
    });
  });
});
