import { copyFile, rm } from "node:fs/promises";
import { openSqliteStorage } from "@tenantry/adapters-storage-sqlite";
import { createSystemClock } from "@tenantry/adapters-system";
import { copyDay } from "./copy-day.ts";
import { days, type HistoryShape, pastCall } from "./history.ts";

/** As many as share a transaction of the store. */
const batch = 500;

/**
 * Writes the month: its first day through the store itself, `settle` by `settle`, and the other days as copies of that
 * day's rows. That these are the rows the store would have written is what `check-sample.ts` holds against the lines.
 *
 * @param onDay told of each day that is written.
 */
export async function seedHistory(path: string, shape: HistoryShape, onDay: (lines: number) => void): Promise<number> {
  const first = `${path}.first-day`;
  try {
    const lines = await writeFirstDay(first, shape);
    onDay(lines);
    await copyFile(first, path);
    for (let day = 1; day < days; day += 1) {
      copyDay(path, first, day);
      onDay((day + 1) * lines);
    }
    return days * lines;
  } finally {
    await rm(first, { force: true });
  }
}

async function writeFirstDay(path: string, shape: HistoryShape): Promise<number> {
  const storage = await openSqliteStorage({ path }, { clock: createSystemClock() });
  let lines = 0;
  try {
    for (let from = 0; from < shape.callsADay; from += batch) {
      const settled: Promise<unknown>[] = [];
      for (let index = from; index < Math.min(from + batch, shape.callsADay); index += 1) {
        const past = pastCall(shape, index);
        for (const [n, line] of past.lines.entries()) {
          lines += 1;
          settled.push(storage.ledger.settle({ line, call: n === past.lines.length - 1 ? past.call : null }));
        }
      }
      await Promise.all(settled);
    }
  } finally {
    await storage.close();
  }
  return lines;
}
