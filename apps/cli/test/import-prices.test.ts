import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadConfig, openBooks } from "@tenantry/composition";
import { usageOf } from "@tenantry/core";
import { aCallRecord, aLine, anIntent } from "@tenantry/core/testing";
import { describe, expect, test } from "vitest";
import { callSome, configFile, readCsv, type Ran, runCli, temporaryFolder } from "./run-cli.ts";

interface Imported {
  readonly applied: boolean;
  readonly version: number | null;
  readonly changes: readonly { readonly model: string; readonly of: string; readonly from: string | null }[];
  readonly violations: readonly { readonly model: string; readonly path: string; readonly accepted: boolean }[];
  readonly refused: readonly { readonly model: string; readonly problem: string }[];
  readonly ignored: readonly { readonly field: string }[];
  readonly notAsked: number;
}

/** The price of gpt-3.5-turbo becomes this many dollars per million input tokens. */
const own = (input: string, more = ""): string =>
  `prices:\n  - { model: openai/gpt-3.5-turbo, ${more} perMillionTokens: { input: "${input}", output: "1.5" } }\n`;

const map = JSON.stringify({
  "gpt-3.5-turbo": { litellm_provider: "openai", input_cost_per_token: 6e-7, output_cost_per_token: 1.5e-6 },
  "gpt-4": { litellm_provider: "openai", input_cost_per_token: 3e-5, output_cost_per_image: 0.1 },
  "gpt-4-turbo": {
    litellm_provider: "openai",
    input_cost_per_token: 1e-3,
    output_cost_per_token: 3e-5,
    code_interpreter_cost_per_session: 0.03,
  },
  "gemini/x": { litellm_provider: "gemini", input_cost_per_token: 1 },
});

interface Bench {
  readonly dataDir: string;
  run(...argv: readonly string[]): Promise<Ran>;
  json<Data>(...argv: readonly string[]): Promise<Data>;
  /** Writes a file and imports it. */
  bring(text: string, format: string, ...more: readonly string[]): Promise<Imported & { readonly code: number }>;
}

function open(config?: string): Bench {
  const dataDir = temporaryFolder();
  const run = async (...argv: readonly string[]): Promise<Ran> =>
    await runCli([...(config === undefined ? [] : ["-c", config]), ...argv], { dataDir });
  let files = 0;
  return {
    dataDir,
    run,
    async json<Data>(...argv: readonly string[]) {
      const { out, err } = await run(...argv, "-f", "json");
      if (out === "") throw new Error(err);
      return JSON.parse(out) as Data;
    },
    async bring(text, format, ...more) {
      files += 1;
      const path = join(dataDir, `prices-${files}.txt`);
      writeFileSync(path, text);
      const { code, out, err } = await run("prices", "import", path, "--as", format, ...more, "-f", "json");
      if (out === "") throw new Error(err);
      return { code, ...(JSON.parse(out) as Imported) };
    },
  };
}

async function inputOf(bench: Bench, model = "openai/gpt-3.5-turbo"): Promise<string | undefined> {
  const { rows } = await bench.json<{ rows: readonly { of: string; usd: string }[] }>("prices", "show", model);
  return rows.find(({ of }) => of === "input")?.usd;
}

describe("an import", () => {
  test("is a comparison until it is applied, and then the price in force", async () => {
    const bench = open();
    const planned = await bench.bring(own("0.6"), "yaml");
    expect(planned).toMatchObject({ code: 0, applied: false, version: null, violations: [] });
    expect(planned.changes.map(({ model, of }) => `${model} ${of}`)).toContain("openai/gpt-3.5-turbo input");
    expect(await inputOf(bench)).toBe("0.5");
    expect((await bench.json<{ rows: unknown[] }>("prices", "list", "--editions")).rows).toEqual([]);
    expect(await bench.bring(own("0.6"), "yaml", "--apply")).toMatchObject({ code: 0, applied: true, version: 1 });
    expect(await inputOf(bench)).toBe("0.6");
    const again = await bench.bring(own("0.6"), "yaml", "--apply");
    expect(again).toMatchObject({ code: 0, applied: false, changes: [] });
    expect((await bench.json<{ rows: unknown[] }>("prices", "list", "--editions")).rows).toHaveLength(1);
  });

  test("of LiteLLM's map names what it leaves out and what has no effect, and holds from the instant it is asked for", async () => {
    const bench = open();
    const planned = await bench.bring(map, "litellm", "--from", "2026-11-01");
    expect(planned.refused).toEqual([
      {
        model: "openai/gpt-4",
        path: '["gpt-4"]',
        problem: expect.stringContaining("output_cost_per_image bills what is not metered") as string,
      },
    ]);
    expect(planned.ignored.map(({ field }) => field)).toEqual(["code_interpreter_cost_per_session"]);
    expect(planned.notAsked).toBe(1);
    expect(new Set(planned.changes.map(({ from }) => from))).toEqual(new Set(["2026-11-01T00:00:00.000Z"]));
    const ignoring = await bench.bring(map, "litellm", "--ignore", "output_cost_per_image", "--from", "2026-11-01");
    expect(ignoring.refused).toEqual([]);
    const mapped = await bench.bring(map, "litellm", "--provider", "gemini=google");
    expect(mapped.changes.map(({ model }) => model)).toEqual(["google/x"]);
  });

  test("out of bounds is not applied until each model is accepted by name, and the last good book stays", async () => {
    const bench = open();
    const refused = await bench.bring(map, "litellm", "--apply");
    expect(refused).toMatchObject({ code: 4, applied: false });
    expect(refused.violations).toMatchObject([
      { model: "openai/gpt-4-turbo", path: '["gpt-4-turbo"]: input', accepted: false },
    ]);
    expect(await inputOf(bench)).toBe("0.5");
    expect(await bench.bring(map, "litellm", "--apply", "--accept", "openai/gpt-4")).toMatchObject({ code: 4 });
    const taken = await bench.bring(map, "litellm", "--apply", "--accept", "openai/gpt-4-turbo");
    expect(taken).toMatchObject({ code: 0, applied: true, version: 1, violations: [{ accepted: true }] });
    expect(await inputOf(bench, "openai/gpt-4-turbo")).toBe("1000");
    expect(await inputOf(bench, "openai/gpt-4")).toBe("30");
  });

  test("goes over earlier ones where it speaks, and replaces them only when told to", async () => {
    const bench = open();
    const other = `prices:\n  - { model: local/llama, perMillionTokens: { input: "1", output: "1" } }\n`;
    await bench.bring(own("0.6", "from: 2026-11-01,"), "yaml", "--apply");
    await bench.bring(other, "yaml", "--apply");
    expect([await inputOf(bench), await inputOf(bench, "local/llama")]).toEqual(["0.6", "1"]);
    await bench.bring(other.replace('"1"', '"2"'), "yaml", "--apply", "--replace");
    expect([await inputOf(bench), await inputOf(bench, "local/llama")]).toEqual(["0.5", "2"]);
    const rows = (await bench.json<{ rows: { version: number; prices: number }[] }>("prices", "list", "--editions"))
      .rows;
    expect(rows.map(({ version, prices }) => [version, prices])).toEqual([
      [3, 1],
      [2, 2],
      [1, 1],
    ]);
  });

  test("may be of a model that the configuration offers already, and only then can it be opened", async () => {
    const config = configFile(`tiers: { a: { models: [local/llama] } }\ntenants: { acme: { tier: a } }`);
    const bench = open(config);
    expect(await bench.run("usage", "report")).toMatchObject({
      code: 2,
      err: expect.stringContaining("no price") as string,
    });
    const llama = `prices:\n  - { model: local/llama, perMillionTokens: { input: "1", output: "1" } }\n`;
    expect(await bench.bring(llama, "yaml", "--apply")).toMatchObject({ code: 0, version: 1 });
    expect((await bench.run("usage", "report")).code).toBe(0);
    await bench.run("prices", "pin", "0");
    expect((await bench.run("usage", "report")).code).toBe(2);
    expect((await bench.run("prices", "unpin")).code).toBe(0);
    expect((await bench.run("usage", "report")).code).toBe(0);
  });

  test("that would take the price of a model in use is out of bounds", async () => {
    const config = configFile(`tiers: { a: { models: [openai/gpt-4o-mini, local/llama], unpriced: allow } }`);
    const bench = open(config);
    const llama = `prices:\n  - { model: local/llama, perMillionTokens: { input: "1", output: "1" } }\n`;
    await bench.bring(llama, "yaml", "--apply");
    const gone = await bench.bring(own("0.5"), "yaml", "--apply", "--replace");
    expect(gone).toMatchObject({ code: 4, violations: [{ model: "local/llama", path: "local/llama" }] });
    expect(await inputOf(bench, "local/llama")).toBe("1");
  });

  test.each<[string, string, readonly string[], RegExp]>([
    ["a file that is no JSON", "{", ["--as", "litellm"], /cannot be read/],
    [
      "amounts that are floats",
      `prices: [{ model: a/b, perMillionTokens: { input: 1 } }]`,
      ["--as", "yaml"],
      /prices\[0\]/,
    ],
    ["nothing to take", "{}", ["--as", "litellm"], /no price/],
    ["an instant that is none", "{}", ["--as", "litellm", "--from", "soon"], /--from/],
    ["a provider that is none", "{}", ["--as", "litellm", "--provider", "a=b/c"], /--provider/],
    ["no format", "{}", [], /--as/],
  ])("of %s is refused with exit code 2", async (_name, text, options, message) => {
    const { dataDir, run } = open();
    const path = join(dataDir, "wrong.txt");
    writeFileSync(path, text);
    const { code, out, err } = await run("prices", "import", path, ...options);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(message);
  });
});

describe("editions", () => {
  test("are pinned and unpinned, and differ through time", async () => {
    const bench = open();
    await bench.bring(own("0.6"), "yaml", "--apply");
    await bench.bring(own("0.7", "from: 2026-11-01,"), "yaml", "--apply");
    expect(await inputOf(bench)).toBe("0.7");
    expect(await bench.json("prices", "pin", "1")).toMatchObject({ edition: 1, pinned: true });
    expect(await inputOf(bench)).toBe("0.6");
    const pinned = await bench.bring(own("0.8"), "yaml", "--apply");
    expect(pinned).toMatchObject({ applied: true, version: 3, pinned: true });
    expect(await inputOf(bench)).toBe("0.6");
    expect(await bench.json("prices", "pin", "0")).toMatchObject({ edition: 0, pinned: true });
    expect(await inputOf(bench)).toBe("0.5");
    expect(await bench.json("prices", "unpin")).toMatchObject({ edition: 3, pinned: false });
    expect(await inputOf(bench)).toBe("0.8");
    const { rows } = await bench.json<{ rows: unknown[] }>("prices", "diff", "1", "2");
    expect(rows).toEqual([
      {
        model: "openai/gpt-3.5-turbo",
        tenantId: null,
        of: "input",
        from: "2026-11-01T00:00:00.000Z",
        to: null,
        before: "0.6",
        after: "0.7",
        per: "million tokens",
      },
    ]);
    expect((await bench.json<{ rows: unknown[] }>("prices", "diff", "3")).rows).toEqual([]);
    const { code, err } = await bench.run("prices", "diff", "9");
    expect([code, err]).toEqual([2, expect.stringContaining("no edition 9")]);
    expect((await bench.run("prices", "pin", "9")).code).toBe(2);
    expect((await bench.run("prices", "pin", "latest")).err).toContain("<version>");
  });

  test("show their version and age in prices list and doctor", async () => {
    const bench = open();
    const base = await bench.json<{ ageSeconds: number }>("prices", "list");
    expect(base).toMatchObject({ edition: 0, pinned: false, problem: null, recordedAt: "2026-09-23T00:00:00.000Z" });
    await bench.bring(own("0.6"), "yaml", "--apply");
    const listed = await bench.json<{ version: string; ageSeconds: number; source: string }>("prices", "list");
    expect(listed).toMatchObject({
      edition: 1,
      source: expect.stringMatching(/^yaml prices-1\.txt sha256:/) as string,
    });
    expect(listed.version).toContain("edition 1");
    expect(listed.ageSeconds).toBeLessThan(60);
    expect((await bench.run("doctor")).out).toMatch(/edition 1; recorded .*, 0 days ago/);
  });
});

describe("reprice", () => {
  const whole = ["--from", "2020-01-01", "--to", "2100-01-01"];

  test("shows the difference first, appends corrections, and the second time nothing", async () => {
    const bench = open();
    await callSome(bench.dataDir, "techstart-inc", "apex-legal");
    const before = await bench.json<{ total: { costUsd: string } }>("usage", "report");
    await bench.bring(own("5"), "yaml", "--apply");
    const dry = await bench.run("reprice", ...whole, "--dry-run");
    expect([dry.code, dry.out]).toEqual([0, expect.stringMatching(/techstart-inc +1 +1 /)]);
    expect(dry.out).not.toContain("apex-legal");
    expect(await bench.json("usage", "report")).toMatchObject({ total: { costUsd: before.total.costUsd } });
    const { out } = await bench.run("reprice", ...whole);
    expect(out).toMatch(/techstart-inc +1 +1 [\s\S]*1 correction was appended/);
    const after = await bench.json<{ total: { costUsd: string } }>("usage", "report");
    const row = readCsv((await bench.run("reprice", ...whole, "-f", "csv")).out);
    expect(row.map(({ tenantId, corrected }) => [tenantId, corrected])).toEqual([
      ["apex-legal", "0"],
      ["techstart-inc", "0"],
    ]);
    expect(await bench.json("usage", "report")).toMatchObject({ total: after.total });
    expect(Number(after.total.costUsd)).toBeGreaterThan(Number(before.total.costUsd));
    await bench.run("prices", "pin", "0");
    expect(await bench.json("reprice", ...whole, "-t", "techstart-inc")).toMatchObject({
      appended: true,
      rows: [{ tenantId: "techstart-inc", corrected: 1 }],
    });
    expect(await bench.json("usage", "report")).toMatchObject({ total: { costUsd: before.total.costUsd } });
  });

  test("prices lines that had no price", async () => {
    const config = configFile(`
tiers: { a: { models: [openai/gpt-unheard-of], unpriced: allow } }
tenants: { acme: { tier: a } }`);
    const bench = open(config);
    const requested = { provider: "openai", model: "gpt-unheard-of" };
    const books = await openBooks(await loadConfig({ path: config, env: {}, dataDir: bench.dataDir }));
    const at = Date.now() - 1_000;
    const line = aLine({
      ...{ tenantId: "acme", requested, occurredAt: at, usage: usageOf({ input: 10, output: 5 }) },
      ...{ costPico: null, priceId: null, unpricedReason: "no price", chargePico: null, chargeVersion: null },
    });
    const call = aCallRecord({ tenantId: "acme", model: requested, admittedAt: at });
    await books.storage.ledger.open(anIntent({ tenantId: "acme", target: requested, occurredAt: at, admittedAt: at }));
    await books.storage.ledger.settle({ line, call });
    await books.close();
    expect(await bench.json("usage", "report")).toMatchObject({ total: { unpriced: 1, costUsd: "0" } });
    const price = `prices:\n  - { model: openai/gpt-unheard-of, perMillionTokens: { input: "1", output: "2" } }\n`;
    await bench.bring(price, "yaml", "--apply");
    expect(await bench.json("reprice", ...whole, "--dry-run")).toMatchObject({
      appended: false,
      rows: [{ tenantId: "acme", lines: 1, corrected: 1, newlyPriced: 1, costBeforeUsd: "0" }],
    });
    await bench.run("reprice", ...whole);
    const { total } = await bench.json<{ total: { unpriced: number; costUsd: string } }>("usage", "report");
    expect(total).toMatchObject({ unpriced: 0, costUsd: "0.00002", chargeUsd: "0.00002" });
  });

  test("needs a period, and a tenant that exists", async () => {
    const bench = open();
    expect((await bench.run("reprice", "--from", "2026-11-01")).code).toBe(2);
    expect(await bench.run("reprice", ...whole, "-t", "nobody")).toMatchObject({
      code: 2,
      err: expect.stringContaining("no tenant nobody") as string,
    });
  });
});
