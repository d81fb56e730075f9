import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { currentLines, describeLimits, explainCall, type LedgerLine, resolvePolicy, usd } from "@tenantry/core";
import { expect, test } from "vitest";
import { type Books, loadConfig, openBooks, settleAttempt } from "../src/index.ts";
import { startChild, workspaceFile } from "./support/child.ts";
import { simulatedProviders, temporaryFolder, writeConfig } from "./support/installation.ts";
import { killedWithTest } from "./support/killed-with-test.ts";
import { readLedger } from "./support/read-ledger.ts";
import { startRemoteSimulator } from "./support/remote-simulator.ts";
import { wait } from "./support/traffic.ts";

const tiers = `
tiers:
  plain:
    models: [openai/gpt-4o-mini]
    budgets: [{ usd: "1000", per: month }, { usd: "10", within: 30d, scope: user }]
    maxOutputTokens: 64
    timeout: 60s
    retries: 0
tenants:
  acme: { tier: plain }
`;
const calls = 3;
const scope = { kind: "installation" } as const;
const period = { from: 0, to: 8e12 };

/** Spent and held in the tenant's month. */
async function monthOf(books: Books): Promise<readonly [spentPico: bigint, heldPico: bigint]> {
  const tenant = await books.tenants.find("acme");
  const tier = books.config.catalogue.tiers.get("plain");
  if (tenant === null || tier === undefined) throw new Error("no tenant");
  const lines = await describeLimits(books.storage.limits, tenant, resolvePolicy(tier, tenant), books.clock.now());
  const month = lines.find(({ kind, scope: of }) => kind === "budget" && of === "tenant");
  return [usd(String(month?.used)), usd(month?.held ?? "0")];
}

/** Calls of which an attempt may have been sent. */
function openCalls(path: string): number {
  if (!existsSync(path)) return 0;
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return Number(db.prepare("SELECT count(*) AS n FROM open_calls WHERE attempts <> '[]'").get()?.["n"]);
  } finally {
    db.close();
  }
}

test(
  "what a killed process left open is unknown once, however many recover it at once, seen everywhere, and settled by what is told later",
  { timeout: 120_000 },
  async () => {
    const folder = await temporaryFolder();
    const simulator = await startRemoteSimulator();
    await simulator.plan([{ fault: { kind: "hang" } }]);
    const { path, dataDir } = await writeConfig(folder, tiers + simulatedProviders(simulator));
    const dying = killedWithTest(
      startChild(workspaceFile("packages/composition/test/support/hanging-process.ts"), [path, dataDir, String(calls)]),
    );
    await dying.firstLine;
    const file = join(dataDir, "tenantry.db");
    while (openCalls(file) < calls) {
      expect(dying.process.exitCode).toBeNull();
      await wait(20);
    }
    dying.kill();
    await dying.ended;

    // Started together, so that they find the same orphans.
    const opening = workspaceFile("packages/composition/test/support/open-process.ts");
    const recovering = [0, 1, 2].map(() => killedWithTest(startChild(opening, [path, dataDir, "app"])));
    for (const child of recovering) expect(JSON.parse(await child.firstLine)).toMatchObject({ code: "opened" });

    const config = await loadConfig({ path, dataDir, env: {} });
    const books = await openBooks(config);
    const other = await openBooks(config);
    try {
      const { lines } = await readLedger(books.reader);
      expect(lines.map(({ outcome, source }) => [outcome, source])).toEqual(
        Array.from({ length: calls }, () => ["lost", "unknown"]),
      );
      const mostPico = lines.reduce((sum, { atMostPico }) => sum + (atMostPico ?? 0n), 0n);
      const [usage] = await books.reader.usage(scope, { period, groupBy: [], timeZone: "UTC" });
      expect(usage).toMatchObject({ calls, attempts: calls, unknown: calls, costPico: 0n, atMostPico: mostPico });
      expect(await monthOf(books)).toEqual([mostPico, 0n]);
      const [line] = lines as [LedgerLine, ...LedgerLine[]];
      const detail = await books.reader.call(scope, line.callId);
      expect(explainCall(detail ?? { call: null, lines: [] }, { showCost: true }).join("\n")).toContain(
        "cost unknown, at most $",
      );

      // Told by two at once, with different figures, over the same file.
      const tell = async (by: Books, of: LedgerLine, cost: string): Promise<unknown> =>
        await settleAttempt(by, {
          callId: of.callId,
          attemptId: of.attemptId,
          source: "measured",
          usage: null,
          costPico: usd(cost),
          reportedBy: cost,
          replaces: null,
        });
      await Promise.all(
        lines.flatMap((of) => [tell(books, of, "0.001"), tell(other, of, "0.002"), tell(books, of, "0.0015")]),
      );
      const settled = await readLedger(books.reader);
      expect(currentLines(settled.lines).map(({ costPico }) => costPico)).toEqual(lines.map(() => usd("0.002")));
      const [after] = await books.reader.usage(scope, { period, groupBy: [], timeZone: "UTC" });
      expect(after).toMatchObject({ calls, attempts: calls, unknown: 0, costPico: usd("0.006"), atMostPico: 0n });
      expect(await monthOf(books)).toEqual([usd("0.006"), 0n]);
    } finally {
      await books.close();
      await other.close();
    }
  },
);
