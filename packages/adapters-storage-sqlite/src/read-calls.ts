import {
  type CallDetail,
  type CallPage,
  type CallQuery,
  type CallRecord,
  checkCallQuery,
  type LedgerLine,
  type QueryScope,
} from "@tenantry/core";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { callColumns, type CallRow, fromCallRow } from "./call-row.ts";
import { fromLineRow, lineColumns, type LineRow } from "./line-row.ts";
import { cursorOf, type Position, positionOf } from "./paging.ts";
import { sightOf } from "./scope.ts";

export interface ReadCalls {
  page(scope: QueryScope, query: CallQuery): CallPage;
  detail(scope: QueryScope, callId: string): CallDetail | null;
}

/** After every position there can be: the first page begins here. */
const newest: Position = [Number.MAX_SAFE_INTEGER, ""];

/** Keyset paging: (admitted_at, call_id) is in every index used here, so a page costs its own rows alone. */
export function pageOfCalls(byTenant: boolean, bySession: boolean): string {
  return `SELECT ${callColumns} FROM calls c JOIN usage_groups g ON g.id = c.group_id
    WHERE c.admitted_at >= ?1 AND c.admitted_at < ?2 AND (c.admitted_at, c.call_id) < (?3, ?4)
    ${byTenant ? "AND c.tenant_id = ?6" : ""} ${bySession ? `AND c.session_id = ?${byTenant ? 7 : 6}` : ""}
    ORDER BY c.admitted_at DESC, c.call_id DESC LIMIT ?5`;
}

/** The lines of all calls of a page in one statement; its parameter is their ids as a JSON list. */
export const linesOfPage: string = `SELECT ${lineColumns} FROM json_each(?1) page
  CROSS JOIN lines l ON l.call_id = page.value JOIN usage_groups g ON g.id = l.group_id
  ORDER BY page.key, l.ordinal, l.recorded_at, l.rowid`;

export function createReadCalls(db: DatabaseSync): ReadCalls {
  const pages = new Map<string, StatementSync>();
  const findCall = db.prepare(`SELECT ${callColumns} FROM calls c JOIN usage_groups g ON g.id = c.group_id
    WHERE c.call_id = ?`);
  const findRetracted = db.prepare(`SELECT ${callColumns}, c.same_as FROM retracted_calls c
    JOIN usage_groups g ON g.id = c.group_id WHERE c.call_id = ?`);
  const findLines = db.prepare(`SELECT ${lineColumns} FROM lines l JOIN usage_groups g ON g.id = l.group_id
    WHERE l.call_id = ? ORDER BY l.ordinal, l.recorded_at, l.rowid`);
  findLines.setReadBigInts(true);
  const findPageLines = db.prepare(linesOfPage);
  findPageLines.setReadBigInts(true);
  const findAttempts = db.prepare(`SELECT attempt.value ->> '$[2].tenantId' AS tenant_id
    FROM open_calls, json_each(attempts) AS attempt WHERE call_id = ?`);

  function pageStatement(byTenant: boolean, bySession: boolean): StatementSync {
    const name = `${byTenant}/${bySession}`;
    let statement = pages.get(name);
    if (statement === undefined) {
      statement = db.prepare(pageOfCalls(byTenant, bySession));
      pages.set(name, statement);
    }
    return statement;
  }

  function linesOf(calls: readonly CallRecord[]): readonly (readonly LedgerLine[])[] {
    if (calls.length === 0) return [];
    const ids = JSON.stringify(calls.map(({ callId }) => callId));
    const byCall = Map.groupBy(
      (findPageLines.all(ids) as unknown as LineRow[]).map(fromLineRow),
      ({ callId }) => callId,
    );
    return calls.map(({ callId, tenantId }) => (byCall.get(callId) ?? []).filter((line) => line.tenantId === tenantId));
  }

  return {
    page(scope, query) {
      checkCallQuery(query);
      const [admittedAt, callId] = query.cursor === undefined ? newest : positionOf(query.cursor);
      const sight = sightOf(scope, query.tenantId);
      if (sight === "nothing") return { calls: [], lines: [], nextCursor: null };
      const filters = [sight.tenantId, query.sessionId ?? null].filter((value) => value !== null);
      const statement = pageStatement(sight.tenantId !== null, query.sessionId !== undefined);
      const { from, to } = query.period;
      // One more than asked for tells whether there is a next page.
      const rows = statement.all(from, to, admittedAt, callId, query.limit + 1, ...filters) as unknown as CallRow[];
      const calls = rows.slice(0, query.limit).map(fromCallRow);
      const last = calls.at(-1);
      const isMore = rows.length > query.limit && last !== undefined;
      return { calls, lines: linesOf(calls), nextCursor: isMore ? cursorOf([last.admittedAt, last.callId]) : null };
    },
    detail(scope, callId) {
      const standing = findCall.get(callId) as unknown as CallRow | undefined;
      const retracted =
        standing === undefined
          ? (findRetracted.get(callId) as unknown as (CallRow & { readonly same_as: string }) | undefined)
          : undefined;
      const call = standing ?? retracted;
      const lines = findLines.all(callId) as unknown as LineRow[];
      const attempts = findAttempts.all(callId) as { tenant_id: string }[];
      const known = [...(call === undefined ? [] : [call]), ...lines, ...attempts];
      const isSeen = known.every((row) => sightOf(scope, row.tenant_id) !== "nothing");
      if (known.length === 0 || !isSeen) return null;
      return {
        call: call === undefined ? null : fromCallRow(call),
        lines: lines.map(fromLineRow),
        ...(retracted === undefined ? {} : { sameAs: retracted.same_as }),
      };
    },
  };
}
