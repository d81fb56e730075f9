import { checkCallQuery } from "../metering/check-query.ts";
import { TenantryError } from "../errors/tenantry-error.ts";
import type { SpanListQuery, TraceListQuery } from "../ports/span-store.port.ts";
import type { ReportedSpan } from "./reported-span.ts";

/** Throws `invalid_request` that names the field a store could not answer; cursors are the store's own to check. */
export function checkTraceListQuery({ period, limit }: TraceListQuery): void {
  checkCallQuery({ period, limit });
}

/** Throws `invalid_request` that names the field a store could not answer; cursors are the store's own to check. */
export function checkSpanListQuery({ limit, traceId }: SpanListQuery): void {
  checkCallQuery({ period: { from: 0, to: 0 }, limit });
  if (traceId === "") throw TenantryError.invalidRequest("traceId", "must not be empty");
}

/** Throws `invalid_request` for a number of pending traces that a store could not answer. */
export function checkPendingLimit(limit: number): void {
  checkCallQuery({ period: { from: 0, to: 0 }, limit });
}

/** What decides where a span is in its trace. */
type SpanPlace = Pick<ReportedSpan, "startedAt" | "parentSpanId" | "spanId">;

/** The order in which a trace's spans are told: by start, a root before others, then by id. */
export function byStart(a: SpanPlace, b: SpanPlace): number {
  if (a.startedAt !== b.startedAt) return a.startedAt - b.startedAt;
  if ((a.parentSpanId === null) !== (b.parentSpanId === null)) return a.parentSpanId === null ? -1 : 1;
  return a.spanId < b.spanId ? -1 : a.spanId > b.spanId ? 1 : 0;
}
