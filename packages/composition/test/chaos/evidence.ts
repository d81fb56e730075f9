import { readFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import type { UsageRow } from "@tenantry/core";
import { loadConfig, openApp } from "../../src/index.ts";
import { type Accounts, readUsage } from "../support/check-books.ts";
import { invoiceEntries, readLedger } from "../support/read-ledger.ts";
import type { RemoteSimulator } from "../support/remote-simulator.ts";
import { statesOf, wait } from "../support/traffic.ts";
import type { SeenCall, SeenExchange } from "./seen.ts";

/** What was killed, and when. */
export interface Killed {
  readonly gateways: number;
  readonly libraries: number;
  /** Before they had loaded, opened the ledger or begun to listen. */
  readonly whileStarting: number;
  /** While another process was at work on the same file. */
  readonly besideAnother: number;
}

/** Both sides' accounts, what callers saw, and what is left in the file: all that a verdict is made of. */
export interface Evidence {
  readonly accounts: Accounts;
  readonly exchanges: readonly SeenExchange[];
  readonly seenCalls: readonly SeenCall[];
  /** What the file itself says, without any code of ours. */
  readonly leftovers: Readonly<Record<string, unknown>>;
  readonly killed: Killed;
  /** Calls that the last recovery found. */
  readonly recoveredLast: number;
  /** Requests with keys that were sent once more at the end. */
  readonly replayed: number;
}

export interface EvidencePaths {
  readonly config: string;
  readonly ledger: string;
  readonly exchanges: string;
  readonly calls: string;
}

/** Opens the ledger a last time, which recovers what the killed have left, and gathers everything. */
export async function gatherEvidence(
  paths: EvidencePaths,
  simulator: RemoteSimulator,
  told: Pick<Evidence, "killed" | "replayed">,
): Promise<Evidence> {
  const exchanges = await readLines<SeenExchange>(paths.exchanges);
  const seenCalls = await readLines<SeenCall>(paths.calls);
  let recoveredLast = 0;
  const config = await loadConfig({ path: paths.config, env: {} });
  const app = await openApp(config, {
    log: { info: () => {}, error: () => {}, warn: (event) => void (event === "call-lost" && (recoveredLast += 1)) },
  });
  let accounts: Accounts;
  try {
    const entries = await settledInvoice(simulator);
    const states = new Map<string, Awaited<ReturnType<typeof statesOf>>>();
    for (const { id } of config.catalogue.tenants) {
      const { budgets, ...rest } = await statesOf(app, id);
      // A user's budget has spent a part of the tenant's lines: the verdict adds them up by user.
      states.set(id, { ...rest, budgets: budgets.filter(({ budgetId }) => !budgetId.endsWith("-user")) });
    }
    accounts = {
      ...(await readLedger(app.reader)),
      usage: (await readUsage(app.reader)).map(withoutDenials),
      states,
      // Denials are counted in memory for up to a second, so a kill may take some.
      denials: [],
      admitted: new Set([...admittedIn(seenCalls), ...attemptedIn(exchanges)]),
      entries,
    };
  } finally {
    await app.close();
  }
  return { accounts, exchanges, seenCalls, leftovers: leftoversOf(paths.ledger), recoveredLast, ...told };
}

/** Streams whose readers died are billed a moment later. */
async function settledInvoice(simulator: RemoteSimulator): Promise<Accounts["entries"]> {
  const deadline = performance.now() + 15_000;
  let before = -1;
  for (;;) {
    const entries = invoiceEntries(await simulator.invoice());
    if (entries.length === before || performance.now() > deadline) return entries;
    before = entries.length;
    await wait(500);
  }
}

function admittedIn(seen: readonly SeenCall[]): readonly string[] {
  return seen.flatMap(({ event, callId }) => (callId !== null && event !== "denied" ? [callId] : []));
}

/** Answers that say how many attempts they took are answers of calls. */
function attemptedIn(exchanges: readonly SeenExchange[]): readonly string[] {
  return exchanges.flatMap(({ callId, attempts }) => (callId !== null && (attempts ?? 0) > 0 ? [callId] : []));
}

function withoutDenials(rows: readonly UsageRow[]): readonly UsageRow[] {
  return rows.filter((row) => row.calls > 0 || row.attempts > 0).map((row) => ({ ...row, denied: 0 }));
}

/** A process that was killed may leave half a line, which nobody has seen. */
async function readLines<Line>(path: string): Promise<readonly Line[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.split("\n").flatMap((line) => {
    try {
      return line === "" ? [] : [JSON.parse(line) as Line];
    } catch {
      return [];
    }
  });
}

/** What calls in flight have in the file. */
const ofCallsInFlight = ["open_calls", "lease_counts", "rolling_holds"];

function leftoversOf(path: string): Evidence["leftovers"] {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const count = (table: string): unknown => db.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.["rows"];
    const tables = ofCallsInFlight.filter(
      (name) => db.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(name) !== undefined,
    );
    return {
      integrity: db.prepare("PRAGMA integrity_check").get()?.["integrity_check"],
      ...Object.fromEntries(tables.map((table) => [table, count(table)])),
    };
  } finally {
    db.close();
  }
}
