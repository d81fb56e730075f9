import { formatUsd } from "../money/decimal.ts";
import type { PicoUsd } from "../money/pico-usd.ts";
import type { AllowanceShare } from "../pricing/allowance.ts";
import type { CostItem } from "../pricing/cost.ts";
import type { CallDetail } from "../ports/usage-reader.port.ts";
import type { Tokens } from "../pricing/usage.ts";
import { formatModelRef } from "../tenancy/model-ref.ts";
import { formatInstant } from "../time/instant.ts";
import type { CallOutcome, CallRecord } from "./call-record.ts";
import { explainCall } from "./explain-call.ts";
import type { LedgerLine } from "./ledger-line.ts";
import { linesInForce } from "./roll-up.ts";

/** A call as JSON carries it: instants in ISO 8601, models as `provider/model`. */
export interface CallView extends Omit<CallRecord, "model" | "admittedAt" | "recordedAt"> {
  readonly model: string;
  readonly admittedAt: string;
  readonly recordedAt: string;
}

/** What a call came to: decimal strings of USD, null when a part is unknown (R6). */
export interface CallSums {
  /** What the providers bill. Absent where cost may not be seen. */
  readonly costUsd?: string | null;
  readonly chargeUsd: string | null;
}

/** A call in a list. */
export type CallRowView = CallView & CallSums;

/** A call with its attempts, each by the line in force: what they replaced is in its explanation. In flight it has only what is known from its first intent on. */
export interface CallDetailView extends Partial<Omit<CallView, "callId" | "attempts" | "outcome">>, CallSums {
  readonly callId: string;
  readonly outcome: CallOutcome | "in-flight";
  readonly attempts: readonly LineView[];
}

/** A factor of a cost or of a charge by the tenant's own prices. */
export interface ItemView {
  readonly of: string;
  readonly quantity: number;
  readonly rateUsd: string;
  readonly amountUsd: string;
}

/** What a line drew on the tenant's allowance: amounts as decimal strings, of USD where the unit is `usd`. */
export interface AllowanceView extends Pick<AllowanceShare, "id" | "unit"> {
  readonly from: string;
  readonly to: string;
  readonly limit: string;
  readonly before: string;
  readonly quantity: string;
  readonly covered: string;
  /** The charge without the allowance. */
  readonly fullUsd: string;
}

/** What a line cost the operator; absent where cost may not be seen. */
export interface LineCostView {
  readonly costUsd: string | null;
  readonly costItems: readonly ItemView[];
  readonly priceId: string | null;
  readonly unpricedReason: string | null;
  readonly atMostUsd: string | null;
  readonly holdUsd: string | null;
  /** Names the markup, and so what is earned. */
  readonly chargeVersion: string | null;
  /** Who told it later; null on an attempt's own line and where prices made it anew. */
  readonly reportedBy: string | null;
}

/** A ledger line as JSON carries it: money as decimal strings of USD, null where it is unknown (R6). */
export interface LineView
  extends
    Pick<
      LedgerLine,
      | "lineId"
      | "attemptId"
      | "ordinal"
      | "origin"
      | "reportedModel"
      | "outcome"
      | "status"
      | "source"
      | "latencyMs"
      | "responseId"
      | "marks"
      | "supersedes"
    >,
    Partial<LineCostView> {
  readonly provider: string;
  readonly model: string;
  readonly requested: string;
  readonly occurredAt: string;
  readonly recordedAt: string;
  readonly tokens: Tokens | null;
  readonly fees: Readonly<Record<string, number>> | null;
  readonly serviceTier: string | null;
  readonly chargeUsd: string | null;
  /** How the tenant's own prices made the charge; absent where another rule did. */
  readonly chargeItems?: readonly ItemView[];
  /** Why the charge is null though the usage is known; absent otherwise. */
  readonly unchargedReason?: string;
  readonly allowance?: AllowanceView;
}

/** A call with its ledger lines and the derivation of its cost as text. */
export interface CallExplanation {
  readonly callId: string;
  /** Null while the call is in flight. */
  readonly call: CallView | null;
  readonly lines: readonly LineView[];
  readonly text: readonly string[];
}

/** Whether provider cost may be seen by who asks. */
interface Sight {
  readonly showCost: boolean;
}

function callView(call: CallRecord): CallView {
  const { model, admittedAt, recordedAt, ...rest } = call;
  return {
    ...rest,
    model: formatModelRef(model),
    admittedAt: formatInstant(admittedAt),
    recordedAt: formatInstant(recordedAt),
  };
}

export function lineView(line: LedgerLine, { showCost }: Sight): LineView {
  return {
    lineId: line.lineId,
    attemptId: line.attemptId,
    ordinal: line.ordinal,
    origin: line.origin,
    provider: line.answered.provider,
    model: line.answered.model,
    requested: formatModelRef(line.requested),
    reportedModel: line.reportedModel,
    outcome: line.outcome,
    status: line.status,
    source: line.source,
    occurredAt: formatInstant(line.occurredAt),
    recordedAt: formatInstant(line.recordedAt),
    latencyMs: line.latencyMs,
    responseId: line.responseId,
    tokens: line.usage?.tokens ?? null,
    fees: line.usage?.fees ?? null,
    serviceTier: line.usage?.serviceTier ?? null,
    ...(showCost ? lineCostView(line) : {}),
    chargeUsd: usdOrNull(line.chargePico),
    ...(line.chargeItems === undefined ? {} : { chargeItems: line.chargeItems.map(itemView) }),
    ...(line.unchargedReason === undefined ? {} : { unchargedReason: line.unchargedReason }),
    ...(line.allowance === undefined ? {} : { allowance: allowanceView(line.allowance) }),
    marks: line.marks,
    supersedes: line.supersedes,
  };
}

/** A finished call as a list shows it. */
export function callRowView(call: CallRecord, detail: Pick<CallDetail, "lines">, options: Sight): CallRowView {
  return { ...callView(call), ...sumsOf(detail, options) };
}

/** A call as it is shown by itself. */
export function callDetailView(callId: string, detail: CallDetail, options: Sight): CallDetailView {
  const { call, lines } = detail;
  const attempts = linesInForce(lines).map((line) => lineView(line, options));
  if (call !== null) return { ...callView(call), ...sumsOf(detail, options), attempts };
  // What an attempt under way will come to is unknown, whatever the ended ones came to (R6).
  return { callId, outcome: "in-flight", ...(options.showCost ? { costUsd: null } : {}), chargeUsd: null, attempts };
}

/** Everything that explains one call; without `showCost`, as far as its tenant may know. */
export function explanationView(callId: string, detail: CallDetail, options: Sight): CallExplanation {
  return {
    callId,
    call: detail.call === null ? null : callView(detail.call),
    lines: detail.lines.map((line) => lineView(line, options)),
    text: explainCall(detail, options),
  };
}

/** What the providers bill for a call, in USD; null when a part of it is unknown. */
export function costOfCall(detail: Pick<CallDetail, "lines">): string | null {
  return sumInForce(detail, ({ costPico }) => costPico);
}

function chargeOfCall(detail: Pick<CallDetail, "lines">): string | null {
  return sumInForce(detail, ({ chargePico }) => chargePico);
}

function sumsOf(detail: Pick<CallDetail, "lines">, { showCost }: Sight): CallSums {
  return { ...(showCost ? { costUsd: costOfCall(detail) } : {}), chargeUsd: chargeOfCall(detail) };
}

function lineCostView(line: LedgerLine): LineCostView {
  return {
    costUsd: usdOrNull(line.costPico),
    costItems: line.costItems.map(itemView),
    priceId: line.priceId,
    unpricedReason: line.unpricedReason,
    atMostUsd: usdOrNull(line.atMostPico),
    holdUsd: usdOrNull(line.holdPico),
    chargeVersion: line.chargeVersion,
    reportedBy: line.reportedBy ?? null,
  };
}

function itemView({ of, quantity, ratePico, amountPico }: CostItem): ItemView {
  return { of, quantity, rateUsd: formatUsd(ratePico), amountUsd: formatUsd(amountPico) };
}

function allowanceView({
  id,
  unit,
  limit,
  period,
  fullPico,
  quantity,
  before,
  covered,
}: AllowanceShare): AllowanceView {
  const amount = (value: bigint): string => (unit === "usd" ? formatUsd(value) : value.toString());
  return {
    id,
    unit,
    from: formatInstant(period.from),
    to: formatInstant(period.to),
    limit: amount(limit),
    before: amount(before),
    quantity: amount(quantity),
    covered: amount(covered),
    fullUsd: formatUsd(fullPico),
  };
}

function sumInForce(
  { lines }: Pick<CallDetail, "lines">,
  amountOf: (line: LedgerLine) => PicoUsd | null,
): string | null {
  let total = 0n;
  for (const line of linesInForce(lines)) {
    const amount = amountOf(line);
    if (amount === null) return null;
    total += amount;
  }
  return formatUsd(total);
}

function usdOrNull(amount: PicoUsd | null): string | null {
  return amount === null ? null : formatUsd(amount);
}
