import { type HoldClaim, type Instant, type PicoUsd, storeTime } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { fromMoneyColumns, toMoneyColumns } from "./money-columns.ts";

/** A budget of one key: of one calendar period, or of a rolling window. */
export interface Spending {
  /** Null until it is written. */
  id: bigint | null;
  readonly key: string;
  /** Null for a rolling window. */
  readonly period: { readonly from: Instant; readonly to: Instant } | null;
  /** Calendar: all that was spent. Rolling: the entries stamped after `countedTo`. */
  spentPico: PicoUsd;
  heldPico: PicoUsd;
  offsetMs: number;
  latest: Instant | null;
  /** The longest rolling window asked for. */
  keepMs: number;
  countedTo: Instant;
  /** When it was first claimed, on the wall clock; null until it is written. */
  since: Instant | null;
}

export interface SpendingRows {
  /** The row of the claim's budget; one without an id when there is none. */
  find(claim: HoldClaim): Spending;
  get(id: bigint): Spending | null;
  /** Writes the row; gives it an id when it has none. */
  save(spending: Spending): bigint;
}

interface Row {
  readonly id: bigint;
  readonly key: string;
  readonly period_from: bigint | null;
  readonly period_to: bigint | null;
  readonly spent_hi: bigint;
  readonly spent_lo: bigint;
  readonly held_hi: bigint;
  readonly held_lo: bigint;
  readonly offset_ms: bigint;
  readonly latest: bigint | null;
  readonly keep_ms: bigint;
  readonly counted_to: bigint;
  readonly since: bigint;
}

const NEVER = Number.MIN_SAFE_INTEGER;
const columns = `key, period_from, period_to, spent_hi, spent_lo, held_hi, held_lo, offset_ms, latest, keep_ms,
  counted_to, since`;

export function createSpendingRows(db: DatabaseSync): SpendingRows {
  const calendar = db.prepare(
    `SELECT id, ${columns} FROM spendings WHERE key = ? AND period_from = ? AND period_to = ?`,
  );
  const rolling = db.prepare(`SELECT id, ${columns} FROM spendings WHERE key = ? AND period_from IS NULL`);
  const byId = db.prepare(`SELECT id, ${columns} FROM spendings WHERE id = ?`);
  for (const statement of [calendar, rolling, byId]) statement.setReadBigInts(true);
  const insert = db.prepare(`INSERT INTO spendings (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const update = db.prepare(`UPDATE spendings SET spent_hi = ?, spent_lo = ?, held_hi = ?, held_lo = ?, offset_ms = ?,
    latest = ?, keep_ms = ?, counted_to = ? WHERE id = ?`);
  return {
    find({ key, span }) {
      const period = span.kind === "calendar" ? span.period : null;
      const row = period === null ? rolling.get(key) : calendar.get(key, period.from, period.to);
      if (row !== undefined) return fromRow(row as unknown as Row);
      const empty = {
        spentPico: 0n,
        heldPico: 0n,
        offsetMs: 0,
        latest: null,
        keepMs: 0,
        countedTo: NEVER,
        since: null,
      };
      return { id: null, key, period, ...empty };
    },
    get(id) {
      const row = byId.get(id);
      return row === undefined ? null : fromRow(row as unknown as Row);
    },
    save(spending) {
      const { key, period, offsetMs, latest, keepMs, countedTo } = spending;
      const spent = toMoneyColumns(spending.spentPico);
      const held = toMoneyColumns(spending.heldPico);
      const money = [spent.hi, spent.lo, held.hi, held.lo];
      const clock = [offsetMs, latest, keepMs, countedTo];
      if (spending.id === null) {
        const added = insert.run(
          key,
          period?.from ?? null,
          period?.to ?? null,
          ...money,
          ...clock,
          spending.since ?? NEVER,
        );
        spending.id = BigInt(added.lastInsertRowid);
      } else {
        update.run(...money, ...clock, spending.id);
      }
      return spending.id;
    },
  };
}

/** Sets the budget's clock to `now` and answers its time. Calendar periods have no use for stamps. */
export function advance(spending: Spending, now: Instant): Instant {
  if (spending.period !== null) return now;
  const { t, offsetMs } = storeTime(now, spending.offsetMs, spending.latest);
  spending.offsetMs = offsetMs;
  spending.latest = t;
  return t;
}

function fromRow(row: Row): Spending {
  return {
    id: row.id,
    key: row.key,
    period:
      row.period_from === null || row.period_to === null
        ? null
        : { from: Number(row.period_from), to: Number(row.period_to) },
    spentPico: fromMoneyColumns(row.spent_hi, row.spent_lo),
    heldPico: fromMoneyColumns(row.held_hi, row.held_lo),
    offsetMs: Number(row.offset_ms),
    latest: row.latest === null ? null : Number(row.latest),
    keepMs: Number(row.keep_ms),
    countedTo: Number(row.counted_to),
    since: Number(row.since),
  };
}
