import { expect, test } from "vitest";
import { configFile, readCsv, runCli, temporaryFolder, transcriptOf } from "./run-cli.ts";

const config = (): string =>
  configFile(`
tiers:
  fast: { name: Fast, models: [openai/gpt-4o-mini], features: [summary], maxOutputTokens: 200, objectives: [{ latency: p95, under: 1ms, minCalls: 1 }] }
  easy: { name: Easy, models: [openai/gpt-4o-mini], features: [summary], maxOutputTokens: 200, objectives: [{ latency: p95, under: 1h, minCalls: 1 }, { errors: "99%" }] }
  free: { name: Free, models: [openai/gpt-4o-mini], features: [summary], maxOutputTokens: 200 }
tenants:
  fast-co: { name: Fast Co, tier: fast }
  easy-co: { name: Easy Co, tier: easy }
  free-co: { name: Free Co, tier: free }
`);

async function called(path: string, dataDir: string, ...tenantIds: string[]): Promise<void> {
  const env = { TENANTRY_SIMULATOR_LATENCY_MS: "20" };
  for (const tenantId of tenantIds) {
    const argv = ["-c", path, "summarize", "-t", tenantId, transcriptOf("techstart-inc")];
    expect(await runCli(argv, { dataDir, env })).toMatchObject({ code: 0 });
  }
}

test("a breached objective is exit code 4, in every format, and the table says by how much", async () => {
  const [path, dataDir] = [config(), temporaryFolder()];
  await called(path, dataDir, "fast-co");
  const table = await runCli(["-c", path, "sla", "report"], { dataDir, width: 80 });
  expect(table.code).toBe(4);
  expect(table.out).toMatch(/fast-co +P95 ≤ 1 ms +1 .* breached\n/);
  expect(table.out).toContain("fast-co: 1 of 1 calls missed P95 ≤ 1 ms; 0 may");
  for (const format of ["json", "csv"]) {
    expect((await runCli(["-c", path, "sla", "report", "-f", format], { dataDir })).code).toBe(4);
  }
  expect((await runCli(["-c", path, "sla", "report", "--to", "2026-01-01"], { dataDir })).code).toBe(0);
});

test("JSON has the fixed shape, and best effort is never good", async () => {
  const [path, dataDir] = [config(), temporaryFolder()];
  await called(path, dataDir, "easy-co", "free-co");
  const { code, out } = await runCli(["-c", path, "sla", "report", "--format", "json"], { dataDir });
  expect(code).toBe(0);
  const { from, to, rows } = JSON.parse(out) as { from: string; to: string; rows: Record<string, unknown>[] };
  expect(Date.parse(from)).toBeLessThan(Date.parse(to));
  const quantileMs = expect.any(Number) as number;
  const one = { calls: 1, good: 1, excluded: 0, share: 1 };
  expect(rows).toEqual([
    {
      tenantId: "easy-co",
      objective: { metric: "latency", quantile: 0.95, thresholdMs: 3_600_000 },
      ...one,
      quantileMs,
      state: "compliant",
    },
    {
      tenantId: "easy-co",
      objective: { metric: "errors", quantile: 0.99, thresholdMs: null },
      ...one,
      quantileMs: null,
      state: "insufficient-data",
    },
    { tenantId: "free-co", objective: null, ...one, good: null, share: null, quantileMs, state: "best-effort" },
  ]);
});

test("CSV has the objective's parts in columns of their own; the table names how many calls are needed", async () => {
  const [path, dataDir] = [config(), temporaryFolder()];
  await called(path, dataDir, "easy-co");
  const csv = readCsv((await runCli(["-c", path, "sla", "report", "-f", "csv"], { dataDir })).out);
  expect(csv).toMatchObject([
    {
      tenantId: "easy-co",
      metric: "latency",
      quantile: "0.95",
      thresholdMs: "3600000",
      share: "1",
      state: "compliant",
    },
    { tenantId: "easy-co", metric: "errors", quantile: "0.99", thresholdMs: "", state: "insufficient-data" },
  ]);
  const table = await runCli(["-c", path, "sla", "report", "--tenant", "easy-co"], { dataDir });
  expect(table.out).toContain("easy-co: 100 calls are needed to judge 99 % succeed");
});

test("no calls are no rows; a tenant nobody knows is exit 2", async () => {
  const [path, dataDir] = [config(), temporaryFolder()];
  const none = await runCli(["-c", path, "sla", "report", "-t", "free-co"], { dataDir });
  expect(none).toMatchObject({ code: 0, err: "" });
  expect(none.out).toContain("no calls in this period");
  const unknown = await runCli(["-c", path, "sla", "report", "-t", "nobody"], { dataDir });
  expect(unknown).toMatchObject({ code: 2, out: "" });
  expect(unknown.err).toContain("there is no tenant nobody; known are easy-co, fast-co, free-co");
});
