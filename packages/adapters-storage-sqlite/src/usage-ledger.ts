import { type CallRecord, type LedgerLine, TenantryError, type UsageLedger } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { groupOfCall, toCallRow } from "./call-row.ts";
import type { GroupCommit } from "./group-commit.ts";
import { createIntents } from "./intents.ts";
import { fromLineRow, groupOfLine, lineColumns, type LineRow, toLineRow } from "./line-row.ts";
import type { Owners } from "./owners.ts";
import type { RollUps } from "./roll-ups.ts";

export interface UsageLedgerPorts {
  readonly db: DatabaseSync;
  readonly group: GroupCommit;
  readonly owners: Owners;
  readonly rollUps: RollUps;
}

/** `UsageLedger` on the store's transaction: lines, calls, intents and roll-ups move together. */
export function createUsageLedger({ db, group, owners, rollUps }: UsageLedgerPorts): UsageLedger {
  const intents = createIntents(db);
  const hasLine = db.prepare("SELECT 1 FROM lines WHERE line_id = ?");
  const insertLine = db.prepare(`INSERT INTO lines VALUES (${Array.from({ length: 29 }, () => "?").join(", ")})`);
  const isSuperseded = db.prepare(`SELECT 1 FROM lines l JOIN usage_groups g ON g.id = l.group_id
    WHERE l.supersedes = ? AND g.tenant_id = ? LIMIT 1`);
  const inForce = db.prepare(`SELECT ${lineColumns} FROM lines l JOIN usage_groups g ON g.id = l.group_id
    WHERE l.line_id = ? AND g.tenant_id = ? AND l.is_superseded = 0`);
  inForce.setReadBigInts(true);
  const supersede = db.prepare("UPDATE lines SET is_superseded = 1 WHERE line_id = ?");
  const hasCall = db.prepare("SELECT 1 FROM calls WHERE call_id = ?");
  const insertCall = db.prepare(`INSERT INTO calls VALUES (${Array.from({ length: 11 }, () => "?").join(", ")})`);

  /** The line that goes out of force with this one; facts may arrive in any order. */
  function supersededBy(line: LedgerLine): LedgerLine | null {
    if (line.supersedes === null || line.supersedes === line.lineId) return null;
    const row = inForce.get(line.supersedes, line.tenantId);
    if (row === undefined) return null;
    supersede.run(line.supersedes);
    return fromLineRow(row as unknown as LineRow);
  }

  function appendLine(line: LedgerLine): () => void {
    const isOld = line.supersedes === line.lineId || isSuperseded.get(line.lineId, line.tenantId) !== undefined;
    const of = groupOfLine(line);
    insertLine.run(...toLineRow(line, rollUps.groupIdOf(of), isOld));
    const replaced = supersededBy(line);
    intents.settle(line.attemptId);
    return () => {
      if (!isOld) rollUps.addLine(line, of, 1);
      if (replaced !== null) rollUps.addLine(replaced, groupOfLine(replaced), -1);
    };
  }

  function appendCall(call: CallRecord): () => void {
    const of = groupOfCall(call);
    insertCall.run(...toCallRow(call, rollUps.groupIdOf(of)));
    return () => rollUps.addCall(call, of);
  }

  return {
    open: (intent) =>
      group.join(() => {
        if (intents.has(intent.attemptId) || hasLine.get(intent.attemptId) !== undefined) {
          throw new TenantryError("conflict", `attempt ${intent.attemptId} is already in the ledger`);
        }
        intents.add(intent, owners.id);
      }),
    settle: ({ line, call }) =>
      group.write(() => {
        const changes: (() => void)[] = [];
        if (call !== null && hasCall.get(call.callId) === undefined) changes.push(appendCall(call));
        if (line !== null && hasLine.get(line.lineId) === undefined) changes.push(appendLine(line));
        if (call !== null) intents.close(call.callId);
        for (const change of changes) change();
      }),
    deny: (denial) => group.write(() => rollUps.addDenial(denial)),
    orphans: () => group.write(() => intents.ofOwners(new Set(owners.dead()))),
  };
}
