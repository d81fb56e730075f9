import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadConfig, openBooks } from "@tenantry/composition";
import { formatUsd, type LedgerLine, usageOf, usd } from "@tenantry/core";
import { aCallRecord, aLine, anIntent } from "@tenantry/core/testing";
import { describe, expect, it } from "vitest";
import { exampleConfig } from "../src/context.ts";
import { type Ran, readCsv, runCli, temporaryFolder } from "./run-cli.ts";

const day = Date.UTC(2026, 9, 5);
const dayMs = 86_400_000;
const gpt = { provider: "openai", model: "gpt-4o-mini" };
const claude = { provider: "anthropic", model: "claude-haiku-4-5" };

interface Some extends Partial<LedgerLine> {
  /** Whether the call goes on. */
  readonly inFlight?: boolean;
}

/** A ledger with one call for each line, on 2026-10-05 at noon unless the line says otherwise. */
async function ledgerOf(...lines: readonly Some[]): Promise<string> {
  const dataDir = temporaryFolder();
  const books = await openBooks(await loadConfig({ path: exampleConfig, env: {}, dataDir }));
  for (const [index, { inFlight = false, ...some }] of lines.entries()) {
    const occurredAt = some.occurredAt ?? day + dayMs / 2 + index;
    const ids = { callId: `call-${index}`, attemptId: `att-${index}`, tenantId: some.tenantId ?? "apex-legal" };
    const line = aLine({ requested: gpt, ...some, ...ids, lineId: ids.attemptId, occurredAt });
    const call = aCallRecord({ ...ids, model: line.answered, admittedAt: occurredAt });
    await books.storage.ledger.open(anIntent({ ...ids, target: line.requested, occurredAt, admittedAt: occurredAt }));
    await books.storage.ledger.settle({ line, call: inFlight ? null : call });
  }
  await books.close();
  return dataDir;
}

interface Cost {
  readonly usd: string;
  readonly item?: string | null;
  readonly key?: string;
}

function costs(...results: readonly Cost[]): string {
  const all = results.map(({ usd: value, item = "gpt-4o-mini-2024-07-18, input", key = null }) => ({
    object: "organization.costs.result",
    amount: { value, currency: "usd" },
    line_item: item,
    project_id: null,
    api_key_id: key,
  }));
  const bucket = { object: "bucket", start_time: day / 1000, end_time: (day + dayMs) / 1000, results: all };
  return JSON.stringify({ object: "page", data: [bucket], has_more: false, next_page: null });
}

async function reconcile(dataDir: string, invoice: string, ...more: readonly string[]): Promise<Ran> {
  const path = join(dataDir, "invoice");
  writeFileSync(path, invoice);
  const provider = more.includes("--provider") ? [] : ["--provider", "openai"];
  return await runCli(["reconcile", ...provider, "--invoice", path, ...more], { dataDir });
}

interface Shown {
  readonly balanced: boolean;
  readonly billed: string;
  readonly unexplained: string;
  readonly residuals: Readonly<Record<string, string>>;
  readonly rows: readonly { readonly state: string; readonly model: string | null; readonly difference: string }[];
  readonly allocation: readonly Readonly<Record<string, string>>[] | null;
  readonly notes: readonly string[];
}

async function shown(dataDir: string, invoice: string, ...more: readonly string[]): Promise<Shown & { code: number }> {
  const { code, out, err } = await reconcile(dataDir, invoice, ...more, "--format", "json");
  expect(err).toBe("");
  return { ...(JSON.parse(out) as Shown), code };
}

describe("tenantry reconcile", () => {
  it("ends with 0 where both sides are equal, and says what was never checked", async () => {
    const dataDir = await ledgerOf({ costPico: usd("0.25") }, { costPico: usd("0.5"), tenantId: "techstart-inc" });
    const { code, out } = await reconcile(dataDir, costs({ usd: "0.7500000000000" }));
    expect(code).toBe(0);
    expect(out).toMatch(/OpenAI costs, API JSON against the ledger, 2026-10-05 00:00 to 2026-10-06 00:00 UTC/);
    expect(out).toMatch(/matched +1 of 1 rows/);
    expect(out).toMatch(/result +reconciled: both sides are equal/);
    expect(out).toMatch(/never checked on a real account/);
    expect(out).toMatch(/developers\.openai\.com\/api\/docs\/api-reference\/usage \(read 2026-11-23\)/);
  });

  it("ends with 4 where something is unexplained, and shows the row", async () => {
    const dataDir = await ledgerOf({ costPico: usd("0.25") });
    const { code, out } = await reconcile(
      dataDir,
      costs({ usd: "0.2500000000001" }, { usd: "1.5", item: "gpt-5, output" }),
    );
    expect(code).toBe(4);
    expect(out).toMatch(/2026-10-05 +gpt-5 +1\.5 +0 +1\.5 +missing-here +billed, and not in the ledger/);
    expect(out).toMatch(/NOT RECONCILED: 1 row unexplained, \$1\.5 net/);
    expect(out).not.toMatch(/gpt-4o-mini/);
  });

  it("explains what the ledger marks, as far as the marks reach, and what it cannot have seen", async () => {
    const unknown = { source: "unknown", usage: null, costPico: null, chargePico: null, outcome: "timeout" } as const;
    const dataDir = await ledgerOf(
      { costPico: usd("0.25"), source: "estimated", holdPico: usd("0.3") },
      { ...unknown, atMostPico: usd("0.1"), tenantId: "techstart-inc" },
    );
    const result = await shown(
      dataDir,
      costs({ usd: "0.380000000000" }, { usd: "2.0", item: "web search tool calls" }),
    );
    expect(result).toMatchObject({
      code: 0,
      balanced: true,
      residuals: { unknown: "0.1", estimated: "0.03", untracked: "2" },
      unexplained: "0",
    });
    const tooMuch = await shown(dataDir, costs({ usd: "0.410000000000" }));
    expect(tooMuch).toMatchObject({
      code: 4,
      unexplained: "0.01",
      residuals: { estimated: "0.05", differing: "0.01" },
    });
  });

  it("counts and explains lines of calls that have not ended", async () => {
    const dataDir = await ledgerOf(
      { costPico: usd("0.25"), source: "estimated", holdPico: usd("0.3"), inFlight: true },
      { costPico: usd("0.5") },
    );
    const result = await shown(dataDir, costs({ usd: "0.780000000000" }));
    expect(result).toMatchObject({ code: 0, balanced: true, residuals: { estimated: "0.03" } });
    expect(result.notes.join()).not.toContain("sums alone");
  });

  it("tells fees per unit from tokens, as the provider does", async () => {
    const fee = { of: "webSearch", quantity: 1, ratePico: usd("0.01"), amountPico: usd("0.01") };
    const dataDir = await ledgerOf({ costPico: usd("0.26"), costItems: [fee] });
    const result = await shown(
      dataDir,
      costs({ usd: "0.250000000000" }, { usd: "0.01", item: "web search tool calls" }),
    );
    expect(result).toMatchObject({ code: 0, residuals: {} });
    expect(result.rows.map(({ state }) => state)).toEqual(["matched", "matched"]);
  });

  it("books what belongs to nobody under (unattributed), so that all tenants and it are the invoice", async () => {
    const dataDir = await ledgerOf({ costPico: usd("0.2") }, { costPico: usd("0.1"), tenantId: "techstart-inc" });
    const invoice = costs({ usd: "0.3" }, { usd: "0.6", item: "gpt-5, output" }, { usd: "2", item: "web search" });
    const report = async (): Promise<unknown> => {
      const argv = ["usage", "report", "--by", "tenant", "--from", "2026-10-05", "--to", "2026-10-06"];
      const { rows, total } = JSON.parse((await runCli([...argv, "--format", "json"], { dataDir })).out) as {
        rows: readonly { tenantId: string; costUsd: string }[];
        total: { costUsd: string };
      };
      return [...rows.map(({ tenantId, costUsd }) => [tenantId, costUsd]), total.costUsd];
    };
    const booked = await shown(dataDir, invoice, "--book-unattributed");
    expect(booked.notes).toContain("booked under (unattributed): 2.6 USD for 2026-10-05");
    const all = [["(unattributed)", "2.6"], ["apex-legal", "0.2"], ["techstart-inc", "0.1"], "2.9"];
    expect(await report()).toEqual(all);
    const again = await shown(dataDir, invoice, "--book-unattributed", "--allocate", "all");
    expect(again).toMatchObject({ billed: "2.9", booked: "0.3", unexplained: booked.unexplained });
    expect(again.notes).toContain("nothing to change under (unattributed)");
    expect(again.allocation).toEqual([
      { tenantId: "apex-legal", bookedUsd: "0.2", allocatedUsd: "1.733333333333", totalUsd: "1.933333333333" },
      { tenantId: "techstart-inc", bookedUsd: "0.1", allocatedUsd: "0.866666666667", totalUsd: "0.966666666667" },
    ]);
    const later = await shown(dataDir, costs({ usd: "0.3" }, { usd: "2", item: "web search" }), "--book-unattributed");
    expect(later.notes).toContain("booked under (unattributed): 2 USD for 2026-10-05, was 2.6");
    expect(await report()).toEqual([["(unattributed)", "2"], ["apex-legal", "0.2"], ["techstart-inc", "0.1"], "2.3"]);
  });

  it("leaves a loss that is nobody's to nobody, by whatever a report groups", async () => {
    const dataDir = await ledgerOf({ costPico: usd("0.2"), chargePico: usd("0.3") });
    await reconcile(dataDir, costs({ usd: "0.2" }, { usd: "2", item: "web search" }), "--book-unattributed");
    const cheap = await ledgerOf({ costPico: usd("0.2"), chargePico: usd("0.1") });
    const period = ["--from", "2026-10-01", "--to", "2026-11-01", "--fail-on-negative-margin", "--format", "json"];
    const dimensions = ["tenant", "user", "session", "feature", "feature-used", "model", "day", "month"];
    for (const by of [...dimensions, "model,tenant", "day,model"]) {
      const kept = await runCli(["usage", "report", "--by", by, ...period], { dataDir });
      expect([by, kept.code]).toEqual([by, 0]);
      expect((JSON.parse(kept.out) as { total: { marginUsd: string } }).total.marginUsd).toBe("-1.9");
      expect([by, (await runCli(["usage", "report", "--by", by, ...period], { dataDir: cheap })).code]).toEqual([
        by,
        4,
      ]);
    }
    const own = ["usage", "report", "--tenant", "(unattributed)", "--by", "day", ...period];
    expect((await runCli(own, { dataDir })).code).toBe(0);
  });

  it("splits the invoice among tenants to the last digit, and puts on nobody what is nobody's", async () => {
    const dataDir = await ledgerOf(
      { costPico: usd("0.2") },
      { costPico: usd("0.1"), tenantId: "techstart-inc" },
      { costPico: usd("0.1"), tenantId: "stratex-consulting" },
    );
    const invoice = costs({ usd: "0.41" }, { usd: "0.6", item: "gpt-5, output" });
    const { allocation, billed } = await shown(dataDir, invoice, "--allocate");
    expect(allocation).toEqual([
      { tenantId: "apex-legal", bookedUsd: "0.2", allocatedUsd: "0.005", totalUsd: "0.205" },
      { tenantId: "stratex-consulting", bookedUsd: "0.1", allocatedUsd: "0.0025", totalUsd: "0.1025" },
      { tenantId: "techstart-inc", bookedUsd: "0.1", allocatedUsd: "0.0025", totalUsd: "0.1025" },
      { tenantId: "(unattributed)", bookedUsd: "0", allocatedUsd: "0.6", totalUsd: "0.6" },
    ]);
    const total = (allocation ?? []).reduce((sum, { totalUsd = "" }) => sum + usd(totalUsd), 0n);
    expect(formatUsd(total)).toBe(billed);
    const table = await reconcile(dataDir, invoice, "--allocate");
    expect(table.out).toMatch(/\(unattributed\) +0\.0 +0\.6000 +0\.6000/);
    const csv = await reconcile(dataDir, invoice, "--allocate", "--format", "csv");
    expect(readCsv(csv.out).map((row) => row["tenantId"])).toContain("(unattributed)");
  });

  it("compares the keys it is told are ours, and leaves the others out as untracked", async () => {
    const dataDir = await ledgerOf({ costPico: usd("0.25") });
    const invoice = costs({ usd: "0.2500000000000", key: "key_ours" }, { usd: "9", key: "key_other" });
    expect(await shown(dataDir, invoice)).toMatchObject({ code: 4, balanced: false });
    expect(await shown(dataDir, invoice, "--key", "key_ours")).toMatchObject({
      code: 0,
      residuals: { untracked: "9" },
    });
    const { code, err } = await reconcile(dataDir, invoice, "--key", "key_ours=nowhere");
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/"nowhere" is no connection to this provider; there are openai/),
    ]);
  });

  it("finds what the ledger has on days the export says nothing about", async () => {
    const dataDir = await ledgerOf({ costPico: usd("0.25") }, { costPico: usd("0.5"), occurredAt: day + dayMs + 1 });
    const invoice = costs({ usd: "0.25" });
    expect(await shown(dataDir, invoice)).toMatchObject({ code: 0 });
    const result = await shown(dataDir, invoice, "--to", "2026-10-07");
    expect(result).toMatchObject({ code: 4, residuals: { "missing-there": "-0.5" } });
    expect(await shown(dataDir, invoice, "--from", "2026-10-06", "--to", "2026-10-07")).toMatchObject({ billed: "0" });
  });

  it("compares Anthropic's cents, and takes for rounding what two decimals cannot say", async () => {
    const dataDir = await ledgerOf({ requested: claude, costPico: usd("0.0461") }, { costPico: usd("7") });
    const csv = "usage_date_utc,model,token_type,cost_usd\n2026-10-05,Claude Haiku 4.5,output,0.05\n";
    const result = await shown(dataDir, csv, "--provider", "anthropic");
    expect(result).toMatchObject({ code: 0, residuals: { rounding: "0.0039" } });
    expect(result.rows).toMatchObject([{ model: "claude-haiku-4-5", difference: "0.0039" }]);
  });

  it("compares tokens class by class", async () => {
    const dataDir = await ledgerOf({ usage: usageOf({ input: 900, cacheRead: 4_000, output: 700, reasoning: 300 }) });
    const result = (input: number): string => {
      const fields = { input_tokens: input, output_tokens: 1_000, input_cached_tokens: 4_000, model: "gpt-4o-mini" };
      const results = [{ object: "organization.usage.completions.result", num_model_requests: 1, ...fields }];
      const bucket = { object: "bucket", start_time: day / 1000, end_time: (day + dayMs) / 1000, results };
      return JSON.stringify({ object: "page", data: [bucket], has_more: false, next_page: null });
    };
    expect(await shown(dataDir, result(4_900))).toMatchObject({ code: 0, billed: 5_900, rows: { length: 3 } });
    const { code, out } = await reconcile(dataDir, result(4_901));
    expect(code).toBe(4);
    expect(out).toMatch(/gpt-4o-mini +input +901 +900 +1 +differing +billed and booked differently/);
    const denied = await reconcile(dataDir, result(4_900), "--allocate");
    expect([denied.code, denied.err]).toEqual([2, expect.stringMatching(/--allocate: needs an export of costs/)]);
  });

  it("takes the simulator's invoice request by request", async () => {
    const dataDir = await ledgerOf({ costPico: usd("0.25"), responseId: "resp-0" }, { costPico: usd("0.5") });
    const tokens = {
      input: 1,
      cacheRead: 0,
      cacheWrite5m: 0,
      cacheWrite1h: 0,
      output: 0,
      reasoning: 0,
      audioInput: 0,
      audioOutput: 0,
    };
    const line = (id: string, some: object): object => ({
      id,
      provider: "openai",
      endpoint: "/v1/chat/completions",
      model: "gpt-4o-mini-2024-07-18",
      responseId: null,
      clientRequestId: null,
      occurredAt: day + dayMs / 2,
      tokens,
      amountPico: String(usd("0.25")),
      ...some,
    });
    const invoice = (...lines: readonly { amountPico?: string }[]): string => {
      const totalPico = lines.reduce((sum, { amountPico = "0" }) => sum + BigInt(amountPico), 0n);
      return JSON.stringify({ lines, totalPico: String(totalPico) });
    };
    const first = line("line_1", { responseId: "resp-0" });
    const second = line("line_2", { clientRequestId: "att-1", amountPico: String(usd("0.5")) });
    const stranger = line("line_3", { clientRequestId: "stranger" });
    const all = await shown(dataDir, invoice(first, second), "--provider", "simulator");
    expect(all).toMatchObject({ code: 0, rows: [{ state: "matched" }], notes: [expect.stringMatching(/simulated/)] });
    const more = await shown(dataDir, invoice(first, second, stranger), "--provider", "simulator", "--allocate");
    expect(more).toMatchObject({ code: 4, residuals: { "missing-here": "0.25" } });
    expect(more.allocation?.at(-1)).toMatchObject({ tenantId: "(unattributed)", totalUsd: "0.25" });
  });

  it.each([
    ["a provider nobody knows", ["--provider", "acme"], /--provider: is "acme"; use openai, anthropic, simulator/],
    ["half a day", ["--from", "2026-10-05T12:00:00Z"], /--from: .*exports are by whole days in UTC/],
    ["a period that ends before it begins", ["--from", "2026-10-07"], /--from: must be before --to/],
    ["keys where the export has none", ["--key", "key_a"], /--key: needs an export that is grouped by key/],
  ])("ends with 2 for %s", async (_name, more, problem) => {
    const { code, err, out } = await reconcile(await ledgerOf(), costs({ usd: "1" }), ...more);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(problem);
  });

  it("ends with 2 for a file that is not there, or has a field nobody knows, unless that is ignored", async () => {
    const dataDir = await ledgerOf();
    const missing = await runCli(["reconcile", "--provider", "openai", "--invoice", join(dataDir, "none")], {
      dataDir,
    });
    expect([missing.code, missing.err]).toEqual([2, expect.stringMatching(/none cannot be read/)]);
    const strange = costs().replace('"results":[]', '"results":[],"tax":1');
    const refused = await reconcile(dataDir, strange);
    expect([refused.code, refused.err]).toEqual([
      2,
      expect.stringMatching(/data\[0\]\.tax: is not a documented field/),
    ]);
    expect((await reconcile(dataDir, strange, "--ignore", "tax")).code).toBe(0);
  });

  it("has a CSV with every row, also those that match", async () => {
    const dataDir = await ledgerOf({ costPico: usd("0.25") });
    const { out } = await reconcile(dataDir, costs({ usd: "0.25" }), "--format", "csv");
    expect(readCsv(out)).toMatchObject([
      { day: "2026-10-05", model: "gpt-4o-mini", difference: "0", state: "matched", residuals: "" },
    ]);
  });
});
