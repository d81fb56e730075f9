import { buildLine } from "../calls/build-line.ts";
import type { TenantTerms } from "../calls/supersede-line.ts";
import { attributionIn, type LedgerLine } from "../metering/ledger-line.ts";
import type { CallRecord } from "../metering/call-record.ts";
import type { PriceBook } from "../pricing/price-book.ts";
import { noTokens, tokenClasses, type Usage } from "../pricing/usage.ts";
import { judgeCall } from "../sla/judge-call.ts";
import { sameModel } from "../tenancy/model-ref.ts";
import type { Instant } from "../time/instant.ts";
import type { ToldCall } from "./resolve-spans.ts";

/** What a told call is booked by. */
export interface BookedBy {
  readonly callId: string;
  readonly book: PriceBook;
  /** Null for a tenant that stands for nobody, or is gone: nobody is charged. */
  readonly terms: TenantTerms | null;
  readonly recordedAt: Instant;
}

/** Statuses with which a provider refuses before it works; of 408, 409 and 425 nobody knows. */
const refusals: ReadonlySet<number> = new Set([400, 401, 403, 404, 405, 413, 415, 422, 429]);

/** Refusals that are not the caller's fault: the provider's key, and the provider's limits. */
const operatorFaults: ReadonlySet<number> = new Set([401, 403, 429]);

const nothingUsed: Usage = { tokens: noTokens, fees: {}, serviceTier: "standard" };

/** The line of a call that spans tell of: priced by us, with what the span says it cost beside it. */
export function toldLine(told: ToldCall, { callId, book, terms, recordedAt }: BookedBy): LedgerLine {
  const { report, measured, place, spans } = told;
  const { outcome, usage } = factsOf(told);
  const line = buildLine({
    intent: {
      ...place,
      featuresUsed: [],
      keyId: spans[0].keyId,
      attemptId: callId,
      callId,
      tierId: "",
      ordinal: 1,
      target: report.requested,
      occurredAt: measured.startedAt,
      admittedAt: measured.startedAt,
      atMostPico: null,
      objectiveIds: [],
    },
    facts: { outcome, source: usage === null ? "unknown" : "measured", usage },
    recordedAt,
    book,
    charge: terms?.policy.charge ?? { kind: "pass-through", version: "" },
    holdPico: null,
    latencyMs: measured.endedAt - measured.startedAt,
    reportedModel: report.reportedModel,
    responseId: report.responseId,
    status: report.status,
  });
  return {
    ...line,
    ...(report.toldCostPico === null ? {} : { toldCostPico: report.toldCostPico }),
    origin: "ingest",
    ...(terms === null ? { chargePico: 0n, chargeVersion: null } : {}),
  };
}

/** The end of a call that spans tell of, judged by the objectives its tenant has now. */
export function toldRecord({ report }: ToldCall, line: LedgerLine, { terms, recordedAt }: BookedBy): CallRecord {
  const outcome = line.outcome === "ok" ? "ok" : line.outcome === "aborted" ? "aborted" : "failed";
  const { latencyMs } = line;
  const callerFault = line.outcome === "refused" && !operatorFaults.has(line.status ?? 0);
  return {
    ...attributionIn(line),
    callId: line.callId,
    origin: "ingest",
    tierId: terms?.policy.tierId ?? "",
    model: line.answered,
    attempts: 1,
    admittedAt: line.occurredAt,
    recordedAt,
    outcome,
    failure: outcome === "failed" ? "upstream_error" : outcome === "aborted" ? "cancelled" : null,
    latencyMs,
    ttftMs: report.ttftMs,
    verdicts: judgeCall(terms?.policy.objectives ?? [], { outcome, callerFault, latencyMs, ttftMs: report.ttftMs }),
  };
}

/** True when a line says of a call what its spans say now. Prices are left out: a price that changes reprices nothing. */
export function tellsTheSame(line: LedgerLine, told: ToldCall): boolean {
  const { report, measured, place } = told;
  const { outcome, usage } = factsOf(told);
  return (
    line.tenantId === place.tenantId &&
    line.userId === place.userId &&
    line.sessionId === place.sessionId &&
    line.feature === place.feature &&
    line.occurredAt === measured.startedAt &&
    line.latencyMs === measured.endedAt - measured.startedAt &&
    line.outcome === outcome &&
    line.status === report.status &&
    line.reportedModel === report.reportedModel &&
    line.responseId === report.responseId &&
    (line.toldCostPico ?? null) === report.toldCostPico &&
    sameModel(line.requested, report.requested) &&
    sameUsage(line.usage, usage)
  );
}

function factsOf({ report }: ToldCall): Pick<LedgerLine, "outcome" | "usage"> {
  const { outcome, status, usage } = report;
  if (outcome !== "failed" || usage !== null || status === null || !refusals.has(status)) return { outcome, usage };
  return { outcome: "refused", usage: nothingUsed };
}

function sameUsage(a: Usage | null, b: Usage | null): boolean {
  if (a === null || b === null) return a === b;
  const fees = new Set([...Object.keys(a.fees), ...Object.keys(b.fees)]);
  return (
    a.serviceTier === b.serviceTier &&
    tokenClasses.every((name) => a.tokens[name] === b.tokens[name]) &&
    [...fees].every((name) => (a.fees[name] ?? 0) === (b.fees[name] ?? 0))
  );
}
