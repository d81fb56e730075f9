import { TenantryError } from "../errors/tenantry-error.ts";
import { byStart, checkPendingLimit, checkSpanListQuery, checkTraceListQuery } from "../ingest/check-span-query.ts";
import type { StoredSpan } from "../ingest/reported-span.ts";
import type { LedgerLine } from "../metering/ledger-line.ts";
import { isWithin, linesInForce } from "../metering/roll-up.ts";
import type { QueryScope } from "../metering/usage-query.ts";
import type {
  CursorPage,
  LinesQuestion,
  SharedId,
  SpanStore,
  StoredTrace,
  TraceListQuery,
  TraceRef,
} from "../ports/span-store.port.ts";
import { createMemoryState, isRetracted, type MemoryState, refuseReadOnly } from "./memory-state.ts";

/** Most spans that are answered for one shared id. */
const mostOfAnId = 32;

/** Spans in memory. Stores over the same state see the same spans. */
export function createMemorySpanStore(options: { readonly state?: MemoryState } = {}): SpanStore {
  const state = options.state ?? createMemoryState();
  return {
    async find({ traces, responses, attempts }) {
      const all = [...state.spans.values()].sort(byTrace);
      const asked = new Set(traces.map(({ scope, traceId }) => keyOf(scope, traceId)));
      const found = new Set(all.filter((span) => asked.has(keyOf(span.scope, span.traceId))));
      const add = (ids: readonly SharedId[], idOf: (span: StoredSpan) => string | null | undefined): void => {
        for (const { tenantId, id } of ids) {
          const same = all.filter((span) => span.tenantId === tenantId && idOf(span) === id);
          for (const span of same.slice(0, mostOfAnId)) found.add(span);
        }
      };
      add(responses, ({ report }) => report?.responseId);
      add(attempts, ({ report }) => report?.attemptId);
      return { spans: [...found].sort(byTrace), seen: `${state.spanRevision}/${state.lines.size}` };
    },
    lines: async (question) => linesFor(state, question),
    async write({ added, changed, settled, seen }) {
      refuseReadOnly(state);
      const [, revision, lines] = /^(\d+)\/(\d+)$/.exec(seen)?.map(Number) ?? [];
      const isAlone = revision === state.spanRevision;
      for (const trace of settled) takeOff(state, trace, lines);
      const written: StoredSpan[] = [];
      for (const span of added) {
        const key = keyOf(span.scope, span.traceId, span.spanId);
        if (state.spans.has(key)) continue;
        state.spans.set(key, span);
        written.push(span);
      }
      for (const { scope, traceId, spanId, tenantId, bookedAs } of changed) {
        const key = keyOf(scope, traceId, spanId);
        const span = state.spans.get(key);
        if (span === undefined) continue;
        state.spans.set(key, { ...span, tenantId, bookedAs });
        written.push({ ...span, tenantId });
      }
      if (lines !== undefined) lookAgain(state, written, lines);
      if (written.length > 0) state.spanRevision += 1;
      return { isAlone };
    },
    async pending(limit) {
      checkPendingLimit(limit);
      return [...state.pendingTraces.values()].slice(0, limit).map(({ trace }) => trace);
    },
    async traces(scope, query) {
      checkTraceListQuery(query);
      const page = pageOf(tracesOf(visible(state, scope), query), query, (trace) => [
        query.order === "newest-first" ? -trace.startedAt : trace.startedAt,
        trace.traceId,
        trace.tenantId,
        trace.scopeKey,
      ]);
      const items = page.items.map(({ item: { scopeKey: _scope, ...item }, cursor }) => ({ item, cursor }));
      return { items, hasMore: page.hasMore };
    },
    async spans(scope, query) {
      checkSpanListQuery(query);
      const spans = visible(state, scope)
        .filter(({ traceId }) => traceId === query.traceId)
        .filter(({ name }) => query.name === undefined || name === query.name);
      return pageOf(spans, query, (span) => [span.startedAt, span.spanId, keyOf(span.scope)]);
    },
  };
}

function keyOf(scope: QueryScope, ...ids: readonly string[]): string {
  return JSON.stringify([scope.kind === "tenant" ? scope.tenantId : null, ...ids]);
}

/** Puts a trace on the list of those to be looked at again. */
export function markTrace(pending: MemoryState["pendingTraces"], trace: TraceRef, lines: number): void {
  const key = keyOf(trace.scope, trace.traceId);
  pending.delete(key);
  pending.set(key, { trace, lines });
}

/** Unless a line came after what was decided by. */
function takeOff({ pendingTraces }: MemoryState, { scope, traceId }: TraceRef, lines: number | undefined): void {
  const marked = pendingTraces.get(keyOf(scope, traceId));
  if (marked !== undefined && lines !== undefined && marked.lines <= lines) pendingTraces.delete(keyOf(scope, traceId));
}

/** Lines that were settled after what was decided by say something new about spans that are written now. */
function lookAgain({ pendingTraces, lines }: MemoryState, written: readonly StoredSpan[], known: number): void {
  for (const [index, line] of [...lines.values()].entries()) {
    if (index < known || line.origin !== "call") continue;
    for (const { scope, traceId, tenantId, report } of written) {
      if (report === null || tenantId !== line.tenantId) continue;
      const isSame = (report.responseId ?? false) === line.responseId || report.attemptId === line.attemptId;
      if (isSame) markTrace(pendingTraces, { scope, traceId }, index + 1);
    }
  }
}

function byTrace(a: StoredSpan, b: StoredSpan): number {
  const [left, right] = [`${a.traceId}${a.spanId}`, `${b.traceId}${b.spanId}`];
  return left < right ? -1 : left > right ? 1 : 0;
}

function linesFor(state: MemoryState, { calls, responses, attempts }: LinesQuestion): LedgerLine[] {
  const isAsked = (ids: readonly SharedId[], tenantId: string, id: string | null): boolean =>
    ids.some((asked) => asked.tenantId === tenantId && asked.id === id);
  return linesInForce([...state.lines.values()])
    .filter((line) => !isRetracted(state, line))
    .filter(({ tenantId, callId, origin, responseId, attemptId }) => {
      if (isAsked(calls, tenantId, callId)) return true;
      if (origin !== "call") return false;
      return isAsked(responses, tenantId, responseId) || isAsked(attempts, tenantId, attemptId);
    });
}

function visible(state: MemoryState, scope: QueryScope): StoredSpan[] {
  return [...state.spans.values()].filter(
    ({ tenantId }) => scope.kind === "installation" || scope.tenantId === tenantId,
  );
}

type TraceInScope = StoredTrace & { readonly scopeKey: string };

function tracesOf(spans: readonly StoredSpan[], query: TraceListQuery): TraceInScope[] {
  const groups = Map.groupBy(spans, ({ scope, traceId, tenantId }) => keyOf(scope, traceId, tenantId));
  return [...groups.values()]
    .map((group): TraceInScope => ({ ...traceOf(group), scopeKey: keyOf((group[0] as StoredSpan).scope) }))
    .filter(({ startedAt }) => isWithin(query.period, startedAt))
    .filter(
      (trace) =>
        (query.traceId ?? trace.traceId) === trace.traceId &&
        (query.tenantId ?? trace.tenantId) === trace.tenantId &&
        (query.userId ?? trace.userId) === trace.userId &&
        (query.sessionId ?? trace.sessionId) === trace.sessionId,
    );
}

function traceOf(spans: readonly StoredSpan[]): StoredTrace {
  const sorted = [...spans].sort(byStart);
  const first = sorted[0] as StoredSpan;
  return {
    traceId: first.traceId,
    tenantId: first.tenantId,
    name: first.name,
    service: first.service,
    environment: first.environment,
    userId: sorted.find(({ claims }) => claims.userId !== null)?.claims.userId ?? null,
    sessionId: sorted.find(({ claims }) => claims.sessionId !== null)?.claims.sessionId ?? null,
    startedAt: first.startedAt,
    endedAt: Math.max(...sorted.map(({ endedAt }) => endedAt)),
    hasError: sorted.some(({ status }) => status === "error"),
    spans: sorted.length,
  };
}

type Place = readonly [at: number, ...ids: string[]];

function pageOf<Item>(
  all: readonly Item[],
  { cursor, limit }: { readonly cursor?: string; readonly limit: number },
  placeOf: (item: Item) => Place,
): CursorPage<Item> {
  const after = cursor === undefined ? null : placeIn(cursor);
  const left = all
    .map((item) => ({ item, place: placeOf(item) }))
    .filter(({ place }) => after === null || comparePlaces(place, after) > 0)
    .sort((a, b) => comparePlaces(a.place, b.place));
  const items = left.slice(0, limit).map(({ item, place }) => ({ item, cursor: JSON.stringify(place) }));
  return { items, hasMore: left.length > items.length };
}

function comparePlaces(a: Place, b: Place): number {
  for (const [index, left] of a.entries()) {
    const right = b[index];
    if (right === undefined || left === right) continue;
    return left < right ? -1 : 1;
  }
  return 0;
}

function placeIn(cursor: string): Place {
  try {
    const place: unknown = JSON.parse(cursor);
    if (Array.isArray(place) && typeof place[0] === "number") return place as unknown as Place;
  } catch {
    // Refused below, like every other text that is no cursor of ours.
  }
  throw TenantryError.invalidRequest("cursor", "must be a cursor of the page before");
}
