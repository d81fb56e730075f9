import { parentOf, spanKey, type SpanPlace } from "./place-spans.ts";
import type { ProviderReport, StoredSpan } from "./reported-span.ts";

/** One provider call, as all spans that tell of it tell it. */
export interface ToldCall {
  /** Nearest to the provider first, then by trace and span id: the first is what it is booked under. */
  readonly spans: readonly [StoredSpan, ...StoredSpan[]];
  readonly place: SpanPlace;
  /** Of the nearest span with token counts; what it leaves out, from the others. */
  readonly report: ProviderReport;
  /** The span with the figures: its times are the call's. */
  readonly measured: StoredSpan;
}

interface Teller {
  readonly span: StoredSpan;
  readonly report: ProviderReport;
  readonly place: SpanPlace;
  /** Reported spans above it. */
  depth: number;
  /** The nearest reported spans below it. */
  readonly below: Teller[];
  /** Up to two calls that are told at or below it. */
  calls: readonly Teller[];
  /** Towards the root of those that tell of the same call; itself at the root. */
  same: Teller;
  /** It sums up several calls below it. */
  isSummary: boolean;
}

/**
 * Which provider calls these spans tell of: a function of the set, in whatever order it came.
 *
 * - Spans of one tenant that name the same attempt of ours, or the same answer of the provider, tell of one call.
 * - A span with reported spans below it wraps them: with one call below it tells of that one, with several it sums them
 *   up and tells of none. Unless the provider's ids say that its answer is another than those below.
 */
export function resolveSpans(
  spans: readonly StoredSpan[],
  places: ReadonlyMap<StoredSpan, SpanPlace>,
): readonly ToldCall[] {
  const tellers = tellersOf([...spans].sort(byKey), places);
  joinShared(tellers, ({ attemptId }) => attemptId);
  joinShared(tellers, ({ responseId }) => responseId);
  for (const teller of [...tellers].sort((a, b) => b.depth - a.depth)) joinWrapper(teller);
  const calls = Map.groupBy(tellers, rootOf);
  return [...calls.values()].filter((same) => same.some(({ isSummary }) => !isSummary)).map(toCall);
}

function byKey(a: StoredSpan, b: StoredSpan): number {
  const [left, right] = [a, b].map(({ scope, traceId, spanId }) => spanKey(scope, traceId, spanId)) as [string, string];
  return left < right ? -1 : left > right ? 1 : 0;
}

function tellersOf(spans: readonly StoredSpan[], places: ReadonlyMap<StoredSpan, SpanPlace>): Teller[] {
  const known = new Map(spans.map((span) => [spanKey(span.scope, span.traceId, span.spanId), span]));
  const tellers = new Map<StoredSpan, Teller>();
  for (const span of spans) {
    const place = places.get(span);
    if (span.report === null || place === undefined) continue;
    const teller = { span, report: span.report, place, depth: 0, below: [], calls: [], isSummary: false };
    tellers.set(span, Object.assign(teller, { same: teller as unknown as Teller }));
  }
  const above = new Map<StoredSpan, Teller | null>();
  for (const span of spans) {
    const path = new Set<StoredSpan>();
    let at: StoredSpan | undefined = span;
    while (at !== undefined && !above.has(at) && !path.has(at)) {
      path.add(at);
      at = parentOf(at, known);
    }
    for (const one of [...path].reverse()) {
      const parent = parentOf(one, known);
      const nearest = parent === undefined ? null : (tellers.get(parent) ?? above.get(parent) ?? null);
      above.set(one, nearest);
      const teller = tellers.get(one);
      if (teller === undefined || nearest === null) continue;
      teller.depth = nearest.depth + 1;
      nearest.below.push(teller);
    }
  }
  return [...tellers.values()];
}

function rootOf(teller: Teller): Teller {
  let root = teller;
  while (root.same !== root) root = root.same;
  return root;
}

function join(a: Teller, b: Teller): void {
  const [left, right] = [rootOf(a), rootOf(b)];
  if (left !== right) right.same = left;
}

function joinShared(tellers: readonly Teller[], idOf: (report: ProviderReport) => string | null): void {
  const first = new Map<string, Teller>();
  for (const teller of tellers) {
    const id = idOf(teller.report);
    if (id === null) continue;
    const name = `${teller.place.tenantId}\n${id}`;
    const other = first.get(name);
    if (other === undefined) first.set(name, teller);
    else join(other, teller);
  }
}

/** Those below have been joined before. */
function joinWrapper(teller: Teller): void {
  const calls: Teller[] = [];
  for (const call of teller.below.flatMap((below) => below.calls)) {
    if (calls.length < 2 && !calls.some((other) => rootOf(other) === rootOf(call))) calls.push(call);
  }
  const [only] = calls;
  if (only === undefined) {
    teller.calls = [teller];
    return;
  }
  if (isApart(teller)) {
    teller.calls = [teller, only];
    return;
  }
  teller.calls = calls;
  if (calls.length === 1 && only.place.tenantId === teller.place.tenantId) join(only, teller);
  else teller.isSummary = true;
}

function isApart(teller: Teller): boolean {
  return (
    teller.report.responseId !== null &&
    teller.below.every((below) => below.report.responseId !== null && rootOf(below) !== rootOf(teller))
  );
}

function toCall(same: readonly Teller[]): ToldCall {
  // What sums up several calls has the figures of none.
  const telling = same.filter(({ isSummary }) => !isSummary).sort(nearestFirst) as [Teller, ...Teller[]];
  const measured = telling.find(({ report }) => report.usage !== null) ?? telling[0];
  const ranked = [measured, ...telling];
  const first = <Value>(of: (teller: Teller) => Value | null): Value | null => {
    for (const teller of ranked) {
      const value = of(teller);
      if (value !== null) return value;
    }
    return null;
  };
  const summaries = same.filter(({ isSummary }) => isSummary);
  return {
    spans: [...telling, ...summaries].map(({ span }) => span) as [StoredSpan, ...StoredSpan[]],
    place: {
      tenantId: measured.place.tenantId,
      userId: first(({ place }) => place.userId),
      sessionId: first(({ place }) => place.sessionId),
      feature: first(({ place }) => place.feature),
    },
    report: {
      ...measured.report,
      attemptId: first(({ report }) => report.attemptId),
      responseId: first(({ report }) => report.responseId),
      reportedModel: first(({ report }) => report.reportedModel),
      toldCostPico: first(({ report }) => report.toldCostPico),
      status: first(({ report }) => report.status),
      ttftMs: first(({ report }) => report.ttftMs),
    },
    measured: measured.span,
  };
}

/** What the operator's own key brought comes first: a tenant cannot make its calls cheaper by telling of them again. */
function nearestFirst(a: Teller, b: Teller): number {
  const [left, right] = [a.span.scope.kind, b.span.scope.kind];
  if (left !== right) return left === "installation" ? -1 : 1;
  if ((a.below.length === 0) !== (b.below.length === 0)) return a.below.length === 0 ? -1 : 1;
  return a.depth === b.depth ? byKey(a.span, b.span) : b.depth - a.depth;
}
