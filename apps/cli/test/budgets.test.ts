import { describe, expect, test } from "vitest";
import { configFile, readCsv, runCli, temporaryFolder } from "./run-cli.ts";

const yaml = `
tiers:
  a:
    models: [openai/gpt-4o-mini]
    budgets: [{ usd: "5", per: month, rollover: "2" }, { usd: "1", within: 1h, scope: user }]
tenants: { acme: { tier: a, timeZone: Asia/Kathmandu }, other: { tier: a } }`;

async function json(config: string, dataDir: string, ...argv: readonly string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await runCli(["-c", config, ...argv, "-f", "json"], { dataDir });
  if (code !== 0) throw new Error(err);
  return JSON.parse(out) as Record<string, unknown>;
}

describe("budgets", () => {
  test("are listed for every tenant, with what top-ups and the month before add", async () => {
    const [config, dataDir] = [configFile(yaml), temporaryFolder()];
    const { rows } = (await json(config, dataDir, "budgets", "list")) as { rows: Record<string, unknown>[] };
    expect(rows.map(({ tenantId, budgetId }) => [tenantId, budgetId])).toEqual([
      ["acme", "budget-month"],
      ["acme", "budget-1h-user"],
      ["other", "budget-month"],
      ["other", "budget-1h-user"],
    ]);
    expect(rows[0]).toMatchObject({ limitUsd: "5", toppedUpUsd: "0", rolledUsd: "2", spentUsd: "0", leftUsd: "7" });
    expect(rows[1]).toMatchObject({ scope: "user", scopeId: null, spentUsd: null, leftUsd: null });
    const csv = await runCli(["-c", config, "-f", "csv", "budgets", "list", "-t", "other"], { dataDir });
    expect(readCsv(csv.out).map(({ tenantId }) => tenantId)).toEqual(["other", "other"]);
    const table = await runCli(["-c", config, "budgets", "list"], { dataDir });
    expect(table.out).toContain("left over $");
    expect(table.out).not.toContain("topped up $");
  });

  test("are topped up once for an id, for all or for one, and show it", async () => {
    const [config, dataDir] = [configFile(yaml), temporaryFolder()];
    const all = ["budgets", "top-up", "acme", "budget-month", "2.50", "--id", "order-1", "--note", "a gift"];
    const added = await json(config, dataDir, ...all);
    expect(added).toMatchObject({ tenantId: "acme", id: "order-1", amountUsd: "2.5", scopeId: null, note: "a gift" });
    expect(await json(config, dataDir, ...all)).toEqual(added);
    await json(config, dataDir, "budgets", "top-up", "acme", "budget-1h-user", "1", "--for", "ann");
    const ann = (await json(config, dataDir, "budgets", "show", "acme", "-u", "ann")) as Record<string, never[]>;
    expect(ann["rows"]).toMatchObject([
      { toppedUpUsd: "2.5", leftUsd: "9.5" },
      { scopeId: "ann", toppedUpUsd: "1", leftUsd: "2" },
    ]);
    expect(ann["topUps"]).toMatchObject([{ id: "order-1" }, { budgetId: "budget-1h-user", scopeId: "ann" }]);
    const bob = (await json(config, dataDir, "budgets", "show", "acme", "-u", "bob")) as Record<string, never[]>;
    expect(bob["rows"]?.[1]).toMatchObject({ scopeId: "bob", toppedUpUsd: "0", leftUsd: "1" });
    const shown = await runCli(["-c", config, "budgets", "show", "acme"], { dataDir });
    expect(shown.out).toMatch(/top-up order-1: \$2\.5 for budget-month, until .*\(a gift\)/);
    expect(shown.out).toContain("name a --user");
  });

  test.each<[string, readonly string[], RegExp]>([
    ["a budget the tenant has not", ["acme", "budget-year", "1"], /<budget>: is "budget-year".*known are budget-month/],
    ["what is no amount", ["acme", "budget-month", "much"], /<usd>: write the amount/],
    ["an instant whose month is over", ["acme", "budget-month", "1", "--at", "2020-01-01"], /--at: .*ended/],
    ["what is no instant", ["acme", "budget-month", "1", "--at", "soon"], /--at/],
    ["one user of a budget that has one count", ["acme", "budget-month", "1", "--for", "ann"], /--for: does not apply/],
    ["an unknown tenant", ["nobody", "budget-month", "1"], /there is no tenant nobody/],
  ])("refuse %s", async (_name, argv, message) => {
    const { code, err } = await runCli(["-c", configFile(yaml), "budgets", "top-up", ...argv], {
      dataDir: temporaryFolder(),
    });
    expect([code, err]).toEqual([expect.any(Number), expect.stringMatching(message)]);
    expect(code).not.toBe(0);
  });
});

test("without any, a tenant says so", async () => {
  const config = configFile("tiers: { a: { models: [openai/gpt-4o-mini] } }\ntenants: { acme: { tier: a } }");
  const { code, out } = await runCli(["-c", config, "budgets", "show", "acme"], { dataDir: temporaryFolder() });
  expect([code, out]).toEqual([0, expect.stringContaining("no budget")]);
});
