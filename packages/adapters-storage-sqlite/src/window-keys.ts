import type { Instant } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import type { RowMemory } from "./row-memory.ts";

/** A key of sliding windows: a row. */
export interface WindowKeyRow {
  readonly id: number;
  readonly key: string;
  readonly offsetMs: number;
  readonly latest: Instant | null;
  readonly keepMs: number;
  /** Entries up to it count no more. */
  readonly countedTo: Instant;
  /** Sum of the entries stamped after `countedTo`. */
  readonly total: number;
  /** No entry is stamped after `countedTo` and up to here: as much as is known, and no column. */
  readonly emptyTo: Instant;
}

/**
 * Rows of `window_keys`, read once for as long as nobody else writes, and written once a transaction. All methods run
 * inside the caller's transaction.
 */
export interface WindowKeys extends RowMemory {
  find(key: string): WindowKeyRow | null;
  add(row: Omit<WindowKeyRow, "id">): number;
  change(row: WindowKeyRow): void;
  /** Deletes some of the keys in which nothing counts any more. */
  sweep(now: Instant): void;
}

interface Columns {
  readonly id: number;
  readonly offset_ms: number;
  readonly latest: number | null;
  readonly keep_ms: number;
  readonly counted_to: number;
  readonly total: number;
}

const MAX_KNOWN = 10_000;
const MAX_SWEPT = 64;

export function createWindowKeys(db: DatabaseSync): WindowKeys {
  const find = db.prepare("SELECT id, offset_ms, latest, keep_ms, counted_to, total FROM window_keys WHERE key = ?");
  const insert = db.prepare(
    "INSERT INTO window_keys (key, offset_ms, latest, keep_ms, counted_to, total) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const update = db.prepare(
    "UPDATE window_keys SET offset_ms = ?, latest = ?, keep_ms = ?, counted_to = ?, total = ? WHERE id = ?",
  );
  const nextKeys = db.prepare(`SELECT id, key, latest + keep_ms <= ? + offset_ms AS is_over FROM window_keys
    WHERE id > ? ORDER BY id LIMIT ${MAX_SWEPT}`);
  const removeEntries = db.prepare("DELETE FROM window_entries WHERE key_id = ?");
  const remove = db.prepare("DELETE FROM window_keys WHERE id = ?");
  const known = new Map<string, WindowKeyRow>();
  const changed = new Set<string>();
  let sweptTo = 0;

  function flush(): void {
    for (const key of changed) {
      const { offsetMs, latest, keepMs, countedTo, total, id } = known.get(key)!;
      update.run(offsetMs, latest, keepMs, countedTo, total, id);
    }
    changed.clear();
    if (known.size > MAX_KNOWN) known.clear();
  }

  return {
    find(key) {
      const before = known.get(key);
      if (before !== undefined) return before;
      const columns = find.get(key) as unknown as Columns | undefined;
      if (columns === undefined) return null;
      const { id, offset_ms: offsetMs, latest, keep_ms: keepMs, counted_to: countedTo, total } = columns;
      const row = { id, key, offsetMs, latest, keepMs, countedTo, total, emptyTo: countedTo };
      known.set(key, row);
      return row;
    },
    add(row) {
      const added = insert.run(row.key, row.offsetMs, row.latest, row.keepMs, row.countedTo, row.total);
      const id = Number(added.lastInsertRowid);
      known.set(row.key, { ...row, id });
      return id;
    },
    change(row) {
      known.set(row.key, row);
      changed.add(row.key);
    },
    sweep(now) {
      flush();
      const next = nextKeys.all(now, sweptTo) as unknown as { id: number; key: string; is_over: number | null }[];
      sweptTo = next.length < MAX_SWEPT ? 0 : (next.at(-1)?.id ?? 0);
      for (const { id, key, is_over: isOver } of next) {
        if (isOver !== 1) continue;
        removeEntries.run(id);
        remove.run(id);
        known.delete(key);
      }
    },
    flush,
    forget() {
      known.clear();
      changed.clear();
    },
  };
}
