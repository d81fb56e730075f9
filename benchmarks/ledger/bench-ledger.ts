import { execFile } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { openSqliteStorage, type SqliteStorage } from "@tenantry/adapters-storage-sqlite";
import { createSystemClock } from "@tenantry/adapters-system";
import { printTable } from "../gateway/print-table.ts";
import { type HistoryShape, monthOf } from "./history.ts";
import { type Question, questions } from "./questions.ts";
import { checkSample } from "./check-sample.ts";
import { seedHistory } from "./seed-history.ts";

export interface LedgerBenchOptions {
  readonly lines: number;
  /** Kept, and not written again when it is there; else a temporary file. */
  readonly file: string | null;
}

const coldRounds = 5;
const warmRounds = 100;
const million = 1_000_000;
/** A little below others, as `nice` counts. */
const seedingPriority = 4;

/** A month of traffic in one file, and how long the questions of dashboards and bills take on it. */
export async function benchLedger({ lines, file }: LedgerBenchOptions): Promise<void> {
  const folder = file === null ? await mkdtemp(join(tmpdir(), "tenantry-ledger-")) : null;
  const path = file ?? join(folder ?? "", "tenantry.db");
  const shape = monthOf(lines);
  try {
    if (existsSync(path)) console.log(`${path} is there: it is taken for the ledger of this run`);
    else await seed(path, shape);
    await ask(path, shape);
  } finally {
    if (folder !== null) await rm(folder, { recursive: true, force: true });
  }
}

async function seed(path: string, shape: HistoryShape): Promise<void> {
  // Whatever else runs on the machine goes first; so do the questions later.
  setPriority(seedingPriority);
  const startedMs = performance.now();
  const growth: string[][] = [];
  let before = { lines: 0, bytes: 0 };
  const note = (lines: number): void => {
    const bytes = statSync(path).size;
    const perLine = (bytes - before.bytes) / (lines - before.lines);
    growth.push([
      millions(lines),
      gigabytes(bytes),
      gigabytes(perLine * million),
      seconds(performance.now() - startedMs),
    ]);
    before = { lines, bytes };
  };
  const written = await seedHistory(path, shape, (lines) => {
    if (existsSync(path) && lines - before.lines >= million) note(lines);
  });
  if (written > before.lines) note(written);
  setPriority(0);
  printTable(
    "a month of traffic: its first day written through the store, the others copied from it",
    ["lines", "file", "per million", "after"],
    growth,
  );
}

async function ask(path: string, shape: HistoryShape): Promise<void> {
  const open = async (): Promise<SqliteStorage> => await openSqliteStorage({ path }, { clock: createSystemClock() });
  const rows: string[][] = [];
  let isCold = true;
  for (const question of questions(shape)) {
    const cold: number[] = [];
    for (let round = 0; round < coldRounds; round += 1) {
      isCold = (await forgetFile(path)) && isCold;
      const storage = await open();
      // The thread that reads starts with its first question; a server has it running.
      await storage.reader.call({ kind: "installation" }, "none");
      cold.push(await timeOf(question, storage, round));
      await storage.close();
    }
    const storage = await open();
    const warm: number[] = [];
    // The first answers fill the caches.
    for (let round = -10; round < warmRounds; round += 1) {
      const ms = await timeOf(question, storage, round + 10);
      if (round >= 0) warm.push(ms);
    }
    await storage.close();
    rows.push([
      question.name,
      ...[cold, warm].flatMap((times) => [ms(quantile(times, 0.5)), ms(quantile(times, 0.99))]),
    ]);
  }
  printTable(
    `questions, ms (${coldRounds} cold: ${isCold ? "connection and file out of memory" : "connection new, file in memory"}; ${warmRounds} warm)`,
    ["", "cold p50", "p99", "warm p50", "p99"],
    rows,
  );
  const storage = await open();
  try {
    console.log(`\n${await checkSample(storage.reader, shape)}`);
  } finally {
    await storage.close();
  }
}

async function timeOf({ ask: askIt }: Question, { reader }: SqliteStorage, round: number): Promise<number> {
  const startedMs = performance.now();
  await askIt(reader, round);
  return performance.now() - startedMs;
}

/** Takes the file out of the system's cache; false where the system's dd cannot. */
async function forgetFile(path: string): Promise<boolean> {
  try {
    await promisify(execFile)("dd", [`if=${path}`, "iflag=nocache", "count=0", "status=none"]);
    return true;
  } catch {
    return false;
  }
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

function ms(value: number): string {
  return value.toFixed(1);
}

function millions(lines: number): string {
  return `${(lines / million).toFixed(2)} M`;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

function seconds(ms_: number): string {
  return `${Math.round(ms_ / 1000)} s`;
}
