import type { Instant, StoredSpan } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { fromSpanRow, insertSpan, scopeText, spanColumns, type SpanRow, type toSpanRow } from "./span-row.ts";
import { mergeSummaries, summaryOf, type TraceSummary } from "./trace-summary.ts";

/** The rows of spans and what is kept of their traces. All methods run inside the caller's transaction. */
export interface SpanRows {
  /** The number of a trace; null when there is no such. */
  find(trace: TraceName): number | null;
  /** The same, recorded if need be. */
  numberOf(trace: TraceName): number;
  /** False when the span is known. */
  add(trace: number, values: SpanValues, receivedAt: Instant): boolean;
  /** Spans were added to a trace. */
  arrived(trace: number, added: readonly StoredSpan[], receivedAt: Instant): void;
  /** What there is of a trace changed otherwise. */
  recount(trace: number): void;
  /** Forgets spans that came in before an instant, up to so many; it may forget them an hour later. */
  forget(before: Instant, limit: number): void;
}

export interface TraceName {
  readonly traceId: string;
  readonly scope: string;
}

type SpanValues = ReturnType<typeof toSpanRow>;

const HOUR_MS = 3_600_000;
const MAX_TRACES = 64;

const hourOf = (at: Instant): number => Math.floor(at / HOUR_MS);

export function createSpanRows(db: DatabaseSync): SpanRows {
  const find = db.prepare("SELECT id FROM span_traces WHERE trace_id = ? AND scope = ?");
  const addTrace = db.prepare("INSERT INTO span_traces (trace_id, scope) VALUES (?, ?)");
  const addSpan = db.prepare(insertSpan);
  const addArrival = db.prepare("INSERT INTO span_arrivals (hour, trace) VALUES (?, ?) ON CONFLICT DO NOTHING");
  const findSummary = db.prepare("SELECT summary FROM tenant_traces WHERE trace = ? AND tenant_id = ?");
  const putSummary = db.prepare(`INSERT INTO tenant_traces (trace, tenant_id, started_at, user_id, session_id, summary)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (trace, tenant_id) DO UPDATE SET started_at = ?3, user_id = ?4,
    session_id = ?5, summary = ?6`);
  const dropSummaries = db.prepare("DELETE FROM tenant_traces WHERE trace = ?");
  const spansOf = db.prepare(`SELECT ${spanColumns} FROM span_traces t CROSS JOIN spans s ON s.trace = t.id
    WHERE t.id = ?`);
  const oldest = db.prepare(`SELECT hour, trace FROM span_arrivals WHERE hour < ? ORDER BY hour LIMIT ${MAX_TRACES}`);
  const dropSpans = db.prepare(`DELETE FROM spans WHERE trace = ?1 AND span_id IN
    (SELECT span_id FROM spans WHERE trace = ?1 AND received_at < ?2 LIMIT ?3)`);
  const dropArrival = db.prepare("DELETE FROM span_arrivals WHERE hour = ? AND trace = ?");
  const dropTrace = db.prepare("DELETE FROM span_traces WHERE id = ?");
  const dropPending = db.prepare("DELETE FROM pending_traces WHERE trace = ?");

  function numberIn(row: unknown): number | null {
    return row === undefined ? null : (row as { readonly id: number }).id;
  }

  function put(trace: number, tenantId: string, summary: TraceSummary): void {
    const { first, userId, sessionId } = summary;
    putSummary.run(
      trace,
      tenantId,
      first.startedAt,
      userId?.id ?? null,
      sessionId?.id ?? null,
      JSON.stringify(summary),
    );
  }

  function summed(spans: Iterable<StoredSpan>): Map<string, TraceSummary> {
    const byTenant = new Map<string, TraceSummary>();
    for (const span of spans) {
      const sum = byTenant.get(span.tenantId);
      byTenant.set(span.tenantId, sum === undefined ? summaryOf(span) : mergeSummaries(sum, summaryOf(span)));
    }
    return byTenant;
  }

  /** False when nothing of it is left. */
  function recount(trace: number): boolean {
    const byTenant = summed((spansOf.all(trace) as unknown as SpanRow[]).map(fromSpanRow));
    dropSummaries.run(trace);
    for (const [tenantId, summary] of byTenant) put(trace, tenantId, summary);
    return byTenant.size > 0;
  }

  return {
    find: ({ traceId, scope }) => numberIn(find.get(traceId, scope)),
    numberOf: ({ traceId, scope }) =>
      numberIn(find.get(traceId, scope)) ?? Number(addTrace.run(traceId, scope).lastInsertRowid),
    add: (trace, values, receivedAt) => addSpan.run(trace, receivedAt, ...values).changes > 0,
    arrived(trace, added, receivedAt) {
      addArrival.run(hourOf(receivedAt), trace);
      for (const [tenantId, sum] of summed(added)) {
        const row = findSummary.get(trace, tenantId) as { readonly summary: string } | undefined;
        const before = row === undefined ? null : (JSON.parse(row.summary) as TraceSummary);
        put(trace, tenantId, before === null ? sum : mergeSummaries(before, sum));
      }
    },
    recount,
    forget(before, limit) {
      let left = limit;
      for (const { hour, trace } of oldest.all(hourOf(before)) as { hour: number; trace: number }[]) {
        left -= Number(dropSpans.run(trace, (hour + 1) * HOUR_MS, left).changes);
        if (left <= 0) return;
        dropArrival.run(hour, trace);
        if (recount(trace)) continue;
        dropTrace.run(trace);
        dropPending.run(trace);
      }
    },
  };
}

/** The trace of a span or of a reference to one. */
export function traceNameOf({ traceId, scope }: Pick<StoredSpan, "traceId" | "scope">): TraceName {
  return { traceId, scope: scopeText(scope) };
}
