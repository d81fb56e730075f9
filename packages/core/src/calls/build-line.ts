import { chargeLine } from "../metering/charge-line.ts";
import { attributionIn, type Intent, type LedgerLine, type LineMark } from "../metering/ledger-line.ts";
import { priceAttempt } from "../metering/price-attempt.ts";
import type { Instant } from "../time/instant.ts";
import type { ChargePolicy } from "../pricing/charge.ts";
import type { PriceBook } from "../pricing/price-book.ts";
import type { AttemptFacts } from "./attempt-facts.ts";

/** All that a line is made of. */
export interface LineParts {
  readonly intent: Intent;
  readonly facts: AttemptFacts;
  readonly recordedAt: Instant;
  readonly book: PriceBook;
  readonly charge: ChargePolicy;
  readonly holdPico: bigint | null;
  readonly latencyMs: number | null;
  readonly reportedModel: string | null;
  readonly responseId: string | null;
  readonly status: number | null;
}

/** The ledger line of an attempt: usage priced by the answering model's price in force when the intent was written. */
export function buildLine(parts: LineParts): LedgerLine {
  const { intent, facts, book, reportedModel } = parts;
  const { attemptId, callId, ordinal, occurredAt, tenantId, target: requested } = intent;
  const attempt = { tenantId, requested, reportedModel, occurredAt, usage: facts.usage };
  const { answered, cost, marks: modelMarks } = priceAttempt(attempt, book);
  const marks: LineMark[] = [...modelMarks];
  const costPico = cost?.kind === "priced" ? cost.amountPico : null;
  if (costPico !== null && parts.holdPico !== null && costPico > parts.holdPico) marks.push("hold-exceeded");
  return chargeLine(parts.charge, {
    lineId: attemptId,
    attemptId,
    callId,
    ordinal,
    origin: "call",
    ...attributionIn(intent),
    requested,
    answered,
    reportedModel,
    occurredAt,
    recordedAt: parts.recordedAt,
    outcome: facts.outcome,
    source: facts.source,
    usage: facts.usage,
    costPico,
    unpricedReason: cost?.kind === "unpriced" ? cost.reason : null,
    costItems: cost?.kind === "priced" ? cost.items : [],
    priceId: cost?.kind === "priced" ? cost.priceId : null,
    atMostPico: facts.source === "unknown" ? intent.atMostPico : null,
    holdPico: parts.holdPico,
    chargePico: null,
    chargeVersion: null,
    latencyMs: parts.latencyMs,
    responseId: parts.responseId,
    status: parts.status,
    marks,
    supersedes: null,
  });
}
