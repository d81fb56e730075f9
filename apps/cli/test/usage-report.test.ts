import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { callSome, configFile, readCsv, runCli, temporaryFolder, transcriptOf } from "./run-cli.ts";

let dataDir: string;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "tenantry-usage-"));
  await callSome(dataDir, "apex-legal", "apex-legal", "stratex-consulting", "techstart-inc");
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

interface UsageJson {
  readonly from: string;
  readonly to: string;
  readonly groupBy: readonly string[];
  readonly rows: readonly Record<string, unknown>[];
  readonly total: Record<string, unknown>;
}

async function json(...argv: string[]): Promise<UsageJson> {
  const { code, out, err } = await runCli(["usage", "report", "--format", "json", ...argv], { dataDir });
  expect([code, err]).toEqual([0, ""]);
  return JSON.parse(out) as UsageJson;
}

describe("usage report --format json", () => {
  test("has the fixed shape: ISO times, counts as numbers, money as decimal strings, a total", async () => {
    const { from, to, groupBy, rows, total } = await json("--by", "tenant,model");
    expect(Date.parse(to) - Date.parse(from)).toBe(30 * 86_400_000 + 1);
    expect(groupBy).toEqual(["tenant", "model"]);
    expect(rows.map(({ tenantId, model, calls }) => [tenantId, model, calls])).toEqual([
      ["apex-legal", "openai/gpt-4", 2],
      ["stratex-consulting", "openai/gpt-4-turbo", 1],
      ["techstart-inc", "openai/gpt-3.5-turbo", 1],
    ]);
    const sums = {
      attempts: expect.any(Number) as number,
      denied: 0,
      failed: 0,
      costUsd: expect.stringMatching(/^0\.\d+$/) as string,
      chargeUsd: expect.stringMatching(/^0\.\d+$/) as string,
      unpriced: 0,
      estimated: 0,
      unknown: 0,
    };
    for (const row of [...rows, total]) expect(row).toMatchObject(sums);
    const tokens = rows.map((row) => row["tokens"] as { input: number; output: number; total: number });
    for (const { input, output, total: all } of tokens) expect(input + output).toBe(all);
    expect(total["calls"]).toBe(4);
  });

  test.each([
    ["tenant", "tenantId", ["apex-legal", "stratex-consulting", "techstart-inc"]],
    ["user", "userId", ["ann"]],
    ["session", "sessionId", ["s-1"]],
    ["feature", "feature", ["meeting-summary"]],
    ["feature-used", "featureUsed", ["action_items", "custom_reports", "decisions", "summary"]],
    ["model", "model", ["openai/gpt-3.5-turbo", "openai/gpt-4", "openai/gpt-4-turbo"]],
    ["day", "day", [new Date().toISOString().slice(0, 10)]],
    ["month", "month", [new Date().toISOString().slice(0, 7)]],
  ])("--by %s groups by %s", async (by, key, values) => {
    expect((await json("--by", by)).rows.map((row) => row[key])).toEqual(values);
  });

  test("the total of overlapping features counts every call once", async () => {
    const { rows, total } = await json("--by", "feature-used");
    expect(rows.reduce((sum, row) => sum + Number(row["calls"]), 0)).toBeGreaterThan(4);
    expect(total["calls"]).toBe(4);
  });

  test("filters narrow the rows and the total", async () => {
    expect((await json("--tenant", "apex-legal", "--user", "ann", "--session", "s-1")).total["calls"]).toBe(2);
    expect((await json("--user", "nobody")).rows).toEqual([]);
    expect((await json("--feature", "other")).total["calls"]).toBe(0);
    expect((await json("--to", "2026-01-01")).rows).toEqual([]);
  });
});

test("CSV has the rows alone, one level deep, and adds up to the JSON", async () => {
  const { code, out, err } = await runCli(["usage", "report", "-f", "csv", "--by", "tenant,day"], {
    dataDir,
    width: 40,
  });
  expect([code, err]).toEqual([0, ""]);
  const rows = readCsv(out);
  expect(rows.map(({ tenantId }) => tenantId)).toEqual(["apex-legal", "stratex-consulting", "techstart-inc"]);
  const found = await json("--by", "tenant,day");
  expect(rows.map(({ costUsd, tokensTotal, atMostUsd }) => [costUsd, Number(tokensTotal), atMostUsd])).toEqual(
    found.rows.map((row) => [row["costUsd"], (row["tokens"] as { total: number }).total, "0"]),
  );
});

test("the table has a total, hides columns of zeros and fits 80 cells", async () => {
  const { out } = await runCli(["usage", "report", "--by", "tenant,model"], { dataDir, width: 80 });
  expect(out).toMatch(/^Usage by tenant, model, \d{4}-\d\d-\d\d \d\d:\d\d to .* UTC\n/);
  expect(out).toMatch(/\n {2}total +4 +1,940 +0\.\d+ +0\.\d+\n/);
  expect(out).not.toMatch(/unknown|unpriced|estimated/);
  expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
});

test("an empty period says so, and where to look", async () => {
  const { code, out } = await runCli(["usage", "report", "--period", "last-year"], { dataDir });
  expect(code).toBe(0);
  expect(out).toContain("nothing in this period; --period 90d");
});

test("a tenant nobody knows is a mistake: exit 2, with the known ones", async () => {
  const { code, out, err } = await runCli(["usage", "report", "--tenant", "apex"], { dataDir });
  expect([code, out]).toEqual([2, ""]);
  expect(err).toBe(
    "error (not_found): there is no tenant apex; known are apex-legal, stratex-consulting, techstart-inc\n",
  );
});

test.each(["nonsense", "", "tenant,,user", "toString"])("--by %j names what can be grouped by", async (by) => {
  const { code, err } = await runCli(["usage", "report", "--by", by], { dataDir });
  expect(code).toBe(2);
  expect(err).toMatch(/^error \(invalid_request\): --by: ".*" is not known; use tenant, user, .*, month\n$/);
});

test("attempts of unknown cost are counted, bounded and kept out of the sums", async () => {
  const folder = temporaryFolder();
  const config = configFile(`
tiers:
  t: { name: T, models: [openai/gpt-4o-mini], features: [summary], maxOutputTokens: 100, timeout: 100ms }
tenants:
  acme: { name: Acme, tier: t }
`);
  const env = { TENANTRY_SIMULATOR_LATENCY_MS: "5000" };
  const argv = ["--config", config, "summarize", "--tenant", "acme", transcriptOf("apex-legal")];
  expect(await runCli(argv, { dataDir: folder, env })).toMatchObject({ code: 5 });
  const { out } = await runCli(["--config", config, "usage", "report"], { dataDir: folder });
  expect(out).toMatch(/unknown\n/);
  expect(out).toMatch(/1 attempt of unknown cost, at most \$0\.\d+, not in the sums/);
});

describe("a group whose charges are below its costs", () => {
  const config = (perMillionTokens: string): string =>
    configFile(`
tiers:
  t:
    models: [openai/gpt-4o]
    features: [summary]
    maxOutputTokens: 100
    charge: { prices: { openai/gpt-4o: { perMillionTokens: { input: "${perMillionTokens}", output: "${perMillionTokens}" } } } }
tenants:
  acme: { name: Acme, tier: t }
`);

  async function report(perMillionTokens: string, ...argv: string[]): Promise<{ code: number; out: string }> {
    const folder = temporaryFolder();
    const file = config(perMillionTokens);
    const called = ["--config", file, "summarize", "--tenant", "acme", transcriptOf("apex-legal")];
    expect(await runCli(called, { dataDir: folder })).toMatchObject({ code: 0 });
    return await runCli(["--config", file, "usage", "report", ...argv], { dataDir: folder });
  }

  test("says loss, and is exit 4 where that is asked for", async () => {
    const { code, out } = await report("0.000001");
    expect(code).toBe(0);
    expect(out).toMatch(/acme .* -0\.\d+ +loss\n/);
    const failing = await report("0.000001", "--fail-on-negative-margin", "--format", "json");
    expect(failing.code).toBe(4);
    expect(JSON.parse(failing.out)).toMatchObject({ rows: [{ tenantId: "acme", marginNegative: true }] });
  });

  test("is none where more is earned than spent", async () => {
    const { code, out } = await report("900", "--fail-on-negative-margin");
    expect(code).toBe(0);
    expect(out).not.toContain("loss");
  });
});
