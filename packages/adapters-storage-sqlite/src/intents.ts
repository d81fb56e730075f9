import type { Intent, OrphanCall } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { assertRow, type ColumnKind } from "./assert-row.ts";
import { fromExactJson, toExactJson } from "./exact-json.ts";
import type { OpenCalls } from "./open-calls.ts";

/** Attempts of calls in flight. All methods run inside the caller's transaction. */
export interface Intents {
  /** What adds the intent, and says whether its attempt was unknown; itself it writes nothing. */
  adding(intent: Intent): () => boolean;
  /** The attempt has its line. Its intent stays until the call is closed, for recovery. */
  settle(callId: string, attemptId: string): void;
  /** The call is over. */
  close(callId: string): void;
  /** Calls whose every intent belongs to these owners. */
  ofOwners(ownerIds: ReadonlySet<string>): readonly OrphanCall[];
}

const kinds: readonly ColumnKind[] = ["text", "text", "integer"];

export function createIntents(db: DatabaseSync, calls: OpenCalls): Intents {
  const findLine = db.prepare("SELECT 1 FROM lines WHERE line_id = ?");

  function orphan(callId: string, ownerIds: ReadonlySet<string>): OrphanCall | null {
    const parts = calls.of(callId).filter(({ attempts }) => attempts.length > 0);
    if (parts.length === 0 || parts.some(({ ownerId }) => !ownerIds.has(ownerId))) return null;
    const intents = parts
      .flatMap(({ attempts }) => attempts)
      .map(({ intent, isSettled }) => ({ intent: fromExactJson<Intent>(intent), settled: isSettled }))
      .toSorted((a, b) => a.intent.ordinal - b.intent.ordinal || (a.intent.attemptId < b.intent.attemptId ? -1 : 1));
    return { callId, intents };
  }

  return {
    adding(intent) {
      const { attemptId, callId, ordinal } = intent;
      assertRow([attemptId, callId, ordinal], kinds);
      const text = toExactJson(intent);
      const isOpen = calls.of(callId).some(({ attempts }) => attempts.some((open) => open.attemptId === attemptId));
      if (isOpen || findLine.get(attemptId) !== undefined) return () => false;
      return () => {
        const own = calls.own(callId);
        own.attempts = [...own.attempts, { attemptId, isSettled: false, intent: text }];
        calls.changed(own);
        return true;
      };
    },
    settle(callId, attemptId) {
      for (const call of calls.of(callId)) {
        if (!call.attempts.some((open) => open.attemptId === attemptId)) continue;
        call.attempts = call.attempts.map((open) =>
          open.attemptId === attemptId ? { ...open, isSettled: true } : open,
        );
        calls.changed(call);
      }
    },
    close(callId) {
      for (const call of calls.of(callId)) {
        if (call.attempts.length === 0) continue;
        call.attempts = [];
        calls.changed(call);
      }
    },
    ofOwners(ownerIds) {
      const callIds = new Set(calls.ofOwners([...ownerIds]).map(({ callId }) => callId));
      return [...callIds].map((id) => orphan(id, ownerIds)).filter((call) => call !== null);
    },
  };
}
