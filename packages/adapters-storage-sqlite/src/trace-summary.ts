import { byStart, type StoredSpan } from "@tenantry/core";

/** What a tenant's spans of a trace come to, so that it can be brought up to date by new spans alone. */
export interface TraceSummary {
  readonly first: Place;
  readonly name: string;
  readonly service: string | null;
  readonly environment: string | null;
  readonly userId: Named | null;
  readonly sessionId: Named | null;
  readonly endedAt: number;
  readonly hasError: boolean;
  readonly spans: number;
}

/** Where a span is in the order of its trace. */
type Place = Pick<StoredSpan, "startedAt" | "parentSpanId" | "spanId">;

/** An id and the span that names it. */
interface Named {
  readonly id: string;
  readonly at: Place;
}

export function summaryOf(span: StoredSpan): TraceSummary {
  const { startedAt, spanId, name, service, environment, claims, endedAt, status } = span;
  // Of its parent only whether there is one counts.
  const first: Place = { startedAt, parentSpanId: span.parentSpanId === null ? null : "", spanId };
  const named = (id: string | null): Named | null => (id === null ? null : { id, at: first });
  return {
    first,
    name,
    service,
    environment,
    userId: named(claims.userId),
    sessionId: named(claims.sessionId),
    endedAt,
    hasError: status === "error",
    spans: 1,
  };
}

export function mergeSummaries(a: TraceSummary, b: TraceSummary): TraceSummary {
  const { first, name, service, environment } = isBefore(a.first, b.first) ? a : b;
  return {
    first,
    name,
    service,
    environment,
    userId: earlier(a.userId, b.userId),
    sessionId: earlier(a.sessionId, b.sessionId),
    endedAt: Math.max(a.endedAt, b.endedAt),
    hasError: a.hasError || b.hasError,
    spans: a.spans + b.spans,
  };
}

function earlier(a: Named | null, b: Named | null): Named | null {
  if (a === null || b === null) return a ?? b;
  return isBefore(a.at, b.at) ? a : b;
}

function isBefore(a: Place, b: Place): boolean {
  return byStart(a, b) < 0;
}
