import {
  type CallRecord,
  formatInstant,
  type LedgerLine,
  linesInForce,
  type Period,
  type QueryScope,
  type SpanScope,
  type SpanStore,
  type StoredSpan,
  type StoredTrace,
  TenantryError,
  type UsageReader,
} from "@tenantry/core";
import { readBookedLines } from "./booked-lines.ts";
import { figuresOf } from "./line-figures.ts";
import type { ShownMoney } from "./shown-money.ts";

/** Where traces are read: those of reported spans, and calls of our own, each of which is a trace. */
export interface TraceSources {
  readonly spans: SpanStore;
  readonly reader: Pick<UsageReader, "calls" | "call">;
}

export interface TracesQuestion {
  readonly period: Period;
  readonly traceId?: string;
  readonly tenantId?: string;
  readonly userId?: string;
  readonly sessionId?: string;
  /** Of an item of the page before. */
  readonly cursor?: string;
  /** 1–100. */
  readonly limit: number;
}

export interface TracesFound {
  readonly items: readonly Readonly<Record<string, unknown>>[];
  readonly hasNextPage: boolean;
}

/** Calls of a page of the ledger that is read on the way. */
const callsAtOnce = 200;
/** Calls that are passed over, because they are of other users or were brought by spans, before a question is too wide. */
const mostPassedOver = 50_000;

/** Traces of both kinds, newest first. */
export async function listTraces(
  sources: TraceSources,
  scope: QueryScope,
  question: TracesQuestion,
  money: ShownMoney,
): Promise<TracesFound> {
  const { period, limit } = question;
  const after = question.cursor === undefined ? start : placeIn(question.cursor);
  const told = await toldTraces(sources.spans, scope, question, after, money);
  // Below the last of these there are more, which come before any call that is older.
  const from = told.hasMore ? (told.traces.at(-1)?.startedAt ?? period.from) : period.from;
  const own = await ownCalls(sources.reader, scope, question, { from, to: period.to }, after, money);
  const merged = [...told.traces, ...own.traces].sort((a, b) => b.startedAt - a.startedAt);
  const items = merged.slice(0, limit);
  return {
    items: withCursors(items, after),
    hasNextPage: merged.length > items.length || told.hasMore || own.hasMore,
  };
}

/** What has been seen of either list: where it goes on. */
interface Place {
  /** Of the store of spans; null at the beginning. */
  readonly spans: string | null;
  /** The call that was seen last; null at the beginning. */
  readonly call: readonly [at: number, callId: string] | null;
}

const start: Place = { spans: null, call: null };

/** A trace before it has a cursor, and what it moves in it. */
interface Found {
  readonly startedAt: number;
  readonly item: Readonly<Record<string, unknown>>;
  readonly seen: Partial<Place>;
}

function withCursors(items: readonly Found[], after: Place): readonly Readonly<Record<string, unknown>>[] {
  let place = after;
  return items.map(({ item, seen }) => {
    place = { ...place, ...seen };
    return { ...item, cursor: Buffer.from(JSON.stringify([place.spans, place.call])).toString("base64url") };
  });
}

function placeIn(cursor: string): Place {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (Array.isArray(value) && value.length === 2) {
      const [spans, call] = value as [unknown, unknown];
      if ((spans === null || typeof spans === "string") && (call === null || isCallPlace(call))) return { spans, call };
    }
  } catch {
    // Refused below like every other text that is no cursor of ours.
  }
  throw TenantryError.invalidRequest("pagination.cursor", "must be the cursor of an item of the page before");
}

function isCallPlace(value: unknown): value is [number, string] {
  return Array.isArray(value) && value.length === 2 && Number.isSafeInteger(value[0]) && typeof value[1] === "string";
}

async function toldTraces(
  store: SpanStore,
  scope: QueryScope,
  { period, limit, traceId, tenantId, userId, sessionId }: TracesQuestion,
  after: Place,
  money: ShownMoney,
): Promise<{ readonly traces: readonly Found[]; readonly hasMore: boolean }> {
  const page = await store.traces(scope, {
    period,
    order: "newest-first",
    limit,
    ...(traceId === undefined ? {} : { traceId }),
    ...(tenantId === undefined ? {} : { tenantId }),
    ...(userId === undefined ? {} : { userId }),
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(after.spans === null ? {} : { cursor: after.spans }),
  });
  const linesOf = await linesOfTraces(
    store,
    page.items.map(({ item }) => item),
  );
  const traces = page.items.map(({ item, cursor }) => ({
    startedAt: item.startedAt,
    item: toldItem(item, linesOf(item), money),
    seen: { spans: cursor },
  }));
  return { traces, hasMore: page.hasMore };
}

/** The lines that stand under the spans of each trace: a line of a call that several traces tell of stands in one. */
async function linesOfTraces(
  store: SpanStore,
  traces: readonly StoredTrace[],
): Promise<(trace: StoredTrace) => readonly LedgerLine[]> {
  if (traces.length === 0) return () => [];
  const refs = traces.flatMap(({ traceId, tenantId }) => scopesOf(tenantId).map((scope) => ({ scope, traceId })));
  const { spans } = await store.find({ traces: refs, responses: [], attempts: [] });
  const booked = await readBookedLines(store, spans);
  const groups = Map.groupBy(spans, ({ scope, traceId, tenantId }) => keyOf(scope, traceId, tenantId));
  return (trace) => {
    const isIt = (of: readonly StoredSpan[]): boolean =>
      of.length === trace.spans && of.some(({ startedAt }) => startedAt === trace.startedAt);
    const keys = scopesOf(trace.tenantId).map((scope) => keyOf(scope, trace.traceId, trace.tenantId));
    const key = keys.find((one) => isIt(groups.get(one) ?? []));
    const own = key === undefined ? [] : (groups.get(key) ?? []);
    // Equal ids of two scopes are two traces: each is told once.
    if (key !== undefined) groups.delete(key);
    return own.flatMap((span) => booked.of(span) ?? []);
  };
}

/** The scopes in which a tenant's spans may be known: brought by a key of its own, or by one for all. */
function scopesOf(tenantId: string): readonly SpanScope[] {
  return [{ kind: "installation" }, { kind: "tenant", tenantId }];
}

function keyOf(scope: SpanScope, ...ids: readonly string[]): string {
  return JSON.stringify([scope.kind, ...ids]);
}

function toldItem(trace: StoredTrace, lines: readonly LedgerLine[], money: ShownMoney): Record<string, unknown> {
  return {
    id: trace.traceId,
    name: trace.name,
    kind: "TRACE",
    latency_ms: trace.endedAt - trace.startedAt,
    start_time: formatInstant(trace.startedAt),
    end_time: formatInstant(trace.endedAt),
    ...whoseTrace(trace),
    environment: trace.environment,
    service: trace.service,
    ...figuresOf(lines, money),
    ...notLookedFor,
    has_error: trace.hasError,
  };
}

async function ownCalls(
  reader: TraceSources["reader"],
  scope: QueryScope,
  question: TracesQuestion,
  period: Period,
  { call: seen }: Place,
  money: ShownMoney,
): Promise<{ readonly traces: readonly Found[]; readonly hasMore: boolean }> {
  const { limit, tenantId, sessionId, traceId } = question;
  const traces: Found[] = [];
  const isAsked = (call: CallRecord): boolean =>
    call.origin === "call" &&
    (question.userId ?? call.userId) === call.userId &&
    (traceId ?? call.callId) === call.callId &&
    (seen === null || call.admittedAt < seen[0] || (call.admittedAt === seen[0] && call.callId < seen[1]));
  const to = seen === null ? period.to : Math.min(period.to, seen[0] + 1);
  if (to <= period.from) return { traces, hasMore: false };
  // An id that is no call's needs no search.
  if (traceId !== undefined && (await reader.call(scope, traceId)) === null) return { traces, hasMore: false };
  let cursor: string | null = null;
  for (let passed = 0; ; passed += callsAtOnce) {
    const page = await reader.calls(scope, {
      period: { from: period.from, to },
      limit: callsAtOnce,
      ...(tenantId === undefined ? {} : { tenantId }),
      ...(sessionId === undefined ? {} : { sessionId }),
      ...(cursor === null ? {} : { cursor }),
    });
    for (const [index, call] of page.calls.entries()) {
      if (!isAsked(call)) continue;
      if (traces.length === limit) return { traces, hasMore: true };
      const { admittedAt, callId } = call;
      const item = ownItem(call, linesInForce(page.lines[index] ?? []), money);
      traces.push({ startedAt: admittedAt, item, seen: { call: [admittedAt, callId] } });
    }
    cursor = page.nextCursor;
    if (cursor === null) return { traces, hasMore: false };
    if (passed > mostPassedOver) {
      throw TenantryError.invalidRequest("startTime", "too many calls lie in this time; ask for a shorter one");
    }
  }
}

function ownItem(call: CallRecord, lines: readonly LedgerLine[], money: ShownMoney): Record<string, unknown> {
  const { callId, admittedAt, latencyMs, feature, outcome } = call;
  return {
    id: callId,
    name: feature ?? "call",
    kind: "TRACE",
    latency_ms: latencyMs,
    start_time: formatInstant(admittedAt),
    end_time: latencyMs === null ? null : formatInstant(admittedAt + Math.round(latencyMs)),
    ...whoseTrace(call),
    environment: null,
    service: "tenantry",
    ...figuresOf(lines, money),
    ...notLookedFor,
    has_error: outcome !== "ok",
  };
}

/** Whom a trace or a span is for; organisations and projects are not known here. */
export function whoseTrace(of: {
  readonly tenantId: string;
  readonly userId: string | null;
  readonly sessionId: string | null;
}): Readonly<Record<string, string | null>> {
  return {
    organisation_id: "",
    project_id: "",
    tenant_id: of.tenantId,
    user_id: of.userId,
    session_id: of.sessionId,
  };
}

/** Contents are neither kept nor searched (R10), so nobody knows, which is not "no" (R6). */
export const notLookedFor: Readonly<Record<string, null>> = {
  has_pii: null,
  pii_entities: null,
  has_violation: null,
  violations: null,
};
