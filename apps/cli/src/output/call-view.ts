import {
  type CallDetail,
  type CallRecord,
  formatInstant,
  formatModelRef,
  formatUsd,
  type LedgerLine,
} from "@tenantry/core";

/** A call as JSON carries it: instants in ISO, models as `provider/model`. */
export function callView(call: CallRecord): Readonly<Record<string, unknown>> & { readonly callId: string } {
  const { model, admittedAt, recordedAt, ...rest } = call;
  return {
    ...rest,
    model: formatModelRef(model),
    admittedAt: formatInstant(admittedAt),
    recordedAt: formatInstant(recordedAt),
  };
}

/** A ledger line as JSON carries it: money as decimal strings of USD, null where it is unknown. */
export function lineView(line: LedgerLine): Readonly<Record<string, unknown>> {
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
    costUsd: usd(line.costPico),
    costItems: line.costItems.map((item) => ({
      of: item.of,
      quantity: item.quantity,
      rateUsd: formatUsd(item.ratePico),
      amountUsd: formatUsd(item.amountPico),
    })),
    priceId: line.priceId,
    unpricedReason: line.unpricedReason,
    atMostUsd: usd(line.atMostPico),
    holdUsd: usd(line.holdPico),
    chargeUsd: usd(line.chargePico),
    chargeVersion: line.chargeVersion,
    marks: line.marks,
    supersedes: line.supersedes,
  };
}

/** Cost of a call's lines in force; null when a part of it is unknown. */
export function costOfCall({ lines }: CallDetail): string | null {
  const replaced = new Set(lines.map(({ supersedes }) => supersedes));
  const inForce = lines.filter(({ lineId }) => !replaced.has(lineId));
  if (inForce.some(({ costPico }) => costPico === null)) return null;
  return formatUsd(inForce.reduce((sum, { costPico }) => sum + (costPico ?? 0n), 0n));
}

function usd(amount: bigint | null): string | null {
  return amount === null ? null : formatUsd(amount);
}
