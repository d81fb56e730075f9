import { type CallRecord, type LedgerLine, TenantryError, type UsageLedger } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { groupOfCall, insertCall, toCallRow } from "./call-row.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { Intents } from "./intents.ts";
import { fromLineRow, groupOfLine, insertLine, lineColumns, type LineRow, toLineRow } from "./line-row.ts";
import type { Owners } from "./owners.ts";
import type { RollUps } from "./roll-ups.ts";

export interface UsageLedgerPorts {
  readonly db: DatabaseSync;
  readonly group: GroupCommit;
  readonly owners: Owners;
  readonly intents: Intents;
  readonly rollUps: RollUps;
}

/** `UsageLedger` on the store's transaction: lines, calls, intents and roll-ups move together. */
export function createUsageLedger({ db, group, owners, intents, rollUps }: UsageLedgerPorts): UsageLedger {
  const addLine = db.prepare(`${insertLine} ON CONFLICT (line_id) DO NOTHING`);
  const isSuperseded = db.prepare(`SELECT 1 FROM lines l JOIN usage_groups g ON g.id = l.group_id
    WHERE l.supersedes = ? AND g.tenant_id = ? LIMIT 1`);
  const inForce = db.prepare(`SELECT ${lineColumns} FROM lines l JOIN usage_groups g ON g.id = l.group_id
    WHERE l.line_id = ? AND g.tenant_id = ? AND l.is_superseded = 0`);
  inForce.setReadBigInts(true);
  const supersede = db.prepare("UPDATE lines SET is_superseded = 1 WHERE line_id = ?");
  const addCall = db.prepare(`${insertCall} ON CONFLICT (call_id) DO NOTHING`);

  /** The line that goes out of force with this one; facts may arrive in any order. */
  function supersededBy(line: LedgerLine): LedgerLine | null {
    if (line.supersedes === null || line.supersedes === line.lineId) return null;
    const row = inForce.get(line.supersedes, line.tenantId);
    if (row === undefined) return null;
    supersede.run(line.supersedes);
    return fromLineRow(row as unknown as LineRow);
  }

  /** What appends the line unless it is known; itself it writes nothing. */
  function appendingLine(line: LedgerLine): () => void {
    const row = toLineRow(line);
    const of = groupOfLine(line);
    rollUps.assertGroup(of, line.featuresUsed);
    const isOld = line.supersedes === line.lineId || isSuperseded.get(line.lineId, line.tenantId) !== undefined;
    return () => {
      if (addLine.run(rollUps.groupIdOf(of), isOld ? 1 : 0, ...row).changes === 0) return;
      const replaced = supersededBy(line);
      intents.settle(line.callId, line.attemptId);
      if (!isOld) rollUps.addLine(line, of, 1);
      if (replaced !== null) rollUps.addLine(replaced, groupOfLine(replaced), -1);
    };
  }

  /** What appends the call unless it is known; itself it writes nothing. */
  function appendingCall(call: CallRecord): () => void {
    rollUps.assertDurations(call);
    const row = toCallRow(call);
    const of = groupOfCall(call);
    rollUps.assertGroup(of, call.featuresUsed);
    return () => {
      if (addCall.run(rollUps.groupIdOf(of), ...row).changes > 0) rollUps.addCall(call, of);
    };
  }

  return {
    async open(intent) {
      const isNew = await group.join({ check: () => intents.adding(intent) });
      if (!isNew) throw new TenantryError("conflict", `attempt ${intent.attemptId} is already in the ledger`);
    },
    settle: ({ line, call }) =>
      group.write({
        check: () => {
          const appendCall = call === null ? null : appendingCall(call);
          const appendLine = line === null ? null : appendingLine(line);
          return () => {
            appendCall?.();
            appendLine?.();
            if (call !== null) intents.close(call.callId);
          };
        },
      }),
    deny: (denial) =>
      group.write({
        check: () => {
          const { tenantId, userId, feature, model } = denial;
          rollUps.assertGroup({ tenantId, userId, feature, model }, []);
          return () => rollUps.addDenial(denial);
        },
      }),
    orphans: () => group.write({ check: () => () => intents.ofOwners(new Set(owners.dead())) }),
  };
}
