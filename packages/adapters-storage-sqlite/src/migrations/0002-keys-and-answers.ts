import type { Migration } from "./migration.ts";

export const keysAndAnswers: Migration = {
  version: 2,
  sql: `
-- Keys by the hash of their secret. revision orders the last changes of all keys; writes are serial, so it orders commits.
CREATE TABLE api_keys (
  id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, scope TEXT NOT NULL, tenant_id TEXT, name TEXT NOT NULL,
  hint TEXT NOT NULL, created_at INTEGER NOT NULL, revoked_at INTEGER, revision INTEGER NOT NULL UNIQUE
) STRICT;
CREATE INDEX api_keys_of_tenant ON api_keys (tenant_id);

-- What callers' idempotency keys stand for. A claim is open until it is ended; one whose owner has ended is spent when it
-- was started and free when it was not. sealed is readable with the key of this id in the file beside this one.
CREATE TABLE answers (
  tenant_id TEXT NOT NULL, route TEXT NOT NULL, idempotency_key TEXT NOT NULL, payload_hash TEXT NOT NULL,
  owner_id TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('claimed', 'started', 'ended')),
  call_id TEXT, expires_at INTEGER NOT NULL, sealing_key_id TEXT, sealed BLOB,
  PRIMARY KEY (tenant_id, route, idempotency_key)
) STRICT;
CREATE INDEX answers_by_expiry ON answers (expires_at);
-- What a health check writes: about as much as a call, so that a disk which has no room for calls has none for it.
CREATE TABLE room (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
`,
};
