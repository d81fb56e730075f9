import type { PicoUsd, Told } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { fromMoneyColumns, toMoneyColumns } from "./money-columns.ts";

/** What is remembered of a budget's row beside its sums. Most rows have no marks. */
export interface BudgetMarks {
  /** Null for a row that is not written yet. */
  of(spendingId: bigint | null): Marks;
  /** Remembers what the next period has drawn from this one. */
  draw(spendingId: bigint, drawnPico: PicoUsd): void;
  /** Remembers what was told. */
  tell(spendingId: bigint, told: Told): void;
}

export interface Marks {
  readonly drawnPico: PicoUsd;
  readonly told: Told | null;
}

interface Row {
  readonly drawn_hi: bigint;
  readonly drawn_lo: bigint;
  readonly told_percent: bigint | null;
  readonly told_at: bigint | null;
}

const noMarks: Marks = { drawnPico: 0n, told: null };

export function createBudgetMarks(db: DatabaseSync): BudgetMarks {
  const find = db.prepare("SELECT drawn_hi, drawn_lo, told_percent, told_at FROM budget_marks WHERE spending_id = ?");
  find.setReadBigInts(true);
  const draw = db.prepare(`INSERT INTO budget_marks (spending_id, drawn_hi, drawn_lo) VALUES (?, ?, ?)
    ON CONFLICT (spending_id) DO UPDATE SET drawn_hi = excluded.drawn_hi, drawn_lo = excluded.drawn_lo`);
  const tell = db.prepare(`INSERT INTO budget_marks (spending_id, drawn_hi, drawn_lo, told_percent, told_at)
    VALUES (?, 0, 0, ?, ?)
    ON CONFLICT (spending_id) DO UPDATE SET told_percent = excluded.told_percent, told_at = excluded.told_at`);
  return {
    of(spendingId) {
      const row = spendingId === null ? undefined : (find.get(spendingId) as unknown as Row | undefined);
      if (row === undefined) return noMarks;
      const { told_percent: percent, told_at: at } = row;
      return {
        drawnPico: fromMoneyColumns(row.drawn_hi, row.drawn_lo),
        told: percent === null || at === null ? null : { percent: Number(percent), at: Number(at) },
      };
    },
    draw(spendingId, drawnPico) {
      const { hi, lo } = toMoneyColumns(drawnPico);
      draw.run(spendingId, hi, lo);
    },
    tell: (spendingId, { percent, at }) => void tell.run(spendingId, percent, at),
  };
}
