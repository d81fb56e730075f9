import type { DatabaseSync } from "node:sqlite";
import { createIntents, type Intents } from "./intents.ts";
import { createLeaseCounts, type LeaseCounts } from "./lease-counts.ts";
import { createOpenCalls, type OpenCalls } from "./open-calls.ts";
import type { RowMemory } from "./row-memory.ts";
import { createSpendingRows, type SpendingRows } from "./spending-row.ts";
import { createWindowKeys, type WindowKeys } from "./window-keys.ts";

/** What calls in flight have in common: ledger and limits change the same rows, in one transaction. */
export interface InFlight extends RowMemory {
  readonly calls: OpenCalls;
  readonly intents: Intents;
  readonly windowKeys: WindowKeys;
  readonly leaseCounts: LeaseCounts;
  readonly spendings: SpendingRows;
}

export function createInFlight(db: DatabaseSync, ownerId: string): InFlight {
  const calls = createOpenCalls(db, ownerId);
  const windowKeys = createWindowKeys(db);
  const leaseCounts = createLeaseCounts(db);
  const spendings = createSpendingRows(db);
  const memories: readonly RowMemory[] = [calls, windowKeys, leaseCounts, spendings];
  return {
    calls,
    intents: createIntents(db, calls),
    windowKeys,
    leaseCounts,
    spendings,
    flush() {
      for (const memory of memories) memory.flush();
    },
    forget() {
      for (const memory of memories) memory.forget();
    },
  };
}
