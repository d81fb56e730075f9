import {
  type ProviderReport,
  type QueryScope,
  type SpanKind,
  type SpanScope,
  type StoredSpan,
  tokenClasses,
  type Tokens,
  type Usage,
} from "@tenantry/core";
import { assertRow, type ColumnKind } from "./assert-row.ts";

/** A row of `spans` joined with its trace. */
export interface SpanRow {
  readonly trace_id: string;
  readonly scope: string;
  readonly span_id: string;
  readonly tenant_id: string;
  readonly started_at: number;
  readonly response_id: string | null;
  readonly attempt_id: string | null;
  readonly booked_as: string | null;
  readonly rest: string;
}

/** Columns that `fromSpanRow` needs, of `spans s` and `span_traces t`. */
export const spanColumns =
  "t.trace_id, t.scope, s.span_id, s.tenant_id, s.started_at, s.response_id, s.attempt_id, s.booked_as, s.rest";

/** `?1` is the trace, `?2` when the span came in; the other values are those of `toSpanRow`. */
export const insertSpan: string = `INSERT INTO spans (trace, received_at, span_id, tenant_id, started_at, response_id,
  attempt_id, booked_as, rest) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (trace, span_id) DO NOTHING`;

/** In SQL: the name of a span of `spans s`. */
export const nameOfSpan = "s.rest ->> 2";

/** A list, not an object: names of fields would be most of a row. A new field goes to the end. */
type Rest = readonly [
  keyId: string | null,
  parentSpanId: string | null,
  name: string,
  kind: SpanKind,
  endedAt: number,
  status: StoredSpan["status"],
  service: string | null,
  environment: string | null,
  instrumentation: string | null,
  claims: readonly [tenantId: string | null, userId: string | null, sessionId: string | null, feature: string | null],
  report: ReportRest | null,
  attributes: StoredSpan["attributes"],
];

type ReportRest = readonly [
  provider: string,
  model: string,
  reportedModel: string | null,
  usage: UsageRest | null,
  toldCostPico: string | null,
  outcome: ProviderReport["outcome"],
  status: number | null,
  ttftMs: number | null,
];

type UsageRest = readonly [tokens: readonly number[], fees: Usage["fees"], serviceTier: Usage["serviceTier"]];

const kinds: readonly ColumnKind[] = ["text", "text", "integer", "text?", "text?", "text?", "text"];

/** A tenant's own name may be anything, so that of the whole installation has to be told apart from all of them. */
export function scopeText(scope: SpanScope): string {
  return scope.kind === "installation" ? "*" : `=${scope.tenantId}`;
}

/** The scope that `scopeText` wrote. */
export function scopeOf(text: string): QueryScope {
  return text === "*" ? { kind: "installation" } : { kind: "tenant", tenantId: text.slice(1) };
}

/**
 * Values of a row of `spans`, but for the trace and when it came in.
 *
 * @throws TypeError when the table would refuse them.
 */
export function toSpanRow(span: StoredSpan): (string | number | null)[] {
  const { keyId, parentSpanId, name, kind, endedAt, status, service, environment, instrumentation, claims } = span;
  const { report, attributes } = span;
  const rest: Rest = [
    keyId,
    parentSpanId,
    name,
    kind,
    endedAt,
    status,
    service,
    environment,
    instrumentation,
    [claims.tenantId, claims.userId, claims.sessionId, claims.feature],
    report === null ? null : toReportRest(report),
    attributes,
  ];
  const ids = [report?.responseId ?? null, report?.attemptId ?? null];
  const row = [span.spanId, span.tenantId, span.startedAt, ...ids, span.bookedAs, JSON.stringify(rest)];
  assertRow(row, kinds);
  return row;
}

export function fromSpanRow(row: SpanRow): StoredSpan {
  const [keyId, parentSpanId, name, kind, endedAt, status, service, environment, instrumentation, claims, report, of] =
    JSON.parse(row.rest) as Rest;
  const [tenantId, userId, sessionId, feature] = claims;
  return {
    scope: scopeOf(row.scope),
    tenantId: row.tenant_id,
    keyId,
    bookedAs: row.booked_as,
    traceId: row.trace_id,
    spanId: row.span_id,
    parentSpanId,
    name,
    kind,
    startedAt: row.started_at,
    endedAt,
    status,
    service,
    environment,
    instrumentation,
    claims: { tenantId, userId, sessionId, feature },
    report: report === null ? null : fromReportRest(report, row),
    attributes: of,
  };
}

function toReportRest({ requested, reportedModel, usage, toldCostPico, ...others }: ProviderReport): ReportRest {
  const { outcome, status, ttftMs } = others;
  return [
    requested.provider,
    requested.model,
    reportedModel,
    usage === null ? null : [tokenClasses.map((name) => usage.tokens[name]), usage.fees, usage.serviceTier],
    toldCostPico === null ? null : `${toldCostPico}`,
    outcome,
    status,
    ttftMs,
  ];
}

function fromReportRest(
  report: ReportRest,
  { attempt_id: attemptId, response_id: responseId }: SpanRow,
): ProviderReport {
  const [provider, model, reportedModel, usage, toldCost, outcome, status, ttftMs] = report;
  const toldCostPico = toldCost === null ? null : BigInt(toldCost);
  const requested = { provider, model };
  const used = usage === null ? null : usageOf(usage);
  return { attemptId, responseId, requested, reportedModel, usage: used, toldCostPico, outcome, status, ttftMs };
}

function usageOf([counts, fees, serviceTier]: UsageRest): Usage {
  const tokens = Object.fromEntries(tokenClasses.map((name, index) => [name, counts[index] ?? 0])) as Tokens;
  return { tokens, fees, serviceTier };
}
