import type { AnswerKey, ClaimLifetime } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import type { Owners } from "./owners.ts";

export interface AnswerRow {
  readonly payload_hash: string;
  readonly owner_id: string;
  readonly state: "claimed" | "started" | "ended";
  readonly call_id: string | null;
  readonly expires_at: number;
  readonly keep_until: number;
  readonly sealing_key_id: string | null;
  readonly sealed: Uint8Array | null;
}

/** An answer as it is kept. */
export interface SealedAnswer {
  readonly sealingKeyId: string;
  readonly sealed: Uint8Array;
}

/** Claims and answers. All methods run inside the caller's transaction. */
export interface AnswerRows {
  find(key: AnswerKey): AnswerRow | null;
  /** Takes the key for this owner, in place of whatever was there. */
  claim(key: AnswerKey, payloadHash: string, lifetime: ClaimLifetime): void;
  /** False when this owner has no open claim of the key, or has started it for another call. */
  start(key: AnswerKey, callId: string): boolean;
  /**
   * Ends this owner's open claim, if there is one. Null keeps the call that is known, and no answer; so does an answer
   * whose time is over.
   */
  end(key: AnswerKey, callId: string | null, answer: SealedAnswer | null, at: number): void;
  /** Removes this owner's open claim where it was not started, and ends it where it was. */
  free(key: AnswerKey): void;
  /** Deletes answers whose time is over, and claims that have expired and nobody living has open; `limit` of each at most. */
  purge(at: number, limit: number): void;
}

const ofKey = "tenant_id = ?1 AND route = ?2 AND idempotency_key = ?3";

export function createAnswerRows(db: DatabaseSync, owners: Pick<Owners, "id">): AnswerRows {
  const find = db.prepare(`SELECT payload_hash, owner_id, state, call_id, expires_at, keep_until, sealing_key_id,
      sealed
    FROM answers WHERE ${ofKey}`);
  const claim = db.prepare(`INSERT OR REPLACE INTO answers
    (tenant_id, route, idempotency_key, payload_hash, owner_id, state, expires_at, keep_until)
    VALUES (?, ?, ?, ?, ?, 'claimed', ?, ?)`);
  const start = db.prepare(`UPDATE answers SET state = 'started', call_id = ?5
    WHERE ${ofKey} AND owner_id = ?4 AND (state = 'claimed' OR (state = 'started' AND call_id = ?5))`);
  const end = db.prepare(`UPDATE answers
    SET state = 'ended', call_id = coalesce(?5, call_id), sealing_key_id = iif(keep_until > ?8, ?6, NULL),
      sealed = iif(keep_until > ?8, ?7, NULL)
    WHERE ${ofKey} AND owner_id = ?4 AND state <> 'ended'`);
  const remove = db.prepare(`DELETE FROM answers WHERE ${ofKey} AND owner_id = ?4 AND state = 'claimed'`);
  // An owner that is not listed has ended; recovery (limits.recover) takes those off the list that died.
  const purge = db.prepare(`DELETE FROM answers WHERE rowid IN (
    SELECT rowid FROM answers WHERE expires_at <= ?1 AND (state = 'ended'
      OR NOT EXISTS (SELECT 1 FROM owners WHERE id = answers.owner_id AND has_left = 0)) LIMIT ?2)`);
  const unseal = db.prepare(`UPDATE answers SET sealing_key_id = NULL, sealed = NULL WHERE rowid IN (
    SELECT rowid FROM answers WHERE sealed IS NOT NULL AND keep_until <= ?1 LIMIT ?2)`);
  const parts = ({ tenantId, route, idempotencyKey }: AnswerKey): [string, string, string] => [
    tenantId,
    route,
    idempotencyKey,
  ];
  const endClaim = (key: AnswerKey, callId: string | null, answer: SealedAnswer | null, at: number): void => {
    end.run(...parts(key), owners.id, callId, answer?.sealingKeyId ?? null, answer?.sealed ?? null, at);
  };
  return {
    find: (key) => (find.get(...parts(key)) as AnswerRow | undefined) ?? null,
    claim: (key, payloadHash, { expiresAt, keepUntil }) => {
      claim.run(...parts(key), payloadHash, owners.id, expiresAt, keepUntil);
    },
    start: (key, callId) => start.run(...parts(key), owners.id, callId).changes > 0,
    end: endClaim,
    free: (key) => {
      if (remove.run(...parts(key), owners.id).changes === 0) endClaim(key, null, null, 0);
    },
    purge: (at, limit) => {
      unseal.run(at, limit);
      purge.run(at, limit);
    },
  };
}
