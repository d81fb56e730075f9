import type {
  CursorPage,
  FoundSpans,
  QueryScope,
  SharedId,
  SpanListQuery,
  SpanQuestion,
  SpanStore,
  SpanWrite,
  StoredSpan,
  StoredTrace,
  TraceListQuery,
  TraceRef,
} from "@tenantry/core";
import assert from "node:assert/strict";
import { aReport, aStoredSpan } from "@tenantry/core/testing";

export const installation: QueryScope = { kind: "installation" };

/** When the builders' spans start, and when they come in. */
export const noon: number = Date.UTC(2026, 0, 15, 12);
export const receivedAt: number = noon + 60_000;

export function tenant(tenantId: string): QueryScope {
  return { kind: "tenant", tenantId };
}

/** An id of so many hex digits. */
export function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, "0");
}

/** The nth trace. */
export function traceId(n: number): string {
  return hex(n, 32);
}

/** The nth span of the nth trace. */
export function aSpan(trace: number, span: number, overrides: Partial<StoredSpan> = {}): StoredSpan {
  return aStoredSpan({ traceId: traceId(trace), spanId: hex(span, 16), ...overrides });
}

/** The same, that reports a call with these ids. */
export function aCallSpan(
  trace: number,
  span: number,
  ids: { readonly responseId?: string; readonly attemptId?: string },
  overrides: Partial<StoredSpan> = {},
): StoredSpan {
  return aSpan(trace, span, { ...overrides, report: aReport(ids) });
}

export function refOf({ scope, traceId: id }: StoredSpan): TraceRef {
  return { scope, traceId: id };
}

export function shared(id: string, tenantId = "tenant-a"): SharedId {
  return { tenantId, id };
}

export async function find(store: SpanStore, question: Partial<SpanQuestion> = {}): Promise<FoundSpans> {
  return await store.find({ traces: [], responses: [], attempts: [], ...question });
}

export async function write(store: SpanStore, of: Partial<SpanWrite>): Promise<{ readonly isAlone: boolean }> {
  const seen = of.seen ?? (await find(store)).seen;
  return await store.write({ added: [], changed: [], settled: [], receivedAt, ...of, seen });
}

/** The spans of one trace as their ids. */
export async function idsIn(store: SpanStore, trace: number, scope: QueryScope = installation): Promise<string[]> {
  const { spans } = await find(store, { traces: [{ scope, traceId: traceId(trace) }] });
  return spans.map(({ spanId }) => spanId);
}

/** Traces that are pending, as their ids, sorted. */
export async function pendingIds(store: SpanStore): Promise<string[]> {
  return (await store.pending(1_000)).map((ref) => ref.traceId).toSorted();
}

export function traceQuery(overrides: Partial<TraceListQuery> = {}): TraceListQuery {
  return {
    period: { from: Date.UTC(2025, 0, 1), to: Date.UTC(2027, 0, 1) },
    order: "oldest-first",
    limit: 1_000,
    ...overrides,
  };
}

export async function tracesOf(
  store: SpanStore,
  scope: QueryScope,
  overrides: Partial<TraceListQuery> = {},
): Promise<readonly StoredTrace[]> {
  return await allPages((cursor) => store.traces(scope, { ...traceQuery(overrides), ...cursor }));
}

export async function spansOf(
  store: SpanStore,
  scope: QueryScope,
  query: Omit<SpanListQuery, "limit"> & { readonly limit?: number },
): Promise<readonly StoredSpan[]> {
  return await allPages((cursor) => store.spans(scope, { limit: 1_000, ...query, ...cursor }));
}

/** Every item, page by page. */
async function allPages<Item>(
  page: (cursor: { readonly cursor?: string }) => Promise<CursorPage<Item>>,
): Promise<readonly Item[]> {
  const found: Item[] = [];
  let cursor: { readonly cursor?: string } = {};
  for (let pages = 0; pages < 1_000; pages += 1) {
    const { items, hasMore } = await page(cursor);
    found.push(...items.map(({ item }) => item));
    const last = items.at(-1);
    if (!hasMore) return found;
    assert.ok(last !== undefined, "a page without items that says there are more");
    cursor = { cursor: last.cursor };
  }
  assert.fail("paging does not end");
}
