import type { Intent, OrphanCall } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { assertRow, type ColumnKind } from "./assert-row.ts";
import { fromExactJson, toExactJson } from "./exact-json.ts";

/** Attempts of calls in flight. All methods run inside the caller's transaction. */
export interface Intents {
  /** What adds the intent, and says whether its attempt was unknown; itself it writes nothing. */
  adding(intent: Intent, ownerId: string): () => boolean;
  /** The attempt has its line. Its intent stays until the call is closed, for recovery. */
  settle(attemptId: string): void;
  /** The call is over. */
  close(callId: string): void;
  /** Calls whose every intent belongs to these owners. */
  ofOwners(ownerIds: ReadonlySet<string>): readonly OrphanCall[];
}

interface IntentRow {
  readonly call_id: string;
  readonly owner_id: string;
  readonly is_settled: number;
  readonly intent: string;
}

const kinds: readonly ColumnKind[] = ["text", "text", "integer", "text", "text"];

export function createIntents(db: DatabaseSync): Intents {
  const insert = db.prepare(`INSERT INTO intents (attempt_id, call_id, ordinal, owner_id, is_settled, intent)
    SELECT ?1, ?2, ?3, ?4, 0, ?5 WHERE NOT EXISTS (SELECT 1 FROM lines WHERE line_id = ?1)
    ON CONFLICT (attempt_id) DO NOTHING`);
  const settle = db.prepare("UPDATE intents SET is_settled = 1 WHERE attempt_id = ?");
  const close = db.prepare("DELETE FROM intents WHERE call_id = ?");
  const callsOf = db.prepare("SELECT DISTINCT call_id AS id FROM intents WHERE owner_id = ?");
  const ofCall = db.prepare(
    "SELECT call_id, owner_id, is_settled, intent FROM intents WHERE call_id = ? ORDER BY ordinal, attempt_id",
  );

  function orphan(callId: string, ownerIds: ReadonlySet<string>): OrphanCall | null {
    const rows = ofCall.all(callId) as unknown as IntentRow[];
    if (rows.some((row) => !ownerIds.has(row.owner_id))) return null;
    const all = rows.map((row) => ({ intent: fromExactJson<Intent>(row.intent), settled: row.is_settled === 1 }));
    return { callId, intents: all };
  }

  return {
    adding(intent, ownerId) {
      const row = [intent.attemptId, intent.callId, intent.ordinal, ownerId, toExactJson(intent)] as const;
      assertRow(row, kinds);
      return () => insert.run(...row).changes > 0;
    },
    settle: (attemptId) => {
      settle.run(attemptId);
    },
    close: (callId) => {
      close.run(callId);
    },
    ofOwners(ownerIds) {
      const callIds = new Set<string>();
      for (const id of ownerIds) {
        for (const row of callsOf.all(id) as { id: string }[]) callIds.add(row.id);
      }
      return [...callIds].map((id) => orphan(id, ownerIds)).filter((call) => call !== null);
    },
  };
}
