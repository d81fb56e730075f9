import { describe, expect, test } from "vitest";
import { tokensOf } from "../pricing/usage.ts";
import type { UsageRow } from "./usage-query.ts";
import { sumUsage, usageView } from "./usage-view.ts";

const row: UsageRow = {
  tenantId: "apex",
  userId: null,
  calls: 2,
  attempts: 3,
  denied: 1,
  failed: 0,
  tokens: tokensOf({ input: 100, cacheRead: 20, output: 7, reasoning: 3, audioInput: 5 }),
  costPico: 123_456n,
  chargePico: 10n ** 13n,
  marginPico: -5n,
  marginUnknown: 2,
  atMostPico: 7n,
  unpriced: 0,
  estimated: 1,
  unknown: 2,
};
const query = { period: { from: 0, to: 86_400_000 }, groupBy: ["tenant", "user"] } as const;

describe("usageView", () => {
  test("has the fixed shape: counts as numbers, money as decimal strings, times in ISO", () => {
    const sums = {
      calls: 2,
      attempts: 3,
      denied: 1,
      failed: 0,
      tokens: {
        input: 100,
        cacheRead: 20,
        cacheWrite5m: 0,
        cacheWrite1h: 0,
        output: 7,
        reasoning: 3,
        audioInput: 5,
        audioOutput: 0,
        total: 135,
      },
      costUsd: "0.000000123456",
      chargeUsd: "10",
      unpriced: 0,
      estimated: 1,
      unknown: 2,
      atMostUsd: "0.000000000007",
    };
    const view = usageView(query, { rows: [row], total: sumUsage([row]) }, { showCost: true });
    expect(view).toEqual({
      from: "1970-01-01T00:00:00.000Z",
      to: "1970-01-02T00:00:00.000Z",
      groupBy: ["tenant", "user"],
      rows: [{ tenantId: "apex", userId: null, ...sums }],
      total: sums,
    });
    expect(JSON.parse(JSON.stringify(view))).toEqual(view);
  });

  test("shows margins only where it is told to, whatever it shows of cost, and flags a loss", () => {
    const total = sumUsage([row, { ...row, marginPico: 2n, marginUnknown: 1 }]);
    const view = usageView(query, { rows: [row], total }, { showCost: true, showMargin: true });
    expect(view.rows[0]).toMatchObject({ marginUsd: "-0.000000000005", marginUnknown: 2, marginNegative: true });
    expect(view.total).toMatchObject({ marginUsd: "-0.000000000003", marginUnknown: 3 });
    const even = usageView(
      query,
      { rows: [], total: { ...row, marginPico: 0n } },
      { showCost: false, showMargin: true },
    );
    expect(even.total.marginNegative).toBe(false);
    expect(JSON.stringify(usageView(query, { rows: [row], total }, { showCost: true }))).not.toContain("margin");
  });

  test("a dimension that was not asked for is absent, one without a value is null", () => {
    const [first] = usageView(query, { rows: [row], total: row }, { showCost: true }).rows;
    expect(first).toHaveProperty("userId", null);
    expect(first).not.toHaveProperty("sessionId");
    expect(first).not.toHaveProperty("model");
  });

  test("nothing tells the cost where it may not be seen", () => {
    const text = JSON.stringify(usageView(query, { rows: [row], total: row }, { showCost: false }));
    expect(text).not.toContain("costUsd");
    expect(text).not.toContain("atMostUsd");
    expect(text).toContain('"chargeUsd":"10"');
  });
});

describe("sumUsage", () => {
  test("adds every field, and money beyond 2⁶³ without loss", () => {
    const dear = { ...row, costPico: 2n ** 63n + 1n };
    const sum = sumUsage([dear, dear]);
    expect(sum.costPico).toBe(2n ** 64n + 2n);
    expect(sum).toMatchObject({ calls: 4, attempts: 6, denied: 2, failed: 0, unpriced: 0, estimated: 2, unknown: 4 });
    expect(sum.tokens).toEqual(tokensOf({ input: 200, cacheRead: 40, output: 14, reasoning: 6, audioInput: 10 }));
    expect(sum).toMatchObject({ chargePico: 2n * 10n ** 13n, atMostPico: 14n });
  });

  test("carries only sums: no group's name leaks into a total", () => {
    expect(sumUsage([row])).not.toHaveProperty("tenantId");
    expect(sumUsage([]).calls).toBe(0);
  });
});
