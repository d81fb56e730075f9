import { TenantryError } from "../errors/tenantry-error.ts";
import { linesOfAttempt, supersedingLineId } from "../metering/line-in-force.ts";
import type { LedgerLine } from "../metering/ledger-line.ts";
import type { PicoUsd } from "../money/pico-usd.ts";
import type { Clock } from "../ports/clock.port.ts";
import type { UsageLedger } from "../ports/usage-ledger.port.ts";
import type { UsageReader } from "../ports/usage-reader.port.ts";
import { unattributedTenantId } from "../tenancy/unattributed.ts";
import { parseInstant, type Instant } from "../time/instant.ts";
import { eachPeriod, type Period } from "../time/period.ts";
import { dayOf } from "./booked-share.ts";
import type { InvoiceReconciliation } from "./reconcile-invoice.ts";

/** What the ledger has for nobody on one day, and had before. */
export interface UnattributedDay {
  /** `2026-11-23`, UTC. */
  readonly day: string;
  readonly beforePico: PicoUsd;
  readonly nowPico: PicoUsd;
}

/**
 * What of an invoice falls on no tenant, by UTC day: no tenant's line can have caused it. Days of the period without any
 * are 0, so that what an earlier invoice left there can be taken back.
 */
export function unattributedByDay(
  { rows }: Pick<InvoiceReconciliation, "rows">,
  period: Period,
): ReadonlyMap<string, PicoUsd> {
  const days = new Map<string, PicoUsd>(eachPeriod("day", period, "UTC").map(({ from }) => [dayOf(from), 0n]));
  for (const { day, residuals } of rows) {
    for (const { weights, amount } of residuals) {
      if (weights.size === 0 && days.has(day)) days.set(day, (days.get(day) ?? 0n) + amount);
    }
  }
  return days;
}

/** Others who book the same day at the same time, before we give up. */
const mostTries = 20;

interface BookingPorts {
  readonly ledger: Pick<UsageLedger, "settle">;
  readonly reader: Pick<UsageReader, "call">;
  readonly clock: Clock;
}

/**
 * Writes what of a provider's invoice belongs to nobody into the ledger, under `(unattributed)`: a line a day, so that
 * the sum over all tenants and it is the invoice. The latest invoice holds: a later one supersedes what an earlier one
 * said (R7), and the same one again changes nothing. Of several at once the one that is written last holds. Nobody is
 * charged, and no budget counts it.
 *
 * Rejects with `unavailable` where the store does, or where others keep booking the same day; days before it are booked
 * then, and booking all of them again is safe.
 */
export async function bookUnattributed(
  ports: BookingPorts,
  provider: string,
  days: ReadonlyMap<string, PicoUsd>,
): Promise<readonly UnattributedDay[]> {
  const changed: UnattributedDay[] = [];
  for (const [day, nowPico] of days) {
    const beforePico = await bookDay(ports, provider, day, nowPico);
    if (beforePico !== nowPico) changed.push({ day, beforePico, nowPico });
  }
  return changed;
}

/** Answers what the ledger had for the day; that is `nowPico` where nothing had to be written. */
async function bookDay(ports: BookingPorts, provider: string, day: string, nowPico: PicoUsd): Promise<PicoUsd> {
  const id = `unattributed:${provider}:${day}`;
  for (let tries = 0; tries < mostTries; tries += 1) {
    const detail = await ports.reader.call({ kind: "tenant", tenantId: unattributedTenantId }, id);
    const before = linesOfAttempt(detail?.lines ?? [], id).at(-1) ?? null;
    const beforePico = before?.costPico ?? 0n;
    if (beforePico === nowPico) return beforePico;
    const line = lineOf(provider, { id, occurredAt: startOf(day), costPico: nowPico, recordedAt: ports.clock.now() });
    const next = before === null ? line : { ...line, lineId: supersedingLineId(before), supersedes: before.lineId };
    // Another may have come first under the same id; then theirs is what ours supersedes.
    const stored = await ports.ledger.settle({ line: next, call: null });
    if (stored?.costPico === nowPico) return beforePico;
  }
  throw new TenantryError("unavailable", `${day} of ${provider} keeps being booked by others; try again`, {
    retryable: true,
  });
}

function startOf(day: string): Instant {
  const parsed = parseInstant(day);
  if (!parsed.ok) throw TenantryError.invalidRequest("day", parsed.problem);
  return parsed.instant;
}

function lineOf(
  provider: string,
  of: { readonly id: string; readonly occurredAt: Instant; readonly recordedAt: Instant; readonly costPico: PicoUsd },
): LedgerLine {
  const model = { provider, model: unattributedTenantId };
  return {
    tenantId: unattributedTenantId,
    userId: null,
    sessionId: null,
    feature: null,
    featuresUsed: [],
    keyId: null,
    lineId: of.id,
    attemptId: of.id,
    callId: of.id,
    ordinal: 1,
    origin: "ingest",
    requested: model,
    answered: model,
    reportedModel: null,
    occurredAt: of.occurredAt,
    recordedAt: of.recordedAt,
    outcome: "ok",
    source: "measured",
    usage: null,
    costPico: of.costPico,
    unpricedReason: null,
    costItems: [],
    priceId: null,
    atMostPico: null,
    holdPico: null,
    chargePico: 0n,
    chargeVersion: null,
    latencyMs: null,
    responseId: null,
    status: null,
    marks: [],
    supersedes: null,
    reportedBy: `invoice:${provider}`,
  };
}
