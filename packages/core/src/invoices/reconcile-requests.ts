import type { Instant } from "../time/instant.ts";
import type { Period } from "../time/period.ts";
import type { Usage } from "../pricing/usage.ts";
import { formatModelRef } from "../tenancy/model-ref.ts";
import type { LedgerLine } from "../metering/ledger-line.ts";
import { type EntryPair, type InvoiceEntry, pairEntries, residualOf } from "../metering/reconcile.ts";
import { dayOf } from "./booked-share.ts";
import {
  type InvoiceReconciliation,
  type InvoiceResidual,
  type ReconciledRow,
  type RowState,
  summarise,
} from "./reconcile-invoice.ts";

/** One billed request, and when it was. */
export interface DatedEntry extends InvoiceEntry {
  readonly occurredAt: Instant;
  /** What was used, where the invoice says so. */
  readonly usage?: Usage;
}

/**
 * Holds an invoice of single requests against the lines, attempt by attempt (R1), and shows the result by day and model.
 * Nothing can cancel out: each request has a residual of its own, and falls on the tenant whose line it is. Superseded
 * lines must not be passed. A line decides the instant and the model of its request.
 *
 * @param period what is reported. Pass lines and entries of a while around it, because the two sides have two clocks.
 */
export function reconcileRequests(
  lines: readonly LedgerLine[],
  entries: readonly DatedEntry[],
  { from, to }: Period = { from: 0, to: Number.POSITIVE_INFINITY },
): InvoiceReconciliation {
  const rows = new Map<string, EntryPair<DatedEntry>[]>();
  for (const pair of pairEntries(lines, entries)) {
    const at = pair.line === null ? pair.entry.occurredAt : pair.line.occurredAt;
    if (at < from || at >= to) continue;
    const [day, model] =
      pair.line === null
        ? [dayOf(pair.entry.occurredAt), pair.entry.model]
        : [dayOf(pair.line.occurredAt), formatModelRef(pair.line.answered)];
    const key = JSON.stringify([day, model]);
    const pairs = rows.get(key) ?? [];
    pairs.push(pair);
    rows.set(key, pairs);
  }
  const all = [...rows].map(([key, pairs]) => {
    const [day, model] = JSON.parse(key) as [string, string];
    return toRow(day, model, pairs);
  });
  return summarise(all.filter((row) => row.billed !== 0n || row.booked !== 0n || row.residuals.length > 0));
}

function toRow(day: string, model: string, pairs: readonly EntryPair<DatedEntry>[]): ReconciledRow {
  const sums = new Map<InvoiceResidual, { amount: bigint; readonly byTenant: Map<string, bigint> }>();
  const tenants = new Map<string, bigint>();
  for (const { line, entry } of pairs) {
    const gap = (entry?.amountPico ?? 0n) - (line?.costPico ?? 0n);
    if (line !== null) tenants.set(line.tenantId, (tenants.get(line.tenantId) ?? 0n) + (line.costPico ?? 0n));
    const residual = residualOf(line, entry);
    if (residual === null || (gap === 0n && residual === "unknown")) continue;
    const sum = sums.get(residual) ?? { amount: 0n, byTenant: new Map<string, bigint>() };
    sum.amount += gap;
    if (line !== null) sum.byTenant.set(line.tenantId, (sum.byTenant.get(line.tenantId) ?? 0n) + gap);
    sums.set(residual, sum);
  }
  const residuals = [...sums].flatMap(([residual, { byTenant, amount }]) =>
    byTenant.size === 0
      ? [{ residual, amount, weights: new Map<string, bigint>() }]
      : // One for each tenant, so that what one owes is not set off against what another is owed.
        [...byTenant].map(([tenantId, own]) => ({ residual, amount: own, weights: new Map([[tenantId, 1n]]) })),
  );
  const billed = pairs.reduce((sum, { entry }) => sum + (entry?.amountPico ?? 0n), 0n);
  const booked = pairs.reduce((sum, { line }) => sum + (line?.costPico ?? 0n), 0n);
  return {
    day,
    key: null,
    model,
    part: null,
    text: null,
    billed,
    booked,
    state: stateOf(pairs, residuals.length),
    residuals,
    tenants,
  };
}

function stateOf(pairs: readonly EntryPair<DatedEntry>[], residuals: number): RowState {
  if (residuals === 0) return "matched";
  if (pairs.every(({ line }) => line === null)) return "missing-here";
  return pairs.every(({ entry }) => entry === null) ? "missing-there" : "differing";
}
