import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { formatUsd, reconcile, type UsageRow } from "@tenantry/core";
import { expect, test } from "vitest";
import { loadConfig, openApp } from "../src/index.ts";
import { type Accounts, problemsOf, readUsage } from "./support/check-books.ts";
import { type Child, killedWithTest, startChild, workspaceFile } from "./support/child.ts";
import { simulatedProviders, temporaryFolder, writeConfig } from "./support/installation.ts";
import { invoiceEntries, readLedger } from "./support/read-ledger.ts";
import { startRemoteSimulator } from "./support/remote-simulator.ts";
import { statesOf, wait } from "./support/traffic.ts";

const long = process.env["TENANTRY_CHAOS"] === "long";
const kills = long ? 1000 : 100;

/** Calls the limited tenant may make, and in what time. */
const slots = 10;
const windowMs = 2000;

const tiers = `
tiers:
  steady:
    models: [openai/gpt-4o-mini, anthropic/claude-haiku-4-5]
    limits: [{ concurrent: 64 }]
    budgets: [{ usd: "1000", within: 365d }]
    maxOutputTokens: 64
    timeout: 5s
    attemptTimeout: 400ms
  limited:
    models: [openai/gpt-4o-mini]
    limits: [{ calls: ${slots}, per: ${windowMs}ms }, { tokens: 1000000, per: 1h }]
    budgets: [{ usd: "1000", within: 365d }]
    maxOutputTokens: 64
    timeout: 5s
    attemptTimeout: 400ms
  spender:
    models: [anthropic/claude-haiku-4-5]
    budgets: [{ usd: "0.05", within: 365d }]
    maxOutputTokens: 64
    timeout: 5s
    attemptTimeout: 400ms
tenants:
  steady: { tier: steady }
  limited: { tier: limited }
  spender: { tier: spender }
storage: { path: "\${LEDGER}" }
`;

interface Logged {
  readonly event: "open" | "begun" | "ended" | "denied";
  readonly callId: string | null;
  readonly tenantId: string | null;
  readonly outcome: string | null;
}

test(
  `${kills} kills at any point lose nothing, free nothing and refund nothing`,
  { timeout: kills * 3_000 },
  async () => {
    const startedMs = performance.now();
    const folder = await temporaryFolder();
    const ledger = join(folder, "tenantry.db");
    const simulator = await startRemoteSimulator();
    await simulator.setLatency({ timeToFirstByteMs: 4, perTokenMs: 1, jitterRatio: 0.8 });
    await simulator.plan([
      { match: { probability: 0.06 }, fault: { kind: "status", status: 503, retryAfterMs: 20 } },
      { match: { probability: 0.04 }, fault: { kind: "billed-then-reset" } },
      { match: { probability: 0.04 }, fault: { kind: "usage-missing" } },
      { match: { probability: 0.04 }, fault: { kind: "stream-cut", afterEvents: 5 } },
      { match: { probability: 0.02 }, fault: { kind: "hang" } },
      { match: { probability: 0.05 }, fault: { kind: "keeps-generating" } },
    ]);
    const { path } = await writeConfig(folder, tiers.replace("${LEDGER}", ledger) + simulatedProviders(simulator));

    const killed = await killManyTimes(folder, path);
    const { accounts, recovered } = await settledAccounts(path, await readLog(join(folder, "log.jsonl")), simulator);
    const { calls, lines } = accounts;
    expect(problemsOf(accounts)).toEqual([]);

    // Whatever a caller saw ended was durable before it was seen (R2).
    const log = await readLog(join(folder, "log.jsonl"));
    expect(forgotten(log, accounts)).toEqual([]);
    // A provider's every request has its line (R1).
    const attempts = new Set(lines.map(({ attemptId }) => attemptId));
    expect(accounts.entries.filter(({ attemptId }) => attemptId === null || !attempts.has(attemptId))).toEqual([]);
    // No crash freed a slot, and the limit was really met (R3).
    const busiest = busiestWindow(accounts);
    expect(busiest).toBe(slots);
    expect(leftovers(ledger)).toEqual({ integrity: "ok", open_calls: 0, lease_counts: 0, rolling_holds: 0 });
    // Kills that hit nothing would prove nothing.
    const lost = lines.filter(({ outcome }) => outcome === "lost");
    expect(lost.length).toBeGreaterThan(kills / 4);
    expect(killed.duringStart).toBeGreaterThan(0);

    console.log(
      summary({
        "processes killed": `${killed.total} (${killed.duringStart} while they opened the ledger, ${killed.inPairs} in pairs), ${recovered} calls left for the last recovery`,
        "calls admitted": `${calls.length} (${countBy(calls.map(({ outcome }) => outcome))})`,
        "calls denied": String(log.filter(({ event }) => event === "denied").length),
        lines: `${lines.length} (${countBy(lines.map(({ source }) => source))}; ${lost.length} lost with their process)`,
        invoice: `${accounts.entries.length} requests`,
        differences: describeDifferences(accounts),
        "busiest window": `${busiest} of ${slots} calls in ${windowMs} ms`,
        took: `${Math.round((performance.now() - startedMs) / 1000)} s`,
      }),
    );
  },
);

/** A number below `end` that looks random and is the same for the same seed. */
function spread(seed: number, end: number): number {
  return (Math.imul(seed, 2_654_435_761) >>> 0) % end;
}

interface Killed {
  readonly total: number;
  readonly duringStart: number;
  readonly inPairs: number;
}

/** Two lanes of processes on one ledger; each process is killed at a random moment after it has loaded. */
async function killManyTimes(folder: string, configPath: string): Promise<Killed> {
  const logPath = join(folder, "log.jsonl");
  const cacheDir = join(folder, "compiled");
  const counts = { total: 0, duringStart: 0, inPairs: 0 };
  const atWork = new Set<number>();
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let seed = ++next; seed <= kills; seed = ++next) {
      const child = killedWithTest(
        startChild(
          workspaceFile("packages/composition/test/support/load-process.ts"),
          [configPath, logPath, String(seed)],
          { cacheDir },
        ),
      );
      await child.firstLine;
      atWork.add(seed);
      // A fifth is killed while it opens the ledger and recovers what others left; the rest by what they have done, so
      // that a slow machine does not kill them all before they do anything.
      const early = seed % 5 === 0;
      if (!early) await untilSeen(child, spread(seed, 30));
      await wait(spread(seed * 31, 30));
      counts.total += 1;
      if (early) counts.duringStart += 1;
      if (atWork.size > 1) counts.inPairs += 1;
      child.kill();
      expect(await child.ended, child.err()).toBeNull();
      atWork.delete(seed);
    }
  };
  await Promise.all([lane(), lane()]);
  return counts;
}

/** Waits until callers in the process have seen so many things, or for at most three seconds. */
async function untilSeen(child: Child, things: number): Promise<void> {
  const deadline = performance.now() + 3_000;
  while (child.out().split(".").length <= things && performance.now() < deadline) await wait(5);
}

/** Opens the ledger a last time, which recovers the rest, and gathers both sides' accounts. */
async function settledAccounts(
  configPath: string,
  log: readonly Logged[],
  simulator: { invoice(): Promise<Parameters<typeof invoiceEntries>[0]> },
): Promise<{ readonly accounts: Accounts; readonly recovered: number }> {
  let recovered = 0;
  const config = await loadConfig({ path: configPath, env: {} });
  const app = await openApp(config, {
    log: { info: () => {}, error: () => {}, warn: (event) => void (event === "call-lost" && (recovered += 1)) },
  });
  try {
    // Streams whose readers died are billed a moment later.
    await wait(500);
    const states = new Map<string, Awaited<ReturnType<typeof statesOf>>>();
    for (const { id } of config.catalogue.tenants) states.set(id, await statesOf(app, id));
    const accounts = {
      ...(await readLedger(app.reader)),
      usage: (await readUsage(app.reader)).map(withoutDenials),
      states,
      // Denials are counted in memory for up to a second, so a kill may take some.
      denials: [],
      admitted: new Set(log.flatMap(({ event, callId }) => (callId !== null && event !== "denied" ? [callId] : []))),
      entries: invoiceEntries(await simulator.invoice()),
    };
    return { accounts, recovered };
  } finally {
    await app.close();
  }
}

function withoutDenials(rows: readonly UsageRow[]): readonly UsageRow[] {
  return rows.filter((row) => row.calls > 0 || row.attempts > 0).map((row) => ({ ...row, denied: 0 }));
}

async function readLog(path: string): Promise<readonly Logged[]> {
  const text = await readFile(path, "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Logged);
}

/** Calls whose end somebody saw, and which the ledger remembers otherwise. */
function forgotten(log: readonly Logged[], { calls }: Pick<Accounts, "calls">): readonly Logged[] {
  const outcomes = new Map(calls.map(({ callId, outcome }) => [callId, outcome as string]));
  return log.filter(({ event, callId, outcome }) => event === "ended" && outcomes.get(callId ?? "") !== outcome);
}

/** Most calls of the limited tenant in any window (t − W, t]. */
function busiestWindow({ calls }: Pick<Accounts, "calls">): number {
  const stamps = calls
    .filter(({ tenantId }) => tenantId === "limited")
    .map(({ admittedAt }) => admittedAt)
    .sort((a, b) => a - b);
  let most = 0;
  let from = 0;
  for (const [index, stamp] of stamps.entries()) {
    while ((stamps[from] ?? stamp) <= stamp - windowMs) from += 1;
    most = Math.max(most, index - from + 1);
  }
  return most;
}

/** What the file itself says, without any code of ours. */
function leftovers(path: string): Readonly<Record<string, unknown>> {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const count = (table: string): unknown => db.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.["rows"];
    return {
      integrity: db.prepare("PRAGMA integrity_check").get()?.["integrity_check"],
      ...Object.fromEntries(["open_calls", "lease_counts", "rolling_holds"].map((table) => [table, count(table)])),
    };
  } finally {
    db.close();
  }
}

function countBy(names: readonly string[]): string {
  return [...Map.groupBy(names, (name) => name)].map(([name, { length }]) => `${length} ${name}`).join(", ");
}

function describeDifferences({ lines, entries }: Pick<Accounts, "lines" | "entries">): string {
  const { differences, explainedPico, unexplainedPico } = reconcile(lines, entries);
  const named = countBy(differences.map(({ residual }) => residual));
  return `${named}; explained $${formatUsd(explainedPico)}, unexplained $${formatUsd(unexplainedPico)}`;
}

function summary(rows: Readonly<Record<string, string>>): string {
  return ["crash test", ...Object.entries(rows).map(([name, value]) => `  ${name.padEnd(18)}${value}`)].join("\n");
}
