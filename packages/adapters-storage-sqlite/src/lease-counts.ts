import type { DatabaseSync } from "node:sqlite";
import type { RowMemory } from "./row-memory.ts";

/** How many calls hold a place, by key. All methods run inside the caller's transaction. */
export interface LeaseCounts extends RowMemory {
  of(key: string): number;
  add(key: string, change: 1 | -1): void;
}

const MAX_KNOWN = 10_000;

export function createLeaseCounts(db: DatabaseSync): LeaseCounts {
  const find = db.prepare("SELECT held FROM lease_counts WHERE key = ?");
  const write = db.prepare(
    "INSERT INTO lease_counts (key, held) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET held = excluded.held",
  );
  const remove = db.prepare("DELETE FROM lease_counts WHERE key = ?");
  const known = new Map<string, number>();
  const changed = new Set<string>();

  function of(key: string): number {
    let held = known.get(key);
    if (held === undefined) {
      held = (find.get(key) as { held: number } | undefined)?.held ?? 0;
      known.set(key, held);
    }
    return held;
  }

  return {
    of,
    add(key, change) {
      known.set(key, of(key) + change);
      changed.add(key);
    },
    flush() {
      for (const key of changed) {
        const held = of(key);
        if (held > 0) write.run(key, held);
        else remove.run(key);
      }
      changed.clear();
      if (known.size > MAX_KNOWN) known.clear();
    },
    forget() {
      known.clear();
      changed.clear();
    },
  };
}
