import type { DatabaseSync } from "node:sqlite";
import type { RowMemory } from "./row-memory.ts";

/** Whether a table has any row at all, so that who has no use for it pays nothing for it. Inside a transaction. */
export interface RowPresence extends RowMemory {
  has(): boolean;
  /** A row was added. */
  added(): void;
}

export function createRowPresence(db: DatabaseSync, table: "spans" | "retracted_calls"): RowPresence {
  const find = db.prepare(`SELECT EXISTS (SELECT 1 FROM ${table}) AS has`);
  let known: boolean | null = null;
  return {
    has: () => (known ??= (find.get() as { readonly has: 0 | 1 }).has === 1),
    added() {
      known = true;
    },
    flush() {},
    forget() {
      known = null;
    },
  };
}
