import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { openReader } from "./connection.ts";
import {
  type Question,
  type ThreadAnswer,
  type ThreadRequest,
  type ThreadStart,
  toSentError,
} from "./thread-messages.ts";
import { translateError } from "./translate-error.ts";
import { createUsageReadings, type UsageReadings } from "./usage-readings.ts";

/** The thread's program: a connection that reads, one question at a time, each on one snapshot; and one for checkpoints. */
const { path, busyTimeoutMs } = workerData as ThreadStart;
const db: DatabaseSync = openReader(path, busyTimeoutMs);
const readings: UsageReadings = createUsageReadings(db);
/** https://www.sqlite.org/pragma.html#pragma_wal_checkpoint */
interface CheckpointResult {
  readonly busy: 0 | 1;
  /** Pages in the log. */
  readonly log: number;
}

/** Some twenty megabytes. */
const LONG_LOG_PAGES = 10_000;
const MAX_TRIES = 50;
const pause: Int32Array<SharedArrayBuffer> = new Int32Array(new SharedArrayBuffer(4));

let checkpointing: DatabaseSync | null = null;

function answer({ id, method, values }: Question): ThreadAnswer {
  try {
    db.exec("BEGIN");
    try {
      const read = readings[method] as (...values: readonly unknown[]) => unknown;
      return { id, ok: true, value: read(...values) };
    } finally {
      db.exec("ROLLBACK");
    }
  } catch (error) {
    return { id, ok: false, error: toSentError(translateError(error)) };
  }
}

/**
 * Moves committed pages from the log into the file, as far as nobody is in the way; the next one does the rest.
 *
 * A log starts over only when all of it has been moved, and while calls keep coming there is always a little more. Once
 * it is long, the last pages are therefore moved under the write lock, if that is to be had: a few milliseconds now and
 * then, where SQLite would do the whole of it in a commit at 64 MB, on the event loop.
 */
function checkpoint(): ThreadAnswer {
  try {
    checkpointing ??= new DatabaseSync(path, { timeout: 0 });
    const passive = checkpointing.prepare("PRAGMA wal_checkpoint(PASSIVE)");
    const full = checkpointing.prepare("PRAGMA wal_checkpoint(FULL)");
    let { log, busy } = passive.get() as unknown as CheckpointResult;
    for (let tries = 0; log > LONG_LOG_PAGES && tries < MAX_TRIES; tries++) {
      ({ log, busy } = full.get() as unknown as CheckpointResult);
      if (busy === 0) break;
      // Not with a busy time-out: SQLite would wait for long reports as well, with the write lock in its hands.
      Atomics.wait(pause, 0, 0, 1);
    }
  } catch {
    // The log only grows a little longer; a disk that fails shows in the next write.
  }
  return "checkpointed";
}

parentPort?.on("message", (request: ThreadRequest) => {
  if (request === "close") {
    checkpointing?.close();
    db.close();
    parentPort?.close();
  } else {
    parentPort?.postMessage(request === "checkpoint" ? checkpoint() : answer(request));
  }
});
