import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { anIntent, createManualClock, type ManualClock } from "@tenantry/core/testing";
import { openSqliteStorage, type SqliteStorage } from "../src/index.ts";

/** A database file of its own, and everything that was opened on it. */
export interface Bench {
  readonly path: string;
  readonly clock: ManualClock;
  open(): Promise<SqliteStorage>;
  /** Makes everybody see that the process of this storage has ended, without its closing anything. */
  kill(storage: SqliteStorage): Promise<void>;
  breakWrites(): void;
  mendWrites(): void;
  close(): Promise<void>;
}

/** A number that no process can have: the highest is 2²² (proc(5), pid_max). */
const NO_PROCESS = 2 ** 22 + 1;

export function createBench(clock: ManualClock = createManualClock()): Bench {
  const folder = mkdtempSync(join(tmpdir(), "tenantry-sqlite-"));
  const path = join(folder, "store.db");
  const opened: SqliteStorage[] = [];
  const owners = new Map<SqliteStorage, string>();
  let unlock = (): void => {};

  const mendWrites = (): void => {
    unlock();
    unlock = () => {};
  };
  return {
    path,
    clock,
    async open() {
      const storage = await openSqliteStorage({ path, busyTimeoutMs: 100 }, { clock });
      opened.push(storage);
      const peek = new DatabaseSync(path, { readOnly: true });
      const rows = peek.prepare("SELECT id FROM owners").all() as { id: string }[];
      peek.close();
      const known = new Set(owners.values());
      owners.set(storage, rows.find(({ id }) => !known.has(id))?.id ?? "");
      return storage;
    },
    async kill(storage) {
      await storage.health();
      const db = new DatabaseSync(path, { timeout: 1_000 });
      db.prepare("UPDATE owners SET pid = ? WHERE id = ?").run(NO_PROCESS, owners.get(storage) ?? "");
      db.close();
    },
    breakWrites() {
      const lock = new DatabaseSync(path, { timeout: 1_000 });
      lock.exec("BEGIN IMMEDIATE");
      unlock = () => lock.close();
    },
    mendWrites,
    async close() {
      mendWrites();
      for (const storage of opened) await storage.close();
      rmSync(folder, { recursive: true });
    },
  };
}

let intents = 0;

/** What a limit store waits for to become durable: the next intent. */
export async function openAnyIntent(storage: SqliteStorage): Promise<void> {
  intents += 1;
  await storage.ledger.open(anIntent({ attemptId: `flush-${intents}`, callId: `flush-${intents}` }));
}
