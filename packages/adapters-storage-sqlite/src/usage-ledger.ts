import {
  type AllowanceTerms,
  type CallRecord,
  inheritedTerms,
  type LedgerLine,
  settleCharge,
  TenantryError,
  type UsageLedger,
} from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { createAllowanceCounts } from "./allowance-counts.ts";
import { groupOfCall, insertCall, toCallRow } from "./call-row.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { Intents } from "./intents.ts";
import { fromLineRow, groupOfLine, insertLine, lineColumns, type LineRow, toLineRow } from "./line-row.ts";
import type { Owners } from "./owners.ts";
import type { PendingTraces } from "./pending-traces.ts";
import type { Retractions } from "./retractions.ts";
import type { RollUps } from "./roll-ups.ts";

export interface UsageLedgerPorts {
  readonly db: DatabaseSync;
  readonly group: GroupCommit;
  readonly owners: Owners;
  readonly intents: Intents;
  readonly rollUps: RollUps;
  readonly pending: PendingTraces;
  readonly retractions: Retractions;
}

/** `UsageLedger` on the store's transaction: lines, calls, intents and roll-ups move together. */
export function createUsageLedger(ports: UsageLedgerPorts): UsageLedger {
  const { db, group, owners, intents, rollUps, pending, retractions } = ports;
  const allowances = createAllowanceCounts(db);
  const addLine = db.prepare(`${insertLine} ON CONFLICT (line_id) DO NOTHING`);
  const isSuperseded = db.prepare(`SELECT 1 FROM lines l JOIN usage_groups g ON g.id = l.group_id
    WHERE l.supersedes = ? AND g.tenant_id = ? AND l.is_superseded < 2 LIMIT 1`);
  const inForce = db.prepare(`SELECT ${lineColumns} FROM lines l JOIN usage_groups g ON g.id = l.group_id
    WHERE l.line_id = ? AND g.tenant_id = ? AND l.is_superseded = 0`);
  inForce.setReadBigInts(true);
  const supersede = db.prepare("UPDATE lines SET is_superseded = 1 WHERE line_id = ?");
  const find = db.prepare(`SELECT ${lineColumns} FROM lines l JOIN usage_groups g ON g.id = l.group_id
    WHERE l.line_id = ?`);
  find.setReadBigInts(true);
  const addCall = db.prepare(`${insertCall} ON CONFLICT (call_id) DO NOTHING`);

  /** The line that goes out of force with this one; facts may arrive in any order. */
  function supersededBy(line: LedgerLine): LedgerLine | null {
    if (line.supersedes === null || line.supersedes === line.lineId) return null;
    const row = inForce.get(line.supersedes, line.tenantId);
    if (row === undefined) return null;
    supersede.run(line.supersedes);
    return fromLineRow(row as unknown as LineRow);
  }

  function lineOf(lineId: string): LedgerLine | null {
    const row = find.get(lineId);
    return row === undefined ? null : fromLineRow(row as unknown as LineRow);
  }

  /** What appends the line unless it is known, and answers it as it is stored; itself it writes nothing. */
  function appendingLine(given: LedgerLine, terms: AllowanceTerms | null | undefined): () => LedgerLine {
    const line = withoutShare(given);
    const row = toLineRow(line);
    if (retractions.has(line.callId, line.tenantId)) return () => lineOf(line.lineId) ?? given;
    const of = groupOfLine(line);
    rollUps.assertGroup(of, line.featuresUsed);
    const isOld = line.supersedes === line.lineId || isSuperseded.get(line.lineId, line.tenantId) !== undefined;
    const append = (stored: LedgerLine, replaced: LedgerLine | null): LedgerLine => {
      const values = stored === line ? row : toLineRow(stored);
      const { changes, lastInsertRowid } = addLine.run(rollUps.groupIdOf(of), isOld ? 1 : 0, ...values);
      if (changes === 0) {
        if (stored.allowance !== undefined) allowances.giveBack(line.tenantId, stored.allowance);
        return lineOf(line.lineId) ?? stored;
      }
      intents.settle(line.callId, line.attemptId);
      pending.lineAdded(line, Number(lastInsertRowid));
      if (!isOld) rollUps.addLine(stored, of, 1);
      if (replaced !== null) rollUps.addLine(replaced, groupOfLine(replaced), -1);
      return stored;
    };
    const drawn = (by: AllowanceTerms | null): LedgerLine =>
      by === null || isOld ? line : settleCharge(line, by, allowances.draw(line, by));
    // Whether the line is known shows when it is added: most lines are new, and are not looked for first.
    if (line.supersedes === null) return () => append(drawn(terms ?? null), null);
    const known = lineOf(line.lineId);
    return () => {
      if (known !== null) return known;
      const replaced = supersededBy(line);
      if (replaced?.allowance !== undefined) allowances.giveBack(line.tenantId, replaced.allowance);
      const by = terms === undefined ? inheritedTerms(replaced?.allowance, line.chargePico) : terms;
      return append(drawn(by), replaced);
    };
  }

  /** What appends the call unless it is known; itself it writes nothing. */
  function appendingCall(call: CallRecord): () => void {
    rollUps.assertDurations(call);
    const row = toCallRow(call);
    const of = groupOfCall(call);
    rollUps.assertGroup(of, call.featuresUsed);
    if (retractions.isTaken(call.callId)) return () => {};
    return () => {
      if (addCall.run(rollUps.groupIdOf(of), ...row).changes > 0) rollUps.addCall(call, of, 1);
    };
  }

  return {
    async open(intent) {
      const isNew = await group.join({ check: () => intents.adding(intent) });
      if (!isNew) throw new TenantryError("conflict", `attempt ${intent.attemptId} is already in the ledger`);
    },
    settle: ({ line, terms, call }) =>
      group.write({
        check: () => {
          const appendCall = call === null ? null : appendingCall(call);
          const appendLine = line === null ? null : appendingLine(line, terms);
          return () => {
            appendCall?.();
            const stored = appendLine === null ? null : appendLine();
            if (call !== null) intents.close(call.callId);
            return stored;
          };
        },
      }),
    retract: (retraction) => group.write({ check: () => retractions.retracting(retraction) }),
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

/** A share is for the ledger to decide: one that was copied from another line is nobody's. */
function withoutShare(line: LedgerLine): LedgerLine {
  if (line.allowance === undefined) return line;
  const { allowance: _share, ...rest } = line;
  return rest;
}
