import type { CallRecord, InvoiceEntry, LedgerLine, Period, UsageReader } from "@tenantry/core";
import type { Invoice } from "@tenantry/provider-simulator";

/** Everything an installation has recorded. */
export interface Recorded {
  readonly calls: readonly CallRecord[];
  readonly lines: readonly LedgerLine[];
}

/** Longer than any test. */
export const always: Period = { from: Date.UTC(2000, 0, 1), to: Date.UTC(2200, 0, 1) };

/** Every call with every line, through the reader that reports use. */
export async function readLedger(reader: UsageReader): Promise<Recorded> {
  const calls: CallRecord[] = [];
  const lines: LedgerLine[] = [];
  let cursor: string | undefined;
  do {
    const query = { period: always, limit: 1000, ...(cursor === undefined ? {} : { cursor }) };
    const page = await reader.calls({ kind: "installation" }, query);
    calls.push(...page.calls);
    lines.push(...page.lines.flat());
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return { calls, lines };
}

/** The simulator's invoice as the books read a provider's. */
export function invoiceEntries(invoice: Invoice): readonly InvoiceEntry[] {
  return invoice.lines.map((line) => ({
    entryId: line.id,
    attemptId: line.clientRequestId,
    responseId: line.responseId,
    model: line.model,
    amountPico: line.amountPico,
  }));
}
