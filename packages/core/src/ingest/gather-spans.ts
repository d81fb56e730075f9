import type { SharedId, SpanStore, TraceRef } from "../ports/span-store.port.ts";
import { placeSpans, spanKey, type SpanPlace } from "./place-spans.ts";
import type { StoredSpan } from "./reported-span.ts";

/** Spans that may have to do with each other. */
export interface Gathered {
  /** Known ones and new ones, by scope, trace and span. */
  readonly spans: readonly StoredSpan[];
  readonly fresh: readonly StoredSpan[];
  readonly places: ReadonlyMap<StoredSpan, SpanPlace>;
  /** What the store had seen at the first look. */
  readonly seen: string;
}

/** Other traces that one batch may reach by shared ids; beyond it a retelling is not recognised by trace. */
const mostRelatedTraces = 256;
const mostRounds = 8;

/**
 * Everything known about some traces and new spans: whole traces, and through shared ids the traces beside them, until
 * nothing more is found.
 */
export async function gatherSpans(
  store: Pick<SpanStore, "find">,
  of: {
    readonly traces: readonly TraceRef[];
    readonly fresh: readonly StoredSpan[];
    readonly tenants: ReadonlyMap<string, string>;
  },
): Promise<Gathered> {
  const traces = new Map<string, TraceRef>();
  const responses = new Map<string, SharedId>();
  const attempts = new Map<string, SharedId>();
  const most = of.traces.length + of.fresh.length + mostRelatedTraces;
  const note = (spans: readonly StoredSpan[], places: ReadonlyMap<StoredSpan, SpanPlace>): void => {
    for (const span of spans) {
      const { scope, traceId, report } = span;
      if (traces.size < most) traces.set(spanKey(scope, traceId, ""), { scope, traceId });
      if (report === null) continue;
      // Also those it shared an id with while it counted for another tenant: they may stand alone now.
      for (const tenantId of new Set([places.get(span)?.tenantId ?? span.tenantId, span.tenantId])) {
        const { responseId, attemptId } = report;
        if (responseId !== null) responses.set(`${tenantId}\n${responseId}`, { tenantId, id: responseId });
        if (attemptId !== null) attempts.set(`${tenantId}\n${attemptId}`, { tenantId, id: attemptId });
      }
    }
  };
  const size = (): number => traces.size + responses.size + attempts.size;
  for (const { scope, traceId } of of.traces) traces.set(spanKey(scope, traceId, ""), { scope, traceId });
  let gathered: Gathered = together([], of.fresh, "", of.tenants);
  note(gathered.spans, gathered.places);
  for (let round = 0; round < mostRounds; round += 1) {
    const asked = size();
    // Each answer follows from the one before.
    // eslint-disable-next-line no-await-in-loop
    const found = await store.find({
      traces: [...traces.values()],
      responses: [...responses.values()],
      attempts: [...attempts.values()],
    });
    const seen = round === 0 ? found.seen : gathered.seen;
    // Most spans are the first of their trace.
    if (found.spans.length === 0) return { ...gathered, seen };
    gathered = together(found.spans, of.fresh, seen, of.tenants);
    note(gathered.spans, gathered.places);
    if (size() === asked) break;
  }
  return gathered;
}

function together(
  known: readonly StoredSpan[],
  fresh: readonly StoredSpan[],
  seen: string,
  tenants: ReadonlyMap<string, string>,
): Gathered {
  const all = new Map(known.map((span) => [keyOf(span), span]));
  const added: StoredSpan[] = [];
  for (const span of fresh) {
    const key = keyOf(span);
    if (all.has(key)) continue;
    all.set(key, span);
    added.push(span);
  }
  const spans = [...all].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, span]) => span);
  return { spans, fresh: added, places: placeSpans(spans, tenants), seen };
}

function keyOf({ scope, traceId, spanId }: StoredSpan): string {
  return spanKey(scope, traceId, spanId);
}
