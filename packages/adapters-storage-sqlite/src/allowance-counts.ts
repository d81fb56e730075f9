import { type AllowanceShare, type AllowanceTerms, allowanceQuantity, type LedgerLine } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { fromMoneyColumns, toMoneyColumns } from "./money-columns.ts";

/** How much of their allowances tenants have used. Writes belong to the transaction that writes the lines. */
export interface AllowanceCounts {
  /** Uses what the line is included with, as far as something is left; answers what was used before. One statement. */
  draw(line: LedgerLine, terms: AllowanceTerms): bigint;
  /** A line went out of force. */
  giveBack(tenantId: string, share: AllowanceShare): void;
}

/** Sums of a row's columns with what is added, `lo` carried: `9 · 10⁹` of them fit (money-columns.ts). */
const sumHi = "used_hi + ?4 + (used_lo + ?5) / 1000000000";
const sumLo = "(used_lo + ?5) % 1000000000";
/** Up to the limit; where it was lowered below what is used, nothing is added. */
const capped = (sum: string, limit: string, used: string): string => `CASE
  WHEN (used_hi, used_lo) >= (?6, ?7) THEN ${used}
  WHEN (${sumHi}, ${sumLo}) > (?6, ?7) THEN ${limit}
  ELSE ${sum} END`;

export function createAllowanceCounts(db: DatabaseSync): AllowanceCounts {
  const add = db.prepare(`INSERT INTO allowance_counts VALUES (?1, ?2, ?3,
      iif((?4, ?5) > (?6, ?7), ?6, ?4), iif((?4, ?5) > (?6, ?7), ?7, ?5), 0, 0)
    ON CONFLICT (tenant_id, allowance, period_from) DO UPDATE SET was_hi = used_hi, was_lo = used_lo,
      used_hi = ${capped(sumHi, "?6", "used_hi")}, used_lo = ${capped(sumLo, "?7", "used_lo")}
    RETURNING was_hi, was_lo`);
  add.setReadBigInts(true);
  const find = db.prepare(`SELECT used_hi, used_lo FROM allowance_counts
    WHERE tenant_id = ? AND allowance = ? AND period_from = ?`);
  find.setReadBigInts(true);
  const put = db.prepare(`UPDATE allowance_counts SET used_hi = ?, used_lo = ?
    WHERE tenant_id = ? AND allowance = ? AND period_from = ?`);
  return {
    draw(line, terms) {
      const quantity = toMoneyColumns(allowanceQuantity(terms, line.usage));
      const limit = toMoneyColumns(terms.limit);
      const row = add.get(
        line.tenantId,
        terms.id,
        terms.period.from,
        quantity.hi,
        quantity.lo,
        limit.hi,
        limit.lo,
      ) as unknown as { readonly was_hi: bigint; readonly was_lo: bigint };
      return fromMoneyColumns(row.was_hi, row.was_lo);
    },
    giveBack(tenantId, { id, period, covered }) {
      if (covered === 0n) return;
      const row = find.get(tenantId, id, period.from) as
        | { readonly used_hi: bigint; readonly used_lo: bigint }
        | undefined;
      if (row === undefined) return;
      const left = toMoneyColumns(fromMoneyColumns(row.used_hi, row.used_lo) - covered);
      put.run(left.hi, left.lo, tenantId, id, period.from);
    },
  };
}
