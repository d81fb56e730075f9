import {
  type AnswerKey,
  type AnswerStore,
  type ClaimResult,
  type Clock,
  type Log,
  type StoredAnswer,
  TenantryError,
} from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { type AnswerRow, createAnswerRows, type SealedAnswer } from "./answer-rows.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { Owners } from "./owners.ts";
import { encodeAnswer, openAnswer, sealAnswer } from "./seal-answer.ts";
import { createSealingKeys } from "./sealing-keys.ts";

export interface AnswerStorePorts {
  readonly db: DatabaseSync;
  readonly group: GroupCommit;
  readonly owners: Owners;
  readonly clock: Clock;
  readonly log: Log;
  /** Where the key is that answers are encrypted with; null: in memory. */
  readonly keyFile: string | null;
}

export interface SqliteAnswerStore extends AnswerStore {
  /** Deletes some of what has expired. Runs inside the caller's transaction. */
  purge(): void;
}

/** More than one claim adds, so that the table holds no more than what has not expired. */
const PURGED_BY_CLAIM = 16;
const PURGED_AT_ONCE = 1_000;

interface Found {
  readonly row: AnswerRow;
  readonly isOpen: boolean;
}

/** `AnswerStore` on the store's transaction, in which one process at a time decides. */
export function createAnswerStore({ db, group, owners, clock, log, keyFile }: AnswerStorePorts): SqliteAnswerStore {
  const rows = createAnswerRows(db, owners);
  const sealingKeys = createSealingKeys(keyFile, (work) => group.write(work));

  /** What holds of the key now, or null when it is anybody's. */
  function look(key: AnswerKey, now: number): Found | null {
    const row = rows.find(key);
    if (row === null) return null;
    if (row.state !== "ended" && !owners.hasEnded(row.owner_id)) return { row, isOpen: true };
    return row.state === "claimed" || row.expires_at <= now ? null : { row, isOpen: false };
  }

  async function seal(key: AnswerKey, answer: StoredAnswer): Promise<SealedAnswer | null> {
    const encoded = encodeAnswer(answer);
    const sealingKey = await sealingKeys.current();
    if (sealingKey === null) {
      log.error("storage.answer_not_kept", {
        callId: answer.callId,
        problem: "the sealing key cannot be read or made",
      });
      return null;
    }
    return { sealingKeyId: sealingKey.id, sealed: sealAnswer(sealingKey.bytes, key, encoded) };
  }

  /** What was tampered with, or sealed with a key that is gone, cannot be given; nor may it be made again. */
  function answerIn(key: AnswerKey, row: AnswerRow, now: number): ClaimResult {
    const { sealed, sealing_key_id: id, call_id: callId } = row;
    if (sealed === null || id === null || row.keep_until <= now) return { kind: "spent", callId };
    const sealingKey = sealingKeys.find(id);
    const answer = sealingKey === null ? null : openAnswer(sealingKey.bytes, key, sealed);
    if (answer !== null) return { kind: "finished", answer };
    const problem = sealingKey === null ? "its sealing key is gone" : "it was changed";
    log.error("storage.answer_unreadable", { callId, problem });
    return { kind: "spent", callId };
  }

  return {
    async claim(key, payloadHash, lifetime) {
      const now = clock.now();
      const found = await group.write(() => {
        rows.purge(now, PURGED_BY_CLAIM);
        const there = look(key, now);
        if (there === null) rows.claim(key, payloadHash, lifetime);
        return there;
      });
      if (found === null) return { kind: "claimed" };
      if (found.row.payload_hash !== payloadHash) return { kind: "mismatch" };
      return found.isOpen ? { kind: "running", callId: found.row.call_id } : answerIn(key, found.row, now);
    },
    // In no later transaction than the intent that is written after it.
    start: (key, callId) =>
      group.join(() => {
        if (!rows.start(key, callId)) throw new TenantryError("conflict", `call ${callId} has no claim to start`);
      }),
    async finish(key, answer) {
      const sealed = answer === null ? null : await seal(key, answer);
      await group.write(() => {
        const now = clock.now();
        rows.end(key, answer?.callId ?? null, sealed, now);
        rows.purge(now, PURGED_BY_CLAIM);
      });
    },
    free: (key) =>
      group.write(() => {
        rows.free(key);
      }),
    purge: () => rows.purge(clock.now(), PURGED_AT_ONCE),
  };
}
