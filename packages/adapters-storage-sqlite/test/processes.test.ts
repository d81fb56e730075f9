import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { createSystemClock } from "@tenantry/adapters-system";
import { aCallRecord, aLine, anIntent } from "@tenantry/core/testing";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openSqliteStorage, type SqliteStorage } from "../src/index.ts";
import { type Bench, createBench } from "./open-subjects.ts";

let bench: Bench;
const children: ChildProcessWithoutNullStreams[] = [];

beforeEach(() => {
  bench = createBench();
});

afterEach(async () => {
  for (const child of children.splice(0)) await kill(child);
  await bench.close();
});

interface Child {
  readonly process: ChildProcessWithoutNullStreams;
  readonly lines: string[];
  /** Resolves when a line like this has been printed; rejects when the process ends before. */
  said(pattern: RegExp): Promise<string>;
}

function start(script: string, ...values: string[]): Child {
  const file = join(import.meta.dirname, script);
  const child = spawn(process.execPath, ["--conditions=@tenantry/source", file, ...values]);
  children.push(child);
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let rest = "";
  let errors = "";
  let isOver = false;
  const wake = (): void => {
    for (const check of waiting) check();
  };
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  child.stdout.on("data", (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
    wake();
  });
  child.once("close", () => {
    isOver = true;
    wake();
  });
  return {
    process: child,
    lines,
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const found = lines.find((line) => pattern.test(line));
          if (found !== undefined) resolve(found);
          else if (isOver) reject(new Error(`the process ended without saying ${pattern}: ${errors}`));
          else return;
          waiting.delete(check);
        };
        waiting.add(check);
        check();
      }),
  };
}

async function kill(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  child.kill("SIGKILL");
  await closed;
}

it("admits exactly the window's capacity over two processes", async () => {
  const both = ["one", "two"].map((name) => start("admitting-child.ts", bench.path, name, "400", "500"));
  for (const child of both) await child.said(/^ready$/);
  for (const child of both) child.process.stdin.write("go\n");
  const counts = await Promise.all(both.map(async (child) => Number((await child.said(/^admitted /)).split(" ")[1])));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(500);
});

const emptyClaims = { windows: [], leases: [], holds: [] };
const dayWindow = { limitId: "w", metric: "calls", capacity: 1_000_000, windowMs: 86_400_000, amount: 0 } as const;

/** Starts four processes, kills them in the middle of their work, and answers what they had been promised. */
async function killSome(round: number): Promise<{ opened: Set<string>; settled: Set<string> }> {
  const names = [0, 1, 2, 3].map((n) => `r${round}-${n}`);
  const notesOf = (name: string): string => `${bench.path}-${name}.txt`;
  const some = names.map((name) => {
    writeFileSync(notesOf(name), "");
    return start("dying-child.ts", bench.path, name, notesOf(name));
  });
  for (const [n, child] of some.entries()) {
    while (!readFileSync(notesOf(names[n] ?? ""), "utf8").includes("settled")) {
      expect(child.process.exitCode).toBeNull();
      await setTimeout(5);
    }
  }
  for (const [n, child] of some.entries()) {
    await setTimeout((round * 7 + n * 13) % 23);
    expect(child.process.exitCode).toBeNull();
    await kill(child.process);
  }
  const said = names.flatMap((name) =>
    readFileSync(notesOf(name), "utf8")
      .split("\n")
      .map((line) => line.split(" ")),
  );
  const ids = (word: string): Set<string> => new Set(said.filter(([verb]) => verb === word).map(([, id]) => id ?? ""));
  return { opened: ids("opened"), settled: ids("settled") };
}

it("loses no line, lists every open intent once and leaves the living alone when processes are killed", async () => {
  const storage: SqliteStorage = await openSqliteStorage(
    { path: bench.path, busyTimeoutMs: 20_000 },
    { clock: createSystemClock() },
  );
  await storage.limits.admit({
    ...emptyClaims,
    leases: [{ key: "l", limitId: "l", capacity: 9 }],
    callId: "mine",
    attemptId: "mine",
  });
  await storage.ledger.open(anIntent({ attemptId: "mine", callId: "mine" }));
  let admittedAtLeast = 0;
  for (let round = 0; round < 5; round += 1) {
    const { opened, settled } = await killSome(round);
    admittedAtLeast += opened.size;
    const db = new DatabaseSync(bench.path, { readOnly: true });
    const lines = new Set(
      (db.prepare("SELECT line_id AS id FROM lines").all() as { id: string }[]).map(({ id }) => id),
    );
    db.close();
    expect([...settled].filter((id) => !lines.has(id))).toEqual([]);
    const orphans = await storage.ledger.orphans();
    const listed = orphans.map(({ callId }) => callId);
    expect(new Set(listed).size).toBe(listed.length);
    expect(listed).not.toContain("mine");
    // Every attempt that may have been sent has a line or is listed, and none is both.
    expect([...opened].filter((id) => !lines.has(id) && !listed.includes(id))).toEqual([]);
    expect(listed.filter((id) => lines.has(id))).toEqual([]);
    for (const id of listed) {
      const line = aLine({ attemptId: id, callId: id, source: "unknown", costPico: null, atMostPico: 7n, usage: null });
      await storage.ledger.settle({ line, call: aCallRecord({ callId: id, outcome: "lost", latencyMs: null }) });
      await storage.limits.settle({ callId: id, attemptId: id, spentPico: 7n });
    }
    await storage.limits.recover();
    const states = await storage.limits.peek({
      windows: [{ ...dayWindow, key: "w" }],
      leases: [{ key: "l", limitId: "l", capacity: 9 }],
      holds: [
        {
          key: "b",
          budgetId: "b",
          limitPico: 0n,
          amountPico: 0n,
          breach: "block",
          span: { kind: "calendar", period: { from: 0, to: 8_640_000_000_000 } },
        },
      ],
    });
    expect(states.leases[0]?.inFlight).toBe(1);
    expect(states.budgets[0]?.heldPico).toBe(0n);
    const used = 1_000_000 - (states.windows[0]?.remaining ?? 0);
    expect(used).toBeGreaterThanOrEqual(admittedAtLeast);
    // Money and lines agree: nothing was refunded and nothing was counted twice.
    expect(states.budgets[0]?.spentPico).toBe(await spentByLines(storage));
  }
  expect(await storage.ledger.orphans()).toHaveLength(0);
  await storage.close();
}, 60_000);

it("includes each unit of an allowance once over two processes, with corrections and repetitions", async () => {
  const limit = 9_000n;
  const both = ["one", "two"].map((name) => start("drawing-child.ts", bench.path, name, "300", String(limit)));
  for (const child of both) await child.said(/^ready$/);
  for (const child of both) child.process.stdin.write("go\n");
  for (const child of both) await child.said(/^done$/);
  const storage = await openSqliteStorage({ path: bench.path }, { clock: createSystemClock() });
  const db = new DatabaseSync(bench.path);
  const ids = db.prepare("SELECT call_id AS id FROM lines").all() as { id: string }[];
  const [count] = db.prepare("SELECT used_hi, used_lo FROM allowance_counts").all();
  db.close();
  const details = await Promise.all(ids.map(({ id }) => storage.reader.call({ kind: "installation" }, id)));
  const lines = details.flatMap((detail) => detail?.lines ?? []);
  const superseded = new Set(lines.map(({ supersedes }) => supersedes));
  const inForce = lines.filter(({ lineId }) => !superseded.has(lineId));
  const sum = (amountOf: (line: (typeof lines)[number]) => bigint): bigint =>
    inForce.reduce((total, line) => total + amountOf(line), 0n);
  expect(inForce).toHaveLength(600);
  // The count is what the lines in force drew, never more than there is, and every line is its full charge less that.
  const covered = sum(({ allowance }) => allowance?.covered ?? 0n);
  expect(count).toEqual({ used_hi: 0, used_lo: Number(covered) });
  expect(covered).toBe(limit);
  expect(sum(({ chargePico }) => chargePico ?? 0n)).toBe(sum(({ allowance }) => allowance?.fullPico ?? 0n) - covered);
  const query = { period: { from: 0, to: 8_640_000_000_000 }, groupBy: [], timeZone: "UTC" };
  const [row] = await storage.reader.usage({ kind: "installation" }, query);
  expect(row?.chargePico).toBe(sum(({ chargePico }) => chargePico ?? 0n));
  await storage.close();
}, 60_000);

async function spentByLines(storage: SqliteStorage): Promise<bigint> {
  const query = { period: { from: 0, to: 8_640_000_000_000 }, groupBy: [], timeZone: "UTC" };
  const [row] = await storage.reader.usage({ kind: "installation" }, query);
  return (row?.costPico ?? 0n) + (row?.atMostPico ?? 0n);
}
