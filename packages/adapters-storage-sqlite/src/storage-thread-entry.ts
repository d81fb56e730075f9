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

/** Moves committed pages from the log into the file, as far as nobody is in the way; the next one does the rest. */
function checkpoint(): ThreadAnswer {
  try {
    checkpointing ??= new DatabaseSync(path, { timeout: 0 });
    checkpointing.exec("PRAGMA wal_checkpoint(PASSIVE)");
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
