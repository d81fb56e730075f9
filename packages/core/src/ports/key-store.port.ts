import type { Key } from "../keys/key.ts";
import type { Instant } from "../time/instant.ts";

/** A key as it is since its last change. */
export interface KeyChange {
  /** Position of the change, 1 or more. */
  readonly revision: number;
  readonly key: Key;
  /** SHA-256 of the secret, lower-case hex. */
  readonly hash: string;
}

/**
 * Keys, by the SHA-256 hash of their secret (lower-case hex). The secret itself never reaches the store.
 *
 * `add` is a `conflict` for an id or hash that exists; nothing changes then. An id is matched exactly, an unknown one is
 * null. Keys are never removed.
 *
 * `revoke` ends a key at `at`, which may lie ahead, and answers the key. Repeated, the earlier end holds: nothing makes
 * a key work longer.
 *
 * `changes` lets a process keep a copy of the keys: every key added or revoked after `since` (0: all), once each, as it
 * is now, by ascending revision, `limit` at most. Revisions grow in the order in which changes can be seen, so that
 * whoever goes on from the last one misses nothing. Cheap enough to ask several times a second when nothing has changed.
 *
 * Concurrency: any number of callers. Changes are seen by this process once they are resolved, and by others within a
 * second. Errors: `unavailable`; then nothing was written.
 */
export interface KeyStore {
  add(key: Key, hash: string): Promise<void>;
  find(id: string): Promise<Key | null>;
  /** By `createdAt` and id (code units) ascending; of one tenant where given. Revoked keys are among them. */
  list(tenantId?: string): Promise<readonly Key[]>;
  revoke(id: string, at: Instant): Promise<Key | null>;
  changes(since: number, limit: number): Promise<readonly KeyChange[]>;
}
