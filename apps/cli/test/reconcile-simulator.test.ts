import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Invoice, loadConfig, openApp } from "@tenantry/composition";
import { formatUsd } from "@tenantry/core";
import { describe, expect, it } from "vitest";
import { exampleConfig } from "../src/context.ts";
import { runCli, temporaryFolder } from "./run-cli.ts";

interface Traffic {
  readonly dataDir: string;
  /** As `GET /__simulator/invoice` answers it. */
  readonly text: string;
  readonly invoice: Invoice;
}

/** Calls, the last of them by the second provider, and what they were billed; with failures and missing usage or without. */
async function traffic(faulty: boolean): Promise<Traffic> {
  const dataDir = temporaryFolder();
  const app = await openApp(await loadConfig({ path: exampleConfig, env: {}, dataDir }), { simulator: { seed: 7 } });
  const { simulator, tenantry } = app;
  if (simulator === null) throw new Error("the example has no provider of its own");
  try {
    if (faulty) {
      simulator.plan([
        { match: { everyNth: 5 }, fault: { kind: "billed-then-status" } },
        { match: { everyNth: 4 }, fault: { kind: "usage-missing" } },
        { match: { everyNth: 3, provider: "openai" }, fault: { kind: "status", status: 429 } },
      ]);
    }
    const ask = async (tenantId: string): Promise<void> => {
      const messages = [{ role: "user", content: `What did ${tenantId} decide on Monday?` }] as const;
      await tenantry.call(
        { tenantId, feature: "meeting-summary", operation: "test" },
        { messages, maxOutputTokens: 40 },
      );
    };
    for (let round = 1; round <= 8; round += 1) {
      await ask("apex-legal");
      await ask("stratex-consulting");
    }
    simulator.plan([{ match: { provider: "openai" }, fault: { kind: "status", status: 429, retryAfterMs: 20_000 } }]);
    await ask("apex-legal");
    const text = await (await fetch(`${simulator.url}/__simulator/invoice`)).text();
    return { dataDir, text, invoice: simulator.invoice() };
  } finally {
    await app.close();
  }
}

/** The same invoice as OpenAI's costs API would tell it: by day and model, in dollars. */
function asCosts({ lines }: Invoice): string {
  const days = Map.groupBy(
    lines.filter(({ provider }) => provider === "openai"),
    ({ occurredAt }) => occurredAt - (occurredAt % 86_400_000),
  );
  const data = [...days].map(([day, ofDay]) => ({
    object: "bucket",
    start_time: day / 1000,
    end_time: day / 1000 + 86_400,
    results: ofDay.map(({ model, amountPico }) => ({
      object: "organization.costs.result",
      amount: { value: formatUsd(amountPico), currency: "usd" },
      line_item: `${model}, all`,
      project_id: null,
    })),
  }));
  return JSON.stringify({ object: "page", data, has_more: false, next_page: null });
}

/** The same invoice as the Console's CSV would tell it. */
function asConsoleCsv({ lines }: Invoice): string {
  const rows = lines
    .filter(({ provider }) => provider === "anthropic")
    .map(
      ({ model, occurredAt, amountPico }) =>
        `${new Date(occurredAt).toISOString().slice(0, 10)},${model},${formatUsd(amountPico)}`,
    );
  return ["usage_date_utc,model,cost_usd", ...rows, ""].join("\n");
}

async function reconcile(
  dataDir: string,
  provider: string,
  text: string,
  ...more: readonly string[]
): Promise<{ code: number; shown: Record<string, unknown> }> {
  const path = join(dataDir, `${provider}.invoice`);
  writeFileSync(path, text);
  const argv = ["reconcile", "--provider", provider, "--invoice", path, "--allocate", "--format", "json", ...more];
  const { code, out, err } = await runCli(argv, { dataDir });
  expect(err).toBe("");
  return { code, shown: JSON.parse(out) as Record<string, unknown> };
}

describe("what the simulator billed, by its own prices", () => {
  it("is what the ledger has, to the last digit, where nothing went wrong", async () => {
    const { dataDir, text, invoice } = await traffic(false);
    expect(invoice.lines.length).toBeGreaterThanOrEqual(16);
    const requests = await reconcile(dataDir, "simulator", text);
    expect(requests).toMatchObject({ code: 0, shown: { billed: formatUsd(invoice.totalPico), residuals: {} } });
    const days = await reconcile(dataDir, "openai", asCosts(invoice));
    expect(days).toMatchObject({ code: 0, shown: { residuals: {}, unexplained: "0" } });
  });

  it("differs by exactly what the ledger marks, request by request and by day and model", async () => {
    const { dataDir, text, invoice } = await traffic(true);
    const requests = await reconcile(dataDir, "simulator", text);
    expect(requests).toMatchObject({
      code: 0,
      shown: { billed: formatUsd(invoice.totalPico), unexplained: "0", balanced: true },
    });
    expect(Object.keys(requests.shown["residuals"] as object)).not.toEqual([]);
    for (const [provider, export_] of [
      ["openai", asCosts(invoice)],
      ["anthropic", asConsoleCsv(invoice)],
    ] as const) {
      const days = await reconcile(dataDir, provider, export_);
      expect(days, provider).toMatchObject({ code: 0, shown: { unexplained: "0", balanced: true } });
    }
  });

  it("takes the place of what the ledger does not know, and both sides are equal then", async () => {
    const { dataDir, text, invoice } = await traffic(true);
    const before = await reconcile(dataDir, "simulator", text);
    const settled = await reconcile(dataDir, "simulator", text, "--settle");
    const billed = formatUsd(invoice.totalPico);
    expect(settled).toMatchObject({ code: 0, shown: { billed, booked: billed, residuals: {}, unexplained: "0" } });
    expect(before.shown["residuals"]).not.toEqual({});
    expect(settled.shown["notes"]).toContainEqual(
      expect.stringMatching(/^settled from the invoice: [1-9]\d* attempts$/),
    );
    const again = await reconcile(dataDir, "simulator", text, "--settle");
    expect(again.shown["notes"]).toContainEqual("settled from the invoice: 0 attempts");
    const usage = await runCli(["usage", "report", "--format", "json"], { dataDir });
    const { total } = JSON.parse(usage.out) as { total: Record<string, unknown> };
    expect(total).toMatchObject({ costUsd: billed, unknown: 0, estimated: 0 });
  });

  it("cannot settle attempts where the export has sums of days", async () => {
    const { dataDir, invoice } = await traffic(false);
    const path = join(dataDir, "costs.json");
    writeFileSync(path, asCosts(invoice));
    const ran = await runCli(["reconcile", "--provider", "openai", "--invoice", path, "--settle"], { dataDir });
    expect(ran.code).toBe(2);
    expect(ran.err).toMatch(/--settle: needs an invoice of single requests/);
  });
});
