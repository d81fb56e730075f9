import { bindStoreClock, type Clock, type StoreAnchor, type StoreClock } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";

interface Row {
  readonly boot_id: string;
  readonly wall: number;
  readonly boot_ms: number;
}

/** The time of the file's limits, the same in every process of this run of the machine. Runs inside a transaction. */
export function openStoreClock(db: DatabaseSync, clock: Clock): StoreClock {
  const row = db.prepare("SELECT boot_id, wall, boot_ms FROM store_anchor").get() as unknown as Row | undefined;
  const stored = row === undefined ? null : { bootId: row.boot_id, wall: row.wall, bootMs: row.boot_ms };
  const time = bindStoreClock(clock, stored);
  if (time.anchor !== null && time.anchor !== stored) keep(db, time.anchor);
  return time;
}

function keep(db: DatabaseSync, { bootId, wall, bootMs }: StoreAnchor): void {
  const put = db.prepare("INSERT OR REPLACE INTO store_anchor (id, boot_id, wall, boot_ms) VALUES (1, ?, ?, ?)");
  put.run(bootId, wall, bootMs);
}
