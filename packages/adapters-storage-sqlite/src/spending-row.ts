import { type HoldClaim, type Instant, keepEndedMs, type Period, type PicoUsd, storeTime } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { fromMoneyColumns, toMoneyColumns } from "./money-columns.ts";
import type { RowMemory } from "./row-memory.ts";

/** A budget of one key: of one calendar period, or of a rolling window. */
export interface Spending {
  /** Null until it is written. */
  id: bigint | null;
  readonly key: string;
  /** Null for a rolling window. */
  readonly period: Period | null;
  /** Calendar: all that was spent. Rolling: the entries stamped after `countedTo`. */
  spentPico: PicoUsd;
  heldPico: PicoUsd;
  offsetMs: number;
  latest: Instant | null;
  /** The longest rolling window asked for. */
  keepMs: number;
  countedTo: Instant;
  /** When it was first claimed, on the wall clock; null until then. */
  since: Instant | null;
}

/**
 * Rows of `spendings`, read once for as long as nobody else writes, and written once a transaction. All methods run
 * inside the caller's transaction; what they answer is the caller's to change, and counts when it is saved.
 */
export interface SpendingRows extends RowMemory {
  /** The row of a budget, its period null for a rolling one; one without an id when there is none. */
  find(key: string, period: Period | null): Spending;
  /** Keeps the row; gives it an id when it has none. */
  save(spending: Spending): bigint;
  /** Deletes some of the budgets in which nothing counts any more. */
  sweep(now: Instant): void;
}

/** The period of the claim's budget, as `SpendingRows` takes it. */
export function periodOf({ span }: HoldClaim): Period | null {
  return span.kind === "calendar" ? span.period : null;
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

const MAX_KNOWN = 10_000;
const MAX_SWEPT = 64;
const NEVER = Number.MIN_SAFE_INTEGER;
const NOT_YET = Number.MAX_SAFE_INTEGER;
const empty = {
  spentPico: 0n,
  heldPico: 0n,
  offsetMs: 0,
  latest: null,
  keepMs: 0,
  countedTo: NEVER,
  since: null,
} as const satisfies Partial<Spending>;
const columns = `key, period_from, period_to, spent_hi, spent_lo, held_hi, held_lo, offset_ms, latest, keep_ms,
  counted_to, since`;

export function createSpendingRows(db: DatabaseSync): SpendingRows {
  const calendar = db.prepare(
    `SELECT id, ${columns} FROM spendings WHERE key = ? AND period_from = ? AND period_to = ?`,
  );
  const rolling = db.prepare(`SELECT id, ${columns} FROM spendings WHERE key = ? AND period_from IS NULL`);
  for (const statement of [calendar, rolling]) statement.setReadBigInts(true);
  const insert = db.prepare(`INSERT INTO spendings (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const update = db.prepare(`UPDATE spendings SET spent_hi = ?, spent_lo = ?, held_hi = ?, held_lo = ?, offset_ms = ?,
    latest = ?, keep_ms = ?, counted_to = ?, since = ? WHERE id = ?`);
  const nextRows = db.prepare(`SELECT id, held_hi = 0 AND held_lo = 0 AND CASE
      WHEN period_to IS NULL THEN latest + keep_ms <= ?1 + offset_ms
      ELSE period_to + (period_to - period_from) + ${keepEndedMs} <= ?1 END AS is_over
    FROM spendings WHERE id > ?2 ORDER BY id LIMIT ${MAX_SWEPT}`);
  const removeEntries = db.prepare("DELETE FROM spending_entries WHERE spending_id = ?");
  const removeMarks = db.prepare("DELETE FROM budget_marks WHERE spending_id = ?");
  const remove = db.prepare("DELETE FROM spendings WHERE id = ?");
  const known = new Map<string, Spending>();
  const changed = new Set<string>();
  let sweptTo = 0;

  function flush(): void {
    for (const name of changed) {
      const { id, spentPico, heldPico, offsetMs, latest, keepMs, countedTo, since } = known.get(name)!;
      const spent = toMoneyColumns(spentPico);
      const held = toMoneyColumns(heldPico);
      update.run(spent.hi, spent.lo, held.hi, held.lo, offsetMs, latest, keepMs, countedTo, since ?? NOT_YET, id);
    }
    changed.clear();
    if (known.size > MAX_KNOWN) known.clear();
  }

  return {
    find(key, period) {
      const name = nameOf(key, period);
      const before = known.get(name);
      if (before !== undefined) return { ...before };
      const row = period === null ? rolling.get(key) : calendar.get(key, period.from, period.to);
      if (row === undefined) return { id: null, key, period, ...empty };
      const spending = fromRow(row as unknown as Row);
      known.set(name, { ...spending });
      return spending;
    },
    save(spending) {
      const { key, period, offsetMs, latest, keepMs, countedTo } = spending;
      const name = nameOf(key, period);
      if (spending.id === null) {
        const spent = toMoneyColumns(spending.spentPico);
        const held = toMoneyColumns(spending.heldPico);
        const money = [spent.hi, spent.lo, held.hi, held.lo];
        const clock = [offsetMs, latest, keepMs, countedTo, spending.since ?? NOT_YET];
        const added = insert.run(key, period?.from ?? null, period?.to ?? null, ...money, ...clock);
        spending.id = BigInt(added.lastInsertRowid);
      } else {
        changed.add(name);
      }
      known.set(name, { ...spending });
      return spending.id;
    },
    sweep(now) {
      flush();
      const next = nextRows.all(now, sweptTo) as unknown as { id: number; is_over: number | null }[];
      sweptTo = next.length < MAX_SWEPT ? 0 : (next.at(-1)?.id ?? 0);
      for (const { id, is_over: isOver } of next) {
        if (isOver !== 1) continue;
        removeEntries.run(id);
        removeMarks.run(id);
        remove.run(id);
        known.clear();
      }
    },
    flush,
    forget() {
      known.clear();
      changed.clear();
    },
  };
}

function nameOf(key: string, period: Period | null): string {
  return period === null ? `rolling ${key}` : `${period.from} ${period.to} ${key}`;
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
    since: Number(row.since) === NOT_YET ? null : Number(row.since),
  };
}
