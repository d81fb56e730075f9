import { type Key, type KeyChange, type KeyScope, type KeyStore, TenantryError } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import type { GroupCommit } from "./group-commit.ts";
import { translateError } from "./translate-error.ts";

interface KeyRow {
  readonly id: string;
  readonly hash: string;
  readonly scope: KeyScope;
  readonly tenant_id: string | null;
  readonly name: string;
  readonly hint: string;
  readonly created_at: number;
  readonly revoked_at: number | null;
  readonly revision: number;
}

const nextRevision = "(SELECT coalesce(max(revision), 0) + 1 FROM api_keys)";

/** `KeyStore`: read from the last commit, so that no key depends on a transaction that may yet fail. */
export function createKeyStore(db: DatabaseSync, reading: DatabaseSync, group: GroupCommit): KeyStore {
  const findTaken = db.prepare("SELECT 1 FROM api_keys WHERE id = ? OR hash = ?");
  const insert = db.prepare(`INSERT INTO api_keys
    (id, hash, scope, tenant_id, name, hint, created_at, revoked_at, revision)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ${nextRevision})`);
  // The earlier end holds.
  const revoke = db.prepare(`UPDATE api_keys SET revoked_at = ?1, revision = ${nextRevision}
    WHERE id = ?2 AND (revoked_at IS NULL OR revoked_at > ?1)`);
  const findWritten = db.prepare("SELECT * FROM api_keys WHERE id = ?");
  const find = reading.prepare("SELECT * FROM api_keys WHERE id = ?");
  const list = reading.prepare("SELECT * FROM api_keys");
  const listOfTenant = reading.prepare("SELECT * FROM api_keys WHERE tenant_id = ?");
  const changes = reading.prepare("SELECT * FROM api_keys WHERE revision > ? ORDER BY revision LIMIT ?");

  async function reads<Result>(read: () => Result): Promise<Result> {
    try {
      return read();
    } catch (error) {
      throw translateError(error);
    }
  }

  return {
    add: (key, hash) =>
      group.write(() => {
        if (findTaken.get(key.id, hash) !== undefined) {
          throw new TenantryError("conflict", `key ${key.id} or its secret exists`);
        }
        const { id, scope, tenantId, name, hint, createdAt, revokedAt } = key;
        insert.run(id, hash, scope, tenantId, name, hint, createdAt, revokedAt);
      }),
    find: (id) =>
      reads(() => {
        const row = find.get(id) as KeyRow | undefined;
        return row === undefined ? null : toKey(row);
      }),
    list: (tenantId) =>
      reads(() => {
        const rows = tenantId === undefined ? list.all() : listOfTenant.all(tenantId);
        return (rows as unknown as KeyRow[]).map(toKey).sort(byCreation);
      }),
    revoke: (id, at) =>
      group.write(() => {
        revoke.run(at, id);
        const row = findWritten.get(id) as KeyRow | undefined;
        return row === undefined ? null : toKey(row);
      }),
    changes: (since, limit) => reads(() => (changes.all(since, limit) as unknown as KeyRow[]).map(toChange)),
  };
}

function toKey(row: KeyRow): Key {
  const { id, scope, tenant_id: tenantId, name, hint, created_at: createdAt, revoked_at: revokedAt } = row;
  return { id, scope, tenantId, name, hint, createdAt, revokedAt };
}

function toChange(row: KeyRow): KeyChange {
  return { revision: row.revision, key: toKey(row), hash: row.hash };
}

/** Ids by code units; SQLite orders by code points. */
function byCreation(a: Key, b: Key): number {
  if (a.createdAt !== b.createdAt) return a.createdAt - b.createdAt;
  return a.id < b.id ? -1 : 1;
}
