import { type Retraction } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { createAllowanceCounts } from "./allowance-counts.ts";
import { assertRow, type ColumnKind } from "./assert-row.ts";
import { callColumns, type CallRow, fromCallRow, groupOfCall } from "./call-row.ts";
import { fromLineRow, groupOfLine, lineColumns, type LineRow } from "./line-row.ts";
import type { RollUps } from "./roll-ups.ts";
import type { RowPresence } from "./row-presence.ts";

/** Calls of spans that turned out to be other calls. All methods run inside the caller's transaction. */
export interface Retractions {
  /** Whether a call was taken back. */
  has(callId: string, tenantId: string): boolean;
  /** Whether the record of a call was kept apart, whoever's it is: its id is taken. */
  isTaken(callId: string): boolean;
  /** What takes the call out of everything, unless there is nothing to take; itself it writes nothing. */
  retracting(retraction: Retraction): () => void;
}

const kinds: readonly ColumnKind[] = ["text", "text", "text", "integer"];

export function createRetractions(db: DatabaseSync, rollUps: RollUps, presence: RowPresence): Retractions {
  const allowances = createAllowanceCounts(db);
  const find = db.prepare("SELECT tenant_id FROM retracted_calls WHERE call_id = ?");
  const findCall = db.prepare(`SELECT ${callColumns} FROM calls c JOIN usage_groups g ON g.id = c.group_id
    WHERE c.call_id = ? AND c.tenant_id = ?`);
  const findLines = db.prepare(`SELECT ${lineColumns}, l.is_superseded FROM lines l
    JOIN usage_groups g ON g.id = l.group_id WHERE l.call_id = ? AND g.tenant_id = ?`);
  findLines.setReadBigInts(true);
  const keep = db.prepare("INSERT INTO retracted_calls SELECT *, ?, ? FROM calls WHERE call_id = ?");
  const dropCall = db.prepare("DELETE FROM calls WHERE call_id = ?");
  // Lines of other calls that stood back behind a line of this one, and now behind none.
  const findFreed = db.prepare(`SELECT ${lineColumns} FROM lines l JOIN usage_groups g ON g.id = l.group_id
    WHERE l.line_id = ?1 AND g.tenant_id = ?2 AND l.is_superseded = 1
      AND NOT EXISTS (SELECT 1 FROM lines o JOIN usage_groups og ON og.id = o.group_id
        WHERE o.supersedes = ?1 AND og.tenant_id = ?2 AND o.is_superseded < 2)`);
  findFreed.setReadBigInts(true);
  const putInForce = db.prepare("UPDATE lines SET is_superseded = 0 WHERE line_id = ?");
  const dropLine = db.prepare("UPDATE lines SET is_superseded = 2 WHERE line_id = ?");

  const ownerOf = (callId: string): string | undefined =>
    presence.has() ? (find.get(callId) as { readonly tenant_id: string } | undefined)?.tenant_id : undefined;

  function free(lineId: string, tenantId: string): void {
    const row = findFreed.get(lineId, tenantId) as unknown as LineRow | undefined;
    if (row === undefined) return;
    putInForce.run(lineId);
    const line = fromLineRow(row);
    rollUps.addLine(line, groupOfLine(line), 1);
    if (line.allowance === undefined) return;
    allowances.giveBack(tenantId, { ...line.allowance, covered: -line.allowance.covered });
  }

  return {
    has: (callId, tenantId) => ownerOf(callId) === tenantId,
    isTaken: (callId) => ownerOf(callId) !== undefined,
    retracting({ callId, tenantId, sameAs, recordedAt }) {
      assertRow([callId, tenantId, sameAs, recordedAt], kinds);
      const row = findCall.get(callId, tenantId) as unknown as CallRow | undefined;
      const call = row === undefined ? null : fromCallRow(row);
      if (call?.origin !== "ingest") return () => {};
      const lines = findLines.all(callId, tenantId) as unknown as (LineRow & { readonly is_superseded: bigint })[];
      return () => {
        keep.run(sameAs, recordedAt, callId);
        dropCall.run(callId);
        presence.added();
        rollUps.addCall(call, groupOfCall(call), -1);
        for (const of of lines) {
          dropLine.run(of.line_id);
          if (of.is_superseded !== 0n) continue;
          const line = fromLineRow(of);
          rollUps.addLine(line, groupOfLine(line), -1);
          if (line.allowance !== undefined) allowances.giveBack(tenantId, line.allowance);
        }
        for (const { supersedes } of lines) if (supersedes !== null) free(supersedes, tenantId);
      };
    },
  };
}
