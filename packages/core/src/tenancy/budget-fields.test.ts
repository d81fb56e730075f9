import { describe, expect, it } from "vitest";
import { usd } from "../money/decimal.ts";
import { parseCatalogue } from "./catalogue.ts";

describe("a budget's further fields", () => {
  const budgetsOf = (budgets: readonly object[], more: object = {}): unknown =>
    parseCatalogue({ tiers: { gold: { models: ["acme/large"], budgets, ...more } } });

  it("are what is inherited at most, and at which shares it is told, sorted and each once", () => {
    const parsed = budgetsOf([
      { usd: "5", per: "month", rollover: "2.5", alertAt: [100, 50, 100] },
      { usd: "5", per: "day", alertAt: [] },
    ]);
    expect(parsed).toMatchObject({ ok: true });
    expect((parsed as ReturnType<typeof parseCatalogue>).catalogue.tiers.get("gold")?.budgets).toMatchObject([
      { rolloverPico: usd("2.5"), alertAtPercent: [50, 100] },
      { alertAtPercent: [] },
    ]);
  });

  it("are reported with their place when they are wrong", () => {
    const parsed = budgetsOf(
      [
        { usd: "5", within: "1h", rollover: "1" },
        { usd: "5", per: "day", rollover: "-1", alertAt: [0, 2000] },
      ],
      {
        clampToBudget: { minOutputTokens: 0 },
      },
    ) as ReturnType<typeof parseCatalogue>;
    expect(parsed.issues.map(({ path }) => path)).toEqual([
      "tiers.gold.budgets[0].rollover",
      "tiers.gold.budgets[1].rollover",
      "tiers.gold.budgets[1].alertAt[0]",
      "tiers.gold.budgets[1].alertAt[1]",
      "tiers.gold.clampToBudget.minOutputTokens",
    ]);
  });

  it.each([
    [true, { minOutputTokens: 16 }],
    [false, null],
    [{ minOutputTokens: 300 }, { minOutputTokens: 300 }],
  ])("clampToBudget: %j", (clampToBudget, expected) => {
    const parsed = budgetsOf([], { clampToBudget }) as ReturnType<typeof parseCatalogue>;
    expect(parsed.catalogue.tiers.get("gold")?.clampToBudget).toEqual(expected);
  });
});
