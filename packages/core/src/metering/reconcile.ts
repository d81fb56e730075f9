import type { PicoUsd } from "../money/pico-usd.ts";
import type { LedgerLine } from "./ledger-line.ts";

/** One billed request of a provider's invoice. */
export interface InvoiceEntry {
  readonly entryId: string;
  /** The id we sent with the attempt, where the provider kept it. */
  readonly attemptId: string | null;
  /** The provider's id of its answer. */
  readonly responseId: string | null;
  readonly model: string;
  readonly amountPico: PicoUsd;
}

/** Why an attempt's two amounts are not the same. */
export type Residual = "estimated" | "unknown" | "unpriced" | "differing" | "missing-here" | "missing-there";

/** One difference. `billedPico − bookedPico` is what the ledger is short of. */
export interface Difference {
  readonly residual: Residual;
  readonly line: LedgerLine | null;
  readonly entry: InvoiceEntry | null;
  /** Cost in the ledger; null when the ledger says that it does not know. */
  readonly bookedPico: PicoUsd | null;
  /** Amount of the invoice; null when the invoice has no such request. */
  readonly billedPico: PicoUsd | null;
}

/** Ledger and invoice laid side by side. */
export interface Reconciliation {
  /** Attempts with the same amount on both sides. */
  readonly matched: number;
  /** Refused attempts and the like: free here and absent there. */
  readonly freeOfCharge: number;
  readonly differences: readonly Difference[];
  /** Σ cost of all lines, unknown ones not included. */
  readonly bookedPico: PicoUsd;
  readonly billedPico: PicoUsd;
  /** Σ over the differences that are marked `estimated`, `unknown` or `unpriced`. */
  readonly explainedPico: PicoUsd;
  /** billed − booked − explained: not 0 means that the books do not balance (R1). */
  readonly unexplainedPico: PicoUsd;
  /** True when every difference is explained by the mark on its line. */
  readonly balanced: boolean;
}

/**
 * Holds the ledger against an invoice, attempt by attempt (R1). Lines that were superseded must not be passed. An entry
 * is matched by our attempt id, or else by the provider's response id.
 */
export function reconcile(lines: readonly LedgerLine[], entries: readonly InvoiceEntry[]): Reconciliation {
  const differences: Difference[] = [];
  let matched = 0;
  let freeOfCharge = 0;
  for (const { line, entry } of pairEntries(lines, entries)) {
    const residual = residualOf(line, entry);
    if (residual !== null) differences.push(difference(residual, line, entry));
    else if (entry === null) freeOfCharge += 1;
    else matched += 1;
  }

  const bookedPico = lines.reduce((sum, line) => sum + (line.costPico ?? 0n), 0n);
  const billedPico = entries.reduce((sum, entry) => sum + entry.amountPico, 0n);
  const explained = differences.filter(({ residual }) => isExplained(residual));
  const explainedPico = explained.reduce((sum, { billedPico: b, bookedPico: a }) => sum + (b ?? 0n) - (a ?? 0n), 0n);
  return {
    matched,
    freeOfCharge,
    differences,
    bookedPico,
    billedPico,
    explainedPico,
    unexplainedPico: billedPico - bookedPico - explainedPico,
    balanced: explained.length === differences.length,
  };
}

/** A line with its entry, each at most once; a line without an entry, then an entry without a line. */
export type EntryPair<Entry extends InvoiceEntry = InvoiceEntry> =
  | { readonly line: LedgerLine; readonly entry: Entry | null }
  | { readonly line: null; readonly entry: Entry };

/** Finds the line of each entry: by our attempt id, or else by the provider's response id. */
export function pairEntries<Entry extends InvoiceEntry>(
  lines: readonly LedgerLine[],
  entries: readonly Entry[],
): readonly EntryPair<Entry>[] {
  const byAttempt = indexBy(entries, (entry) => entry.attemptId);
  const byResponse = indexBy(entries, (entry) => entry.responseId);
  const open = new Set(entries);
  const pairs: EntryPair<Entry>[] = lines.map((line) => {
    const entry =
      byAttempt.get(line.attemptId) ?? (line.responseId === null ? undefined : byResponse.get(line.responseId));
    return { line, entry: entry !== undefined && open.delete(entry) ? entry : null };
  });
  return [...pairs, ...[...open].map((entry) => ({ line: null, entry }))];
}

/** Why the two amounts of an attempt differ, or null when they do not. */
export function residualOf(line: LedgerLine | null, entry: InvoiceEntry | null): Residual | null {
  if (line === null) return "missing-here";
  if (line.costPico !== null && line.costPico === (entry?.amountPico ?? 0n)) return null;
  if (line.source === "unknown") return "unknown";
  if (line.costPico === null) return "unpriced";
  if (line.source === "estimated") return "estimated";
  return entry === null ? "missing-there" : "differing";
}

function isExplained(residual: Residual): boolean {
  return residual === "estimated" || residual === "unknown" || residual === "unpriced";
}

function difference(residual: Residual, line: LedgerLine | null, entry: InvoiceEntry | null): Difference {
  return { residual, line, entry, bookedPico: line?.costPico ?? null, billedPico: entry?.amountPico ?? null };
}

function indexBy<Entry extends InvoiceEntry>(
  entries: readonly Entry[],
  keyOf: (entry: Entry) => string | null,
): ReadonlyMap<string, Entry> {
  return new Map(entries.flatMap((entry) => (keyOf(entry) === null ? [] : [[keyOf(entry) as string, entry] as const])));
}
