import type { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { openReader } from "./connection.ts";
import { type ReaderAnswer, type ReaderRequest, type ReaderStart, toSentError } from "./reader-messages.ts";
import { translateError } from "./translate-error.ts";
import { createUsageReadings, type UsageReadings } from "./usage-readings.ts";

/** The entry of the thread that reads: one connection, one question at a time, each on one snapshot. */
const { path, busyTimeoutMs } = workerData as ReaderStart;
const db: DatabaseSync = openReader(path, busyTimeoutMs);
const readings: UsageReadings = createUsageReadings(db);

function answer({ id, method, values }: ReaderRequest): ReaderAnswer {
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

parentPort?.on("message", (request: ReaderRequest | "close") => {
  if (request === "close") {
    db.close();
    parentPort?.close();
    return;
  }
  parentPort?.postMessage(answer(request));
});
