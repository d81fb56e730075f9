import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callSome, configFile, readCsv, runCli, temporaryFolder } from "./run-cli.ts";

let dataDir: string;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "tenantry-read-"));
  await callSome(dataDir, "apex-legal", "stratex-consulting", "techstart-inc");
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

async function ok(...argv: string[]): Promise<string> {
  const { code, out, err } = await runCli(argv, { dataDir });
  expect([code, err]).toEqual([0, ""]);
  return out;
}

async function json<Shape = Record<string, unknown>>(...argv: string[]): Promise<Shape> {
  return JSON.parse(await ok(...argv, "--format", "json")) as Shape;
}

const csv = async (...argv: string[]): Promise<Record<string, string>[]> => readCsv(await ok(...argv, "-f", "csv"));

interface Rows {
  readonly rows: readonly Record<string, unknown>[];
}

describe("tenants list", () => {
  test("in a table, in JSON with models as a list, in CSV", async () => {
    expect(await ok("tenants", "list")).toMatch(/stratex-consulting +Stratex Consulting +professional +active/);
    const models = ["openai/gpt-4", "anthropic/claude-haiku-4-5"];
    const { rows } = await json<Rows>("tenants", "list");
    expect(rows[0]).toEqual({
      id: "apex-legal",
      name: "Apex Legal",
      tier: "enterprise",
      status: "active",
      timeZone: "America/New_York",
      models,
    });
    expect((await csv("tenants", "list"))[0]).toMatchObject({ id: "apex-legal", models: models.join(", ") });
  });

  test("shows a hostile name instead of obeying it, and keeps it from spreadsheets", async () => {
    const config = configFile(`
tiers:
  t: { name: T, models: [openai/gpt-4o-mini] }
tenants:
  evil: { name: "\\e[31m\\e[2Jred", tier: t }
  sums: { name: "=HYPERLINK(1)", tier: t }
  kanji: { name: "株式会社", tier: t }
`);
    const run = async (...format: string[]): Promise<string> =>
      (await runCli(["-c", config, "tenants", "list", ...format], { dataDir: temporaryFolder() })).out;
    const table = await run();
    expect(table).toContain("\\x1b[31m\\x1b[2Jred");
    expect(await run("-f", "csv")).toContain(",'=HYPERLINK(1),");
    for (const text of [table, await run("-f", "csv"), await run("-f", "json")]) expect(text).not.toContain("\u001b");
  });
});

describe("tenants show", () => {
  test("says what was bought and where its limits stand", async () => {
    const text = await ok("tenants", "show", "apex-legal");
    expect(text).toMatch(/\n {2}tier +enterprise\n/);
    expect(text).toMatch(/\n {2}calls-1m +60 calls in any 1m +\d+ +\d+\n/);
    expect(text).toMatch(/\n {2}budget-month +\$500 a month +0\.\d+ +499\.\d+\n/);
  });

  test("in JSON has amounts as numbers, and money as decimal strings", async () => {
    expect(await json("tenants", "show", "techstart-inc")).toMatchObject({
      id: "techstart-inc",
      tier: "starter",
      models: ["openai/gpt-3.5-turbo"],
      objectives: [],
      limits: [
        { id: "calls-1m", kind: "rate", unit: "calls", windowMs: 60_000, limit: 10, used: 1, left: 9 },
        {
          id: "budget-month",
          kind: "budget",
          unit: "USD",
          limit: "5",
          used: expect.stringMatching(/^0\.\d+$/) as string,
        },
      ],
    });
    const [rate, budget] = await csv("tenants", "show", "techstart-inc");
    expect(rate).toMatchObject({ id: "calls-1m", unit: "calls", limit: "10", used: "1", left: "9", held: "" });
    expect(budget).toMatchObject({ id: "budget-month", unit: "USD", limit: "5" });
  });

  test("lists limits per user without a count, and calls at once", async () => {
    const config = configFile(`
tiers:
  t:
    name: T
    models: [openai/gpt-4o-mini]
    maxOutputTokens: 100
    limits: [{ calls: 5, per: 1m, scope: user }, { concurrent: 3 }]
    budgets: [{ usd: "1", per: day, onBreach: warn }]
    charge: { markup: "12.5%" }
tenants:
  acme: { name: Acme, tier: t, overrides: { features: [summary] } }
`);
    const { code, out, err } = await runCli(["-c", config, "tenants", "show", "acme"], { dataDir: temporaryFolder() });
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/tier +t, with its own features/);
    expect(out).toMatch(/charge +cost plus 12\.5 %/);
    expect(out).toMatch(/5 calls in any 1m per user +- +-\n/);
    expect(out).toMatch(/3 calls at once +0 +3\n/);
    expect(out).toMatch(/\$1 a day, warns only/);
    expect(out).toContain("limits per user, feature or key have one count for each");
  });

  test("of nobody is exit 2, with the known ones", async () => {
    const { code, err } = await runCli(["tenants", "show", "zz\u001b[1m"], { dataDir });
    expect(code).toBe(2);
    expect(err).toBe(
      "error (not_found): there is no tenant zz\\x1b[1m; known are apex-legal, stratex-consulting, techstart-inc\n",
    );
  });
});

describe("prices", () => {
  test("list has the tiers' models; --all has every model; JSON and CSV every figure", async () => {
    expect(await ok("prices", "list")).toMatch(/openai\/gpt-3\.5-turbo +0\.5 /);
    const { rows } = await json<Rows>("prices", "list");
    expect(rows.map(({ model }) => model)).toEqual([
      "openai/gpt-4",
      "anthropic/claude-haiku-4-5",
      "openai/gpt-4-turbo",
      "openai/gpt-3.5-turbo",
    ]);
    const all = await json<Rows & { version: string }>("prices", "list", "--all");
    expect(all.rows.length).toBeGreaterThan(50);
    expect(all.version).toMatch(/^genai-prices@/);
    expect((await csv("prices", "list"))[1]).toMatchObject({ model: "anthropic/claude-haiku-4-5", cacheRead: "0.1" });
  });

  test("show has every figure of one model with its source", async () => {
    const text = await ok("prices", "show", "openai/gpt-4o-mini");
    expect(text).toMatch(/input +0\.15\d* +million tokens/);
    expect(text).toMatch(/input, batch +0\.075/);
    expect(text).toMatch(/source +genai-prices/);
    const { rows } = await json<Rows>("prices", "show", "openai/gpt-4o-mini");
    expect(rows[0]).toEqual({ of: "input", usd: "0.15", per: "million tokens" });
    expect((await csv("prices", "show", "openai/gpt-4o-mini"))[0]).toEqual({
      of: "input",
      usd: "0.15",
      per: "million tokens",
    });
  });

  test.each([
    ["gpt-4", '<model>: is "gpt-4"; write provider/model, such as openai/gpt-4o-mini'],
    ["openai/gpt-4o-minni", "did you mean openai/gpt-4o"],
    ["nobody/nothing", "`tenantry prices list --all` shows what there is"],
  ])("show %s is exit 2 with a hint", async (model, message) => {
    const { code, out, err } = await runCli(["prices", "show", model], { dataDir });
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(message);
  });
});

describe("calls list", () => {
  test("has the newest call first, in every format, and pages", async () => {
    expect(await ok("calls", "list")).toMatch(/techstart-inc +ann +openai\/gpt-3\.5-turbo +ok +1 +\d+ +0\.\d+/);
    const { rows, nextCursor } = await json<Rows & { nextCursor: string | null }>("calls", "list", "--limit", "2");
    expect(rows.map(({ tenantId }) => tenantId)).toEqual(["techstart-inc", "stratex-consulting"]);
    expect(rows[0]).toMatchObject({
      model: "openai/gpt-3.5-turbo",
      outcome: "ok",
      costUsd: expect.any(String) as string,
    });
    const rest = await csv("calls", "list", "--cursor", nextCursor ?? "");
    expect(rest.map(({ tenantId }) => tenantId)).toEqual(["apex-legal"]);
    expect(await ok("calls", "list", "--limit", "2")).toContain(`--cursor ${nextCursor ?? ""}`);
  });

  test.each(["0", "1001", "many", "-1"])("--limit %s names what is allowed", async (limit) => {
    const { code, err } = await runCli(["calls", "list", `--limit=${limit}`], { dataDir });
    expect(code).toBe(2);
    expect(err).toContain(`--limit: is "${limit}"; give a whole number from 1 to 1000`);
  });

  test("an unknown tenant is exit 2; a session filters", async () => {
    expect((await runCli(["calls", "list", "-t", "nobody"], { dataDir })).code).toBe(2);
    expect(await ok("calls", "list", "-s", "other")).toContain("no calls in this period");
  });
});

describe("explain", () => {
  const latest = async (): Promise<string> =>
    String((await json<Rows>("calls", "list", "-t", "apex-legal")).rows[0]?.["callId"]);

  test("derives the cost as text, and as data with the same figures", async () => {
    const callId = await latest();
    const text = await ok("explain", callId);
    expect(text).toMatch(/\d+ input × \$0\.00003 = \$0\.\d+/);
    const data = await json<{ call: { callId: string }; lines: Record<string, unknown>[]; text: string[] }>(
      "explain",
      callId,
    );
    expect(data.text.join("\n")).toBe(text.trimEnd());
    expect(data.call).toMatchObject({ callId, tenantId: "apex-legal", model: "openai/gpt-4", outcome: "ok" });
    expect(data.lines).toMatchObject([
      { provider: "openai", model: "gpt-4", outcome: "ok", source: "measured", costUsd: expect.any(String) as string },
    ]);
    const items = data.lines[0]?.["costItems"] as { quantity: number; rateUsd: string }[];
    expect(items[0]).toMatchObject({ of: "input", rateUsd: "0.00003" });
    expect(await csv("explain", callId)).toMatchObject([
      { callId, provider: "openai", source: "measured", costUsd: data.lines[0]?.["costUsd"] },
    ]);
  });

  test("keeps to the terminal's width", async () => {
    const { out } = await runCli(["explain", await latest()], { dataDir, width: 60 });
    expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(60);
  });

  test.each([
    ["call_nope", "there is no call call_nope; `tenantry calls list` shows the latest"],
    ["att_x", "there is no call att_x; that is the id of an attempt"],
  ])("%s is exit 2 with a hint", async (id, message) => {
    const { code, err } = await runCli(["explain", id], { dataDir });
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});

describe("doctor", () => {
  test("says which configuration, who answers and where the ledger is", async () => {
    const text = await ok("doctor");
    expect(text).toMatch(/configuration +note +the MeetingMind example/);
    expect(text).toMatch(/providers +note +simulated/);
    expect(text).toContain(join(dataDir, "tenantry.db"));
    const { rows } = await json<Rows>("doctor");
    expect(rows.map(({ state }) => state)).not.toContain("problem");
    expect((await csv("doctor")).map(({ check }) => check)).toContain("storage");
  });

  test("names models without a connected provider, never a key", async () => {
    const env = {
      OPENAI_API_KEY: "sk-secret",
      NETRA_OTLP_ENDPOINT: "https://netra.example/v1",
      NETRA_API_KEY: "nk-secret",
    };
    const { code, out } = await runCli(["doctor"], { dataDir, env });
    expect(code).toBe(0);
    expect(out).toMatch(/routes +note +skipped.*anthropic\/claude-haiku-4-5/);
    expect(out).toContain("Netra at netra.example");
    expect(out).not.toContain("secret");
  });

  test("a store that cannot be used is a problem: exit 1", async () => {
    const { code, out } = await runCli(["doctor", "--data-dir", "/dev/null/x"], {});
    expect(code).toBe(1);
    expect(out).toMatch(/storage +problem +.*\/dev\/null\/x/);
    expect(out).toContain("1 problem");
  });
});
