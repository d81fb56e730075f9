import type { Books, InvoiceFile, InvoiceProvider } from "@tenantry/composition";
import {
  allocateInvoice,
  bookUnattributed,
  formatUsd,
  type Invoice,
  type InvoiceReconciliation,
  isExplained,
  type OurKeys,
  parseInstant,
  type Period,
  reconcileInvoice,
  reconcileRequests,
  TenantryError,
  unattributedByDay,
  unattributedTenantId,
} from "@tenantry/core";
import type { Context } from "../context.ts";
import { exitBreached } from "../exit-code.ts";
import { readInput } from "../read-input.ts";
import { connectionsOf, readKeys } from "../reconcile/connections.ts";
import { readDaysInDetail, readLines, readShares } from "../reconcile/read-booked.ts";
import { settleFromInvoice } from "../reconcile/settle-from-invoice.ts";
import { allocationReport, type Reconciled, reconciliationReport } from "../reconcile/reconciliation-report.ts";

export interface ReconcileOptions {
  readonly provider: string;
  readonly invoice: string;
  readonly from?: string;
  readonly to?: string;
  /** `<provider's key>` or `<provider's key>=<connection>`. */
  readonly key?: readonly string[];
  /** Names of fields or columns, separated by commas. */
  readonly ignore?: string;
  readonly allocate?: "keep" | "all";
  readonly bookUnattributed?: boolean;
  readonly settle?: boolean;
}

const dayMs = 86_400_000;

/** `tenantry reconcile`: the ledger held against what the provider billed. Exit code 4 when something is unexplained. */
export async function reconcileCommand(context: Context, options: ReconcileOptions): Promise<number> {
  const { readInvoice, invoiceProviders } = await import("@tenantry/composition");
  const provider = invoiceProviders.find((name) => name === options.provider);
  if (provider === undefined) {
    throw TenantryError.invalidRequest("--provider", `is "${options.provider}"; use ${invoiceProviders.join(", ")}`);
  }
  const ignore = options.ignore?.split(",").map((name) => name.trim()) ?? [];
  const file = await readInvoice(provider, await readInput(context, "--invoice", options.invoice), { ignore });
  if (options.allocate !== undefined && file.kind === "export" && file.invoice.unit === "tokens") {
    throw TenantryError.invalidRequest("--allocate", "needs an export of costs; this one has tokens");
  }
  if (options.settle === true && file.kind === "export") {
    const instead = "`tenantry calls settle` takes what the provider's dashboard says of a single one";
    throw TenantryError.invalidRequest("--settle", `needs an invoice of single requests, not sums of days; ${instead}`);
  }
  const reconciled = await context.withBooks(async (books) => {
    const compared = await reconcileFile(books, provider, file, options);
    if (options.bookUnattributed !== true) return compared;
    return { ...compared, notes: [...compared.notes, ...(await bookWhatIsLeft(books, compared))] };
  });
  const { allocate } = options;
  const allocation =
    allocate === undefined ? null : allocateInvoice(reconciled.result, allocate === "all" ? "all" : "nobody");
  const report = reconciliationReport(reconciled, allocation);
  if (allocation === null || context.format === "json") context.print(report);
  else {
    if (context.format === "table") {
      context.print(report);
      context.terminal.out("\n");
    }
    context.print(allocationReport(reconciled, allocation));
  }
  return reconciled.result.balanced ? 0 : exitBreached;
}

/** Whole days alone: a part of a day would take the place of the whole. */
async function bookWhatIsLeft(
  { storage, reader, clock }: Books,
  { provider, unit, period, result }: Reconciled,
): Promise<readonly string[]> {
  if (unit !== "usd")
    throw TenantryError.invalidRequest("--book-unattributed", "needs an export of costs; this one has tokens");
  if (period.from % dayMs !== 0 || period.to % dayMs !== 0) {
    throw TenantryError.invalidRequest("--book-unattributed", "needs whole days in UTC");
  }
  const ports = { ledger: storage.ledger, reader, clock };
  const changed = await bookUnattributed(ports, provider, unattributedByDay(result, period));
  if (changed.length === 0) return [`nothing to change under ${unattributedTenantId}`];
  return changed.map(({ day, beforePico, nowPico }) => {
    const was = beforePico === 0n ? "" : `, was ${formatUsd(beforePico)}`;
    return `booked under ${unattributedTenantId}: ${formatUsd(nowPico)} USD for ${day}${was}`;
  });
}

async function reconcileFile(
  books: Books,
  provider: InvoiceProvider,
  file: InvoiceFile,
  options: ReconcileOptions,
): Promise<Reconciled> {
  const base = { provider, path: options.invoice };
  if (file.kind === "export") return { ...base, ...(await reconcileExport(books, provider, file.invoice, options)) };
  if (options.key !== undefined)
    throw TenantryError.invalidRequest("--key", "does not go with the simulator's invoice");
  const period = readDays(options, file.period, false);
  const around = { from: Math.max(0, period.from - dayMs), to: period.to + dayMs };
  const entries = file.entries.filter(({ occurredAt }) => occurredAt >= around.from && occurredAt < around.to);
  const settled = options.settle === true ? await settleFromInvoice(books, { provider, entries, period: around }) : [];
  const result = reconcileRequests(await readLines(books, around), entries, period);
  const notes = ["simulated: no provider billed this", ...settled];
  const facts = { format: file.format, sources: [], unit: "usd" as const, decimals: 12, notes };
  return { ...base, ...facts, grain: { key: false, model: true }, period, result };
}

async function reconcileExport(
  books: Books,
  provider: InvoiceProvider,
  given: Invoice,
  options: ReconcileOptions,
): Promise<Omit<Reconciled, "provider" | "path">> {
  const period = readDays(options, given.period, true);
  const items = given.items.filter(({ day }) => Date.parse(day) >= period.from && Date.parse(day) < period.to);
  const invoice = { ...given, items };
  const connections = connectionsOf(books.config.providers, provider);
  if (options.key !== undefined && !given.grain.key) {
    throw TenantryError.invalidRequest("--key", "needs an export that is grouped by key; this one is not");
  }
  const keys = readKeys(options.key, connections);
  const compared = new Set([...connections.own, ...(keys?.values() ?? [])]);
  const shares = await readShares(books, given.unit, period, compared);
  const rough = reconcileInvoice(invoice, shares, keys);
  const days = openDays(rough);
  const { shares: detailed, notInDetail } = await readDaysInDetail(books, given.unit, shares, days);
  const result = days.size === 0 ? rough : reconcileInvoice(invoice, detailed, keys);
  const notes = [...given.notes, ...hints(given, keys, result, period), ...notInDetail.map(bySumsAlone)];
  const { format, sources, unit, decimals, grain } = given;
  return { format, sources, unit, decimals, grain, notes, period, result };
}

/** Days on which the roll-ups leave something open that single lines may explain. */
function openDays({ rows }: InvoiceReconciliation): ReadonlySet<string> {
  const open = rows.filter((row) => row.residuals.some(({ residual }) => !isExplained(residual)));
  return new Set(open.map(({ day }) => day));
}

function bySumsAlone(day: string): string {
  return `${day} was compared by its sums alone, because lines were added to it meanwhile`;
}

function hints(
  { grain, unit }: Invoice,
  keys: OurKeys,
  { rows, balanced }: InvoiceReconciliation,
  period: Period,
): readonly string[] {
  const missingHere = rows.some(({ state }) => state === "missing-here");
  return [
    ...(grain.model ? [] : ["the export is not grouped by model: only the sums of days are compared"]),
    ...(missingHere && keys === null
      ? [
          grain.key
            ? "if other programs use this account, name the keys Tenantry calls with: --key <id>"
            : "the export is not grouped by key: what other programs used cannot be told apart",
        ]
      : []),
    ...(unit === "tokens" && !balanced ? ["tokens of an unknown attempt have no bound; money has"] : []),
    ...(period.to > Date.now() ? ["the period is not over, and exports may lag"] : []),
  ];
}

/** The days asked for, or else those of the file. */
function readDays({ from, to }: ReconcileOptions, ofFile: Period | null, wholeDays: boolean): Period {
  const period = {
    from: readDay("--from", from, wholeDays) ?? ofFile?.from,
    to: readDay("--to", to, wholeDays) ?? ofFile?.to,
  };
  if (period.from === undefined || period.to === undefined) {
    throw TenantryError.invalidRequest("--invoice", "has no day in it; give --from and --to");
  }
  if (period.from >= period.to) throw TenantryError.invalidRequest("--from", "must be before --to");
  return { from: period.from, to: period.to };
}

function readDay(option: string, text: string | undefined, wholeDays: boolean): number | undefined {
  if (text === undefined) return undefined;
  const parsed = parseInstant(text);
  if (!parsed.ok) throw TenantryError.invalidRequest(option, `is "${text}"; ${parsed.problem}`);
  if (parsed.instant < 0) throw TenantryError.invalidRequest(option, `is "${text}"; use a day from 1970 on`);
  if (!wholeDays || parsed.instant % dayMs === 0) return parsed.instant;
  throw TenantryError.invalidRequest(option, `is "${text}"; exports are by whole days in UTC, such as 2026-11-01`);
}
