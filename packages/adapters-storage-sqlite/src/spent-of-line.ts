import type { PicoUsd } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { fromMoneyColumns } from "./money-columns.ts";

interface Row {
  readonly cost_hi: bigint | null;
  readonly cost_lo: bigint | null;
  readonly at_most_hi: bigint | null;
  readonly at_most_lo: bigint | null;
}

/** What an attempt counts for in budgets by its first line: its cost, else the most it can be; 0 without a line. */
export function createSpentOfLine(db: DatabaseSync): (attemptId: string) => PicoUsd {
  const find = db.prepare("SELECT cost_hi, cost_lo, at_most_hi, at_most_lo FROM lines WHERE line_id = ?");
  find.setReadBigInts(true);
  return (attemptId) => {
    const row = find.get(attemptId) as unknown as Row | undefined;
    if (row === undefined) return 0n;
    return row.cost_hi === null
      ? fromMoneyColumns(row.at_most_hi ?? 0n, row.at_most_lo ?? 0n)
      : fromMoneyColumns(row.cost_hi, row.cost_lo ?? 0n);
  };
}
