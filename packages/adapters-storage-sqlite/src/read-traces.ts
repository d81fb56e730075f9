import {
  checkSpanListQuery,
  checkTraceListQuery,
  type CursorPage,
  type QueryScope,
  type SpanListQuery,
  type StoredSpan,
  type StoredTrace,
  type TraceListQuery,
} from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { type Place, placeOf, textOfPlace } from "./paging.ts";
import { sightOf } from "./scope.ts";
import { fromSpanRow, nameOfSpan, spanColumns, type SpanRow } from "./span-row.ts";
import { createStatementCache } from "./statement-cache.ts";
import type { TraceSummary } from "./trace-summary.ts";

export interface ReadTraces {
  traces(scope: QueryScope, query: TraceListQuery): CursorPage<StoredTrace>;
  spans(scope: QueryScope, query: SpanListQuery): CursorPage<StoredSpan>;
}

interface TraceRow {
  readonly trace_id: string;
  readonly scope: string;
  readonly tenant_id: string;
  readonly started_at: bigint;
  readonly summary: string;
}

/** What narrows a list of traces. */
type TraceFilter = readonly ("traceId" | "tenantId" | "userId" | "sessionId")[];

const conditions = {
  traceId: "t.trace_id = ?",
  tenantId: "m.tenant_id = ?",
  userId: "m.user_id = ?",
  sessionId: "m.session_id = ?",
} as const;

const nothing = { items: [], hasMore: false } as const;

/** Parameters: the ends of what is left of the period, where the page before ended, the filter's values, the limit. */
export function pageOfTraces(order: TraceListQuery["order"], filter: TraceFilter): string {
  const isNewestFirst = order === "newest-first";
  // A trace has few rows; else the index by start gives them in order, and only those of one instant are sorted.
  const from = filter.includes("traceId")
    ? "span_traces t CROSS JOIN tenant_traces m ON m.trace = t.id"
    : "tenant_traces m CROSS JOIN span_traces t ON t.id = m.trace";
  return `SELECT t.trace_id, t.scope, m.tenant_id, m.started_at, m.summary FROM ${from}
    WHERE m.started_at >= ? AND m.started_at < ? AND (m.started_at <> ? OR (t.trace_id, m.tenant_id, t.scope) > (?, ?, ?))
      ${filter.map((name) => `AND ${conditions[name]}`).join(" ")}
    ORDER BY m.started_at ${isNewestFirst ? "DESC" : "ASC"}, t.trace_id, m.tenant_id, t.scope LIMIT ?`;
}

/** Parameters: the trace id, where the page before ended, the filter's values, the limit. */
export function pageOfSpans(byTenant: boolean, byName: boolean): string {
  return `SELECT ${spanColumns} FROM span_traces t CROSS JOIN spans s ON s.trace = t.id
    WHERE t.trace_id = ? AND (s.started_at, s.span_id, t.scope) > (?, ?, ?)
    ${byTenant ? "AND s.tenant_id = ?" : ""} ${byName ? `AND ${nameOfSpan} = ?` : ""}
    ORDER BY s.started_at, s.span_id, t.scope LIMIT ?`;
}

/** Pages of traces and of a trace's spans; each item's cursor goes on behind it. */
export function createReadTraces(db: DatabaseSync): ReadTraces {
  const prepare = createStatementCache(db);
  return {
    traces(scope, query) {
      checkTraceListQuery(query);
      const { period, order, cursor, limit, traceId, userId, sessionId } = query;
      const place = cursor === undefined ? null : placeOf(cursor, 3);
      const [at, ...ids] = place ?? [Number.MIN_SAFE_INTEGER, "", "", ""];
      const isNewestFirst = order === "newest-first";
      const from = place === null || isNewestFirst ? period.from : Math.max(period.from, at);
      const to = place === null || !isNewestFirst ? period.to : Math.min(period.to, at + 1);
      const sight = sightOf(scope, query.tenantId);
      if (sight === "nothing") return nothing;
      const values = Object.entries({ traceId, tenantId: sight.tenantId ?? undefined, userId, sessionId });
      const filter = values.filter((pair): pair is [TraceFilter[number], string] => pair[1] !== undefined);
      const statement = prepare(
        pageOfTraces(
          order,
          filter.map(([name]) => name),
        ),
      );
      const given = filter.map(([, value]) => value);
      // One more than asked for tells whether there is a next page.
      const rows = statement.all(from, to, at, ...ids, ...given, limit + 1) as unknown as TraceRow[];
      return pageOf(rows, limit, toTrace, (row) => [Number(row.started_at), row.trace_id, row.tenant_id, row.scope]);
    },
    spans(scope, query) {
      checkSpanListQuery(query);
      const { traceId, name, cursor, limit } = query;
      const [at, ...ids] = cursor === undefined ? [Number.MIN_SAFE_INTEGER, "", ""] : placeOf(cursor, 2);
      const sight = sightOf(scope, undefined);
      if (sight === "nothing") return nothing;
      const filter = [sight.tenantId, name].filter((value) => value !== null && value !== undefined);
      const statement = prepare(pageOfSpans(sight.tenantId !== null, name !== undefined));
      const found = statement.all(traceId, at, ...ids, ...filter, limit + 1);
      const rows = (found as unknown as (Omit<SpanRow, "started_at"> & { readonly started_at: bigint })[]).map(
        (row) => ({ ...row, started_at: Number(row.started_at) }),
      );
      return pageOf(rows, limit, fromSpanRow, (row) => [row.started_at, row.span_id, row.scope]);
    },
  };
}

function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
  toPlace: (row: Row) => Place,
): CursorPage<Item> {
  const items = rows.slice(0, limit).map((row) => ({ item: toItem(row), cursor: textOfPlace(toPlace(row)) }));
  return { items, hasMore: rows.length > limit };
}

function toTrace(row: TraceRow): StoredTrace {
  const { name, service, environment, userId, sessionId, endedAt, hasError, spans } = JSON.parse(
    row.summary,
  ) as TraceSummary;
  return {
    traceId: row.trace_id,
    tenantId: row.tenant_id,
    name,
    service,
    environment,
    userId: userId?.id ?? null,
    sessionId: sessionId?.id ?? null,
    startedAt: Number(row.started_at),
    endedAt,
    hasError,
    spans,
  };
}
