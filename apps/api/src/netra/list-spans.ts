import {
  formatInstant,
  formatModelRef,
  type LedgerLine,
  linesInForce,
  type QueryScope,
  type StoredSpan,
  TenantryError,
} from "@tenantry/core";
import { readBookedLines } from "./booked-lines.ts";
import { figuresOf } from "./line-figures.ts";
import { notLookedFor, type TracesFound, type TraceSources, whoseTrace } from "./list-traces.ts";
import type { ShownMoney } from "./shown-money.ts";

export interface SpansQuestion {
  readonly traceId: string;
  readonly name?: string;
  readonly cursor?: string;
  /** 1–100. */
  readonly limit: number;
}

/** Spans of a reported trace, by start; or the attempts of a call of ours, in order. Empty for what is neither. */
export async function listSpans(
  sources: TraceSources,
  scope: QueryScope,
  question: SpansQuestion,
  money: ShownMoney,
): Promise<TracesFound> {
  const { traceId, name, cursor, limit } = question;
  const detail = await sources.reader.call(scope, traceId);
  const attempts = linesInForce(detail?.lines ?? []).filter(({ origin }) => origin === "call");
  if (attempts.length > 0) return attemptsOf(attempts, question, money);
  const page = await sources.spans.spans(scope, {
    traceId,
    limit,
    ...(name === undefined ? {} : { name }),
    ...(cursor === undefined ? {} : { cursor }),
  });
  const booked = await readBookedLines(
    sources.spans,
    page.items.map(({ item }) => item),
  );
  const items = page.items.map(({ item, cursor: at }) => ({
    ...toldSpan(item, booked.of(item), booked.callOf(item), money),
    cursor: at,
  }));
  return { items, hasNextPage: page.hasMore };
}

function attemptsOf(
  lines: readonly LedgerLine[],
  { name, cursor, limit }: SpansQuestion,
  money: ShownMoney,
): TracesFound {
  const all = lines.filter(({ answered }) => name === undefined || formatModelRef(answered) === name);
  const last = cursor === undefined ? -1 : all.findIndex(({ attemptId }) => attemptId === cursor);
  if (cursor !== undefined && last < 0) {
    throw TenantryError.invalidRequest("cursor", "must be the cursor of an item of the page before");
  }
  const page = all.slice(last + 1, last + 1 + limit);
  const items = page.map((line) => ({ ...attemptSpan(line, money), cursor: line.attemptId }));
  return { items, hasNextPage: all.length > last + 1 + page.length };
}

function attemptSpan(line: LedgerLine, money: ShownMoney): Record<string, unknown> {
  const { occurredAt, latencyMs, outcome, status, callId, attemptId, answered } = line;
  const endedAt = latencyMs === null ? null : occurredAt + Math.round(latencyMs);
  const isOk = outcome === "ok";
  return {
    id: attemptId,
    trace_id: callId,
    parent_span_id: null,
    name: formatModelRef(answered),
    kind: "CLIENT",
    latency_ms: latencyMs,
    ...timesOf(occurredAt, endedAt),
    ...whoseTrace(line),
    environment: null,
    model_name: answered.model,
    ...spanFigures([line], money),
    ...notLookedFor,
    ...notKept,
    status: isOk ? "OK" : "ERROR",
    has_error: !isOk,
    attributes: JSON.stringify({ outcome, ...(status === null ? {} : { "http.response.status_code": status }) }),
    resources: JSON.stringify({ "service.name": "tenantry" }),
    metadata: { call_id: callId },
    created_at: formatInstant(line.recordedAt),
  };
}

function toldSpan(
  span: StoredSpan,
  line: LedgerLine | null,
  callId: string | null,
  money: ShownMoney,
): Record<string, unknown> {
  const { spanId, traceId, parentSpanId, name, kind, startedAt, endedAt, status, report, claims } = span;
  const { service, environment, instrumentation, attributes } = span;
  return {
    id: spanId,
    trace_id: traceId,
    parent_span_id: parentSpanId,
    name,
    kind: kind.toUpperCase(),
    latency_ms: endedAt - startedAt,
    ...timesOf(startedAt, endedAt),
    ...whoseTrace({ ...claims, tenantId: span.tenantId }),
    environment,
    model_name: line?.answered.model ?? report?.reportedModel ?? report?.requested.model ?? null,
    ...spanFigures(line === null ? [] : [line], money),
    ...notLookedFor,
    ...notKept,
    status: status.toUpperCase(),
    has_error: status === "error",
    attributes: JSON.stringify(attributes),
    resources: JSON.stringify({ "service.name": service, "deployment.environment": environment }),
    metadata: { instrumentation, call_id: callId },
    created_at: null,
  };
}

function spanFigures(lines: readonly LedgerLine[], money: ShownMoney): Record<string, unknown> {
  const { models: _models, ...figures } = figuresOf(lines, money);
  return figures;
}

function timesOf(startedAt: number, endedAt: number | null): Record<string, string | null> {
  return {
    start_time: formatInstant(startedAt),
    end_time: endedAt === null ? null : formatInstant(endedAt),
    start_time_ms: String(startedAt),
    end_time_ms: endedAt === null ? null : String(endedAt),
  };
}

/** What a span is not asked for when it comes in, and so is not there. */
const notKept: Readonly<Record<string, null>> = {
  events: null,
  links: null,
  pii_actions: null,
  violation_actions: null,
};
