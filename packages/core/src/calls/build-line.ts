import { chargeLine } from "../metering/charge-line.ts";
import { attributionIn, type Intent, type LedgerLine, type LineMark } from "../metering/ledger-line.ts";
import type { Instant } from "../time/instant.ts";
import { type ChargePolicy, isNothing } from "../pricing/charge.ts";
import { type Cost, costOf } from "../pricing/cost.ts";
import type { PriceBook } from "../pricing/price-book.ts";
import type { Price } from "../pricing/price.ts";
import type { Usage } from "../pricing/usage.ts";
import { formatModelRef, type ModelRef } from "../tenancy/model-ref.ts";
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
  const { intent, facts, book } = parts;
  const asked = book.find(intent.target, intent.occurredAt, intent.tenantId);
  const model = answeringModel(parts, asked);
  const cost = costOfUsage(facts.usage, model.price, model.answered);
  const marks: LineMark[] = [...model.marks];
  const costPico = cost?.kind === "priced" ? cost.amountPico : null;
  if (costPico !== null && parts.holdPico !== null && costPico > parts.holdPico) marks.push("hold-exceeded");
  const { attemptId, callId, ordinal, occurredAt, target } = intent;
  return chargeLine(parts.charge, {
    lineId: attemptId,
    attemptId,
    callId,
    ordinal,
    origin: "call",
    ...attributionIn(intent),
    requested: target,
    answered: model.answered,
    reportedModel: parts.reportedModel,
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

interface AnsweringModel {
  readonly answered: ModelRef;
  readonly price: Price | null;
  readonly marks: readonly LineMark[];
}

/** A dated snapshot with the price of the name asked for counts under that name; any other model under its own. */
function answeringModel(parts: LineParts, asked: Price | null): AnsweringModel {
  const { intent, book, reportedModel } = parts;
  if (reportedModel === null || reportedModel === intent.target.model) {
    return { answered: intent.target, price: asked, marks: [] };
  }
  const reported: ModelRef = { provider: intent.target.provider, model: reportedModel };
  const price = book.find(reported, intent.occurredAt, intent.tenantId);
  if (price === null && isSnapshotOf(intent.target.model, reportedModel)) {
    return { answered: intent.target, price: asked, marks: [] };
  }
  if (price === null && asked === null) return { answered: reported, price: null, marks: ["model-differs"] };
  if (price === null) return { answered: reported, price: asked, marks: ["model-differs", "priced-as-requested"] };
  if (price.id === asked?.id) return { answered: intent.target, price, marks: [] };
  return { answered: reported, price, marks: ["model-differs"] };
}

/** `name-2024-07-18`, `name-20250929`, `name-0613`: how vendors call a dated edition of `name`. */
function isSnapshotOf(name: string, reported: string): boolean {
  return reported.startsWith(name) && /^-(?:\d{4}-\d{2}-\d{2}|\d{8}|\d{4})$/.test(reported.slice(name.length));
}

/** Null when there is nothing to price, because the usage is unknown. */
function costOfUsage(usage: Usage | null, price: Price | null, answered: ModelRef): Cost | null {
  if (usage === null) return null;
  if (isNothing(usage)) {
    return { kind: "priced", amountPico: 0n, items: [], priceId: price?.id ?? "nothing-used" };
  }
  if (price === null) return { kind: "unpriced", reason: `no price for ${formatModelRef(answered)} at that time` };
  return costOf(usage, price);
}
