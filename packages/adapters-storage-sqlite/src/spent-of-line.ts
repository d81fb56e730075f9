import type { LedgerLine, PicoUsd } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { fromExactJson } from "./exact-json.ts";
import { fromMoneyColumns } from "./money-columns.ts";

interface Row {
  readonly cost_hi: bigint | null;
  readonly cost_lo: bigint | null;
  readonly at_most_hi: bigint | null;
  readonly at_most_lo: bigint | null;
  readonly rest: string;
}

/** What an attempt counts for in budgets by its first line: its cost, else the most it can be, else its hold; 0 without a line. */
export function createSpentOfLine(db: DatabaseSync): (attemptId: string) => PicoUsd {
  const find = db.prepare("SELECT cost_hi, cost_lo, at_most_hi, at_most_lo, rest FROM lines WHERE line_id = ?");
  find.setReadBigInts(true);
  return (attemptId) => {
    const row = find.get(attemptId) as unknown as Row | undefined;
    if (row === undefined) return 0n;
    if (row.cost_hi !== null) return fromMoneyColumns(row.cost_hi, row.cost_lo ?? 0n);
    if (row.at_most_hi !== null) return fromMoneyColumns(row.at_most_hi, row.at_most_lo ?? 0n);
    return fromExactJson<Pick<LedgerLine, "holdPico">>(row.rest).holdPico ?? 0n;
  };
}
