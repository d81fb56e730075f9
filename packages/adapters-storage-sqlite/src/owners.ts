import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { isProvenDead, type ProcessIdentity } from "./process-identity.ts";

/**
 * Who holds leases, money and open intents: one owner for every opened storage. All methods run inside the caller's
 * transaction.
 */
export interface Owners {
  readonly id: string;
  /** Records this owner; before anything is held. */
  register(at: number): void;
  /** Proves that the store can be written. */
  touch(at: number): void;
  /** Says that this owner has ended; what it left open may be recovered by others. */
  leave(): void;
  /** Ids of the owners that have left or are proven dead; never this one. */
  dead(): readonly string[];
  /** Whether this one has left, is proven dead, or was forgotten since; never this one. */
  hasEnded(ownerId: string): boolean;
  /** Forgets owners that have ended and hold nothing more. */
  prune(dead: readonly string[]): void;
}

interface OwnerRow {
  readonly id: string;
  readonly pid: number;
  readonly started_at: string | null;
  readonly boot_id: string | null;
  readonly host: string;
  readonly has_left: number;
}

export function createOwners(db: DatabaseSync, own: ProcessIdentity): Owners {
  const id = randomUUID();
  const insert = db.prepare(
    "INSERT INTO owners (id, pid, started_at, boot_id, host, seen_at, has_left) VALUES (?, ?, ?, ?, ?, ?, 0)",
  );
  const touch = db.prepare("UPDATE owners SET seen_at = ? WHERE id = ?");
  const leave = db.prepare("UPDATE owners SET has_left = 1 WHERE id = ?");
  const others = db.prepare("SELECT id, pid, started_at, boot_id, host, has_left FROM owners WHERE id <> ?");
  const find = db.prepare("SELECT id, pid, started_at, boot_id, host, has_left FROM owners WHERE id = ?");
  const prune = db.prepare(`
    DELETE FROM owners WHERE id = ?
      AND NOT EXISTS (SELECT 1 FROM open_calls WHERE owner_id = owners.id)`);
  return {
    id,
    register: (at) => {
      insert.run(id, own.pid, own.startedAt, own.bootId, own.host, at);
    },
    touch: (at) => {
      touch.run(at, id);
    },
    leave: () => {
      leave.run(id);
      prune.run(id);
    },
    dead: () =>
      (others.all(id) as unknown as OwnerRow[])
        .filter((row) => row.has_left === 1 || isProvenDead(fromRow(row), own))
        .map((row) => row.id),
    hasEnded: (ownerId) => {
      if (ownerId === id) return false;
      const row = find.get(ownerId) as OwnerRow | undefined;
      return row === undefined || row.has_left === 1 || isProvenDead(fromRow(row), own);
    },
    prune: (dead) => {
      for (const ended of dead) prune.run(ended);
    },
  };
}

function fromRow(row: OwnerRow): ProcessIdentity {
  return { pid: row.pid, startedAt: row.started_at, bootId: row.boot_id, host: row.host };
}
