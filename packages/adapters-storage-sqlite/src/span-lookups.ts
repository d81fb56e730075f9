import {
  checkPendingLimit,
  type FoundSpans,
  type LedgerLine,
  type LinesQuestion,
  type SharedId,
  type SpanQuestion,
  type StoredSpan,
  type TraceRef,
} from "@tenantry/core";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { fromLineRow, lineColumns, type LineRow } from "./line-row.ts";
import { seenText } from "./seen.ts";
import { fromSpanRow, scopeOf, scopeText, spanColumns, type SpanRow } from "./span-row.ts";

/** The questions of `SpanStore` that decide what a batch is booked as; answered on the spot. */
export interface SpanLookups {
  find(question: SpanQuestion): FoundSpans;
  lines(question: LinesQuestion): readonly LedgerLine[];
  pending(limit: number): readonly TraceRef[];
}

/** Most spans that are answered for one shared id. */
const MOST_OF_AN_ID = 32;

/** Their parameter is a list of [trace id, scope]. */
export const spansOfTraces: string = `SELECT ${spanColumns} FROM json_each(?1) q
  CROSS JOIN span_traces t ON t.trace_id = q.value ->> 0 AND t.scope = q.value ->> 1
  CROSS JOIN spans s ON s.trace = t.id`;

/** Their parameter is a list of [tenant, id]. */
export function spansOfIds(column: "response_id" | "attempt_id"): string {
  return `SELECT ${spanColumns} FROM json_each(?1) q
    CROSS JOIN spans s ON (s.trace, s.span_id) IN (SELECT trace, span_id FROM spans
      WHERE ${column} = q.value ->> 1 AND tenant_id = q.value ->> 0 ORDER BY trace, span_id LIMIT ${MOST_OF_AN_ID})
    CROSS JOIN span_traces t ON t.id = s.trace`;
}

const isOfTenant = "g.tenant_id = q.value ->> 0 AND l.is_superseded = 0";
const isOurs = "l.rest ->> '$.origin' = 'call'";

/** Lines in force; their parameter is a list of [tenant, id]. */
export const linesOfIds: Readonly<Record<keyof LinesQuestion, string>> = {
  calls: `SELECT ${lineColumns} FROM json_each(?1) q CROSS JOIN lines l ON l.call_id = q.value ->> 1
    JOIN usage_groups g ON g.id = l.group_id WHERE ${isOfTenant}`,
  responses: `SELECT ${lineColumns} FROM json_each(?1) q CROSS JOIN lines l ON l.response_id = q.value ->> 1
    JOIN usage_groups g ON g.id = l.group_id WHERE ${isOfTenant} AND ${isOurs}`,
  // An attempt's own line has its id, and those that supersede it are of the same call: no index by attempt is needed.
  attempts: `SELECT ${lineColumns} FROM json_each(?1) q
    CROSS JOIN lines f ON f.rowid IN (SELECT rowid FROM lines WHERE line_id = q.value ->> 1
      UNION SELECT rowid FROM lines WHERE supersedes = q.value ->> 1)
    CROSS JOIN lines l ON l.call_id = f.call_id AND l.attempt_id = q.value ->> 1
    JOIN usage_groups g ON g.id = l.group_id WHERE ${isOfTenant} AND ${isOurs}`,
};

/** Statements are prepared once for the connection. */
export function createSpanLookups(db: DatabaseSync): SpanLookups {
  const findRevision = db.prepare("SELECT revision, (SELECT max(rowid) FROM lines) AS line FROM span_revision");
  const ofTraces = db.prepare(spansOfTraces);
  const ofResponses = db.prepare(spansOfIds("response_id"));
  const ofAttempts = db.prepare(spansOfIds("attempt_id"));
  const [linesOfCalls, linesOfResponses, linesOfAttempts] = [
    linesOfIds.calls,
    linesOfIds.responses,
    linesOfIds.attempts,
  ].map((sql) => {
    const statement = db.prepare(sql);
    statement.setReadBigInts(true);
    return statement;
  }) as [StatementSync, StatementSync, StatementSync];
  const findPending = db.prepare(`SELECT t.trace_id, t.scope FROM pending_traces p
    CROSS JOIN span_traces t ON t.id = p.trace ORDER BY p.line, p.trace LIMIT ?`);

  function rowsOf<Row>(statement: StatementSync, asked: readonly (readonly [string, string])[]): readonly Row[] {
    return asked.length === 0 ? [] : (statement.all(JSON.stringify(asked)) as unknown as Row[]);
  }

  return {
    find({ traces, responses, attempts }) {
      // First: whoever writes between the two is seen to have written.
      const { revision, line } = findRevision.get() as { revision: number; line: number | null };
      const found = new Map<string, StoredSpan>();
      for (const row of [
        ...rowsOf<SpanRow>(ofTraces, traces.map(pairOfTrace)),
        ...rowsOf<SpanRow>(ofResponses, responses.map(pairOfId)),
        ...rowsOf<SpanRow>(ofAttempts, attempts.map(pairOfId)),
      ]) {
        const name = `${row.trace_id}/${row.span_id}/${row.scope}`;
        if (!found.has(name)) found.set(name, fromSpanRow(row));
      }
      return { spans: [...found.values()].sort(byTrace), seen: seenText({ revision, line: line ?? 0 }) };
    },
    lines({ calls, responses, attempts }) {
      const found = new Map<string, LineRow>();
      for (const row of [
        ...rowsOf<LineRow>(linesOfCalls, calls.map(pairOfId)),
        ...rowsOf<LineRow>(linesOfResponses, responses.map(pairOfId)),
        ...rowsOf<LineRow>(linesOfAttempts, attempts.map(pairOfId)),
      ]) {
        found.set(row.line_id, row);
      }
      return [...found.values()].map(fromLineRow);
    },
    pending(limit) {
      checkPendingLimit(limit);
      const rows = findPending.all(limit) as { readonly trace_id: string; readonly scope: string }[];
      return rows.map((row) => ({ scope: scopeOf(row.scope), traceId: row.trace_id }));
    },
  };
}

function pairOfTrace({ scope, traceId }: TraceRef): readonly [string, string] {
  return [traceId, scopeText(scope)];
}

function pairOfId({ tenantId, id }: SharedId): readonly [string, string] {
  return [tenantId, id];
}

function byTrace(a: StoredSpan, b: StoredSpan): number {
  if (a.traceId !== b.traceId) return a.traceId < b.traceId ? -1 : 1;
  return a.spanId < b.spanId ? -1 : a.spanId > b.spanId ? 1 : 0;
}
