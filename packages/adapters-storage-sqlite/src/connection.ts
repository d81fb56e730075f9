import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { assertOurs, migrate } from "./migrate.ts";
import type { Settings } from "./options.ts";
import { isBusy, translateError } from "./translate-error.ts";

const RETRY_MS = 10;
/** Waiting for a lock inside SQLite blocks the event loop; the queue of `group-commit.ts` does the rest of the wait. */
const BLOCKING_WAIT_MS = 5;

/** The connection that writes, on a file with the current schema. */
export async function openWriter(settings: Settings): Promise<DatabaseSync> {
  const { path, durability, busyTimeoutMs } = settings;
  let db: DatabaseSync;
  try {
    makePrivate(path);
    db = new DatabaseSync(path, { timeout: busyTimeoutMs });
  } catch (error) {
    throw translateError(error);
  }
  try {
    assertOurs(db);
    // Counts in an empty file alone. A call changes rows on some forty pages, and each commit writes its pages whole:
    // halves of SQLite's 4,096 bytes take a third off a lone call; quarters make the file a third larger.
    db.exec("PRAGMA page_size = 2048");
    // SQLite does not wait by itself when two connections switch an empty file to WAL at once.
    await retryWhileBusy(busyTimeoutMs, () => db.exec("PRAGMA journal_mode = WAL"));
    migrate(db);
    db.exec(`PRAGMA synchronous = ${durability === "power" ? "FULL" : "NORMAL"}`);
    // Checkpoints are the thread's work (storage-thread.ts); SQLite's own, in a commit, is the last resort at 64 MB.
    db.exec("PRAGMA wal_autocheckpoint = 32000; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32000");
    db.exec(`PRAGMA busy_timeout = ${Math.min(BLOCKING_WAIT_MS, busyTimeoutMs)}`);
    return db;
  } catch (error) {
    db.close();
    throw translateError(error);
  }
}

/** A connection that sees the last commit and can change nothing. */
export function openReader(path: string, busyTimeoutMs: number): DatabaseSync {
  try {
    return new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs });
  } catch (error) {
    throw translateError(error);
  }
}

/**
 * SQLite would make the file readable for everybody; its companions (-wal, -shm) take the file's rights.
 *
 * A file that exists is left alone: closing any descriptor of it would drop the locks that another connection of this
 * process has on it (https://www.sqlite.org/howtocorrupt.html, 2.2).
 */
function makePrivate(path: string): void {
  if (path === ":memory:") return;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(path, "ax", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

async function retryWhileBusy(timeoutMs: number, work: () => void): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (true) {
    try {
      work();
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() >= endMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}
