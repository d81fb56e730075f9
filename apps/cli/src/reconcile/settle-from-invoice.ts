import { type Books, type InvoiceProvider, settleAttempt } from "@tenantry/composition";
import { type DatedEntry, pairEntries, type Period } from "@tenantry/core";
import { isOpenLine } from "../is-open-line.ts";
import { readLines } from "./read-booked.ts";

/**
 * Lets the invoice replace what the ledger does not know or only estimates, attempt by attempt, and tells what it did.
 * Attempts the invoice does not have are left as they are: that it lacks them may mean that it lags.
 */
export async function settleFromInvoice(
  books: Books,
  from: { readonly provider: InvoiceProvider; readonly entries: readonly DatedEntry[]; readonly period: Period },
): Promise<readonly string[]> {
  const lines = await readLines(books, from.period);
  let settled = 0;
  let left = 0;
  for (const { line, entry } of pairEntries(lines, from.entries)) {
    if (line === null || !isOpenLine(line)) continue;
    if (entry === null) {
      left += 1;
      continue;
    }
    const { callId, attemptId } = line;
    const result = await settleAttempt(books, {
      callId,
      attemptId,
      source: "measured",
      usage: entry.usage ?? null,
      costPico: entry.amountPico,
      reportedBy: `invoice:${from.provider}`,
      replaces: null,
      responseId: entry.responseId,
    });
    if (result.kind === "superseded") settled += 1;
  }
  return [
    `settled from the invoice: ${countOf(settled)}`,
    ...(left === 0
      ? []
      : [
          `not on the invoice: ${countOf(left)} of unknown or estimated cost; \`tenantry calls settle\` when it is final`,
        ]),
  ];
}

function countOf(attempts: number): string {
  return attempts === 1 ? "1 attempt" : `${attempts} attempts`;
}
