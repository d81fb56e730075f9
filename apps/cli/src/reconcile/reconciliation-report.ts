import {
  formatInstant,
  formatUsd,
  type Invoice,
  type InvoiceReconciliation,
  type InvoiceResidual,
  type InvoiceShare,
  isExplained,
  type Period,
  type ReconciledRow,
  unattributedTenantId,
} from "@tenantry/core";
import type { Cell, Column, Report, Row } from "../output/report.ts";
import { formatPeriod } from "../period-option.ts";

/** A reconciliation and what was reconciled. */
export interface Reconciled extends Pick<Invoice, "format" | "sources" | "unit" | "decimals" | "grain" | "notes"> {
  readonly provider: string;
  readonly path: string;
  readonly period: Period;
  readonly result: InvoiceReconciliation;
}

type Amount = string | number;

const explanations: Readonly<Record<InvoiceResidual, string>> = {
  unknown: "within what attempts of unknown cost can come to",
  unpriced: "attempts without a price",
  estimated: "attempts whose usage was estimated",
  rounding: "the export's last decimal",
  untracked: "other keys, or no call of a model",
  "missing-here": "billed, and not in the ledger",
  "missing-there": "in the ledger, and not billed",
  differing: "billed and booked differently",
};

/** What is billed and booked, and every row that differs. */
export function reconciliationReport(reconciled: Reconciled, allocation: readonly InvoiceShare[] | null): Report {
  const { result, unit, format, period, provider, path, sources, notes, grain, decimals } = reconciled;
  const sums = sumResiduals(result.rows);
  const open = result.rows.filter(({ state }) => state !== "matched");
  const show = (amount: bigint): Amount => formatAmount(amount, unit);
  const flat = result.rows.map((row) => flatten(row, unit));
  return {
    title: `${format} against the ledger, ${formatPeriod(period)}`,
    facts: [
      ["billed", label(result.billed, unit)],
      ["booked", label(result.booked, unit)],
      ["matched", `${result.rows.length - open.length} of ${result.rows.length} rows`],
      ...sums.map(([name, amount]): [string, string] => [name, `${label(amount, unit)}: ${explanations[name]}`]),
      ["result", verdict(result, unit)],
    ],
    columns: columns(unit),
    rows: open.map((row) => flatten(row, unit)),
    notes: [...notes, ...(sources.length === 0 ? [] : [`read by ${sources.join(", ")}`])],
    json: {
      provider,
      invoice: path,
      format,
      sources,
      from: formatInstant(period.from),
      to: formatInstant(period.to),
      unit,
      groupedByKey: grain.key,
      groupedByModel: grain.model,
      decimals,
      billed: show(result.billed),
      booked: show(result.booked),
      explained: show(result.explained),
      unexplained: show(result.unexplained),
      balanced: result.balanced,
      residuals: Object.fromEntries(sums.map(([name, amount]) => [name, show(amount)])),
      rows: result.rows.map((row) => rowView(row, unit)),
      allocation: allocation === null ? null : allocation.map(shareView),
      notes,
    },
    csv: {
      columns: ["day", "key", "model", "part", "text", "billed", "booked", "difference", "state", "residuals"],
      rows: flat,
    },
  };
}

/** Who bears how much of the invoice. */
export function allocationReport({ result }: Reconciled, allocation: readonly InvoiceShare[]): Report {
  const rows = allocation.map(shareView);
  return {
    title: "The invoice among tenants, differences by largest remainder",
    columns: [
      { key: "tenantId", title: "tenant" },
      { key: "bookedUsd", title: "booked USD", align: "decimal" },
      { key: "allocatedUsd", title: "allocated USD", align: "decimal" },
      { key: "totalUsd", title: "total USD", align: "decimal" },
    ],
    rows,
    total: {
      tenantId: "total",
      bookedUsd: formatUsd(result.booked),
      allocatedUsd: formatUsd(result.billed - result.booked),
      totalUsd: formatUsd(result.billed),
    },
    empty: "nothing to allocate",
    json: { rows },
  };
}

function columns(unit: Invoice["unit"]): readonly Column[] {
  const align = unit === "usd" ? "decimal" : "right";
  const name = unit === "usd" ? "USD" : "tokens";
  return [
    { key: "day", title: "day", overflow: "keep" },
    { key: "key", title: "key", hideEmpty: true, importance: 2 },
    { key: "model", title: "model" },
    { key: "part", title: "tokens", hideEmpty: true },
    { key: "text", title: "billed for", hideEmpty: true, importance: 1 },
    { key: "billed", title: `billed ${name}`, align },
    { key: "booked", title: `booked ${name}`, align },
    { key: "difference", title: "difference", align },
    { key: "state", title: "state", overflow: "keep", importance: 0 },
    { key: "why", title: "why", overflow: "wrap" },
  ];
}

function flatten(row: ReconciledRow, unit: Invoice["unit"]): Row {
  const { residuals, ...view } = rowView(row, unit);
  const parts = Object.entries(residuals);
  const told = parts.map(([name, amount]) => `${name} ${amount}`).join(", ");
  const [only] = parts;
  // One reason is told in words, several with what each comes to.
  const why = parts.length === 1 && only !== undefined ? explanations[only[0] as InvoiceResidual] : told;
  return { ...view, residuals: told, why };
}

function rowView(
  { day, key, model, part, text, billed, booked, state, residuals }: ReconciledRow,
  unit: Invoice["unit"],
): {
  readonly day: string;
  readonly key: Cell;
  readonly model: Cell;
  readonly part: Cell;
  readonly text: Cell;
  readonly billed: Amount;
  readonly booked: Amount;
  readonly difference: Amount;
  readonly state: string;
  readonly residuals: Readonly<Record<string, Amount>>;
} {
  const named = sumResiduals([{ residuals }]).map(([name, amount]) => [name, formatAmount(amount, unit)] as const);
  return {
    ...{ day, key, model, part, text },
    billed: formatAmount(billed, unit),
    booked: formatAmount(booked, unit),
    difference: formatAmount(billed - booked, unit),
    state,
    residuals: Object.fromEntries(named),
  };
}

function shareView({ tenantId, booked, allocated, total }: InvoiceShare): Readonly<Record<string, string>> {
  return {
    tenantId: tenantId ?? unattributedTenantId,
    bookedUsd: formatUsd(booked),
    allocatedUsd: formatUsd(allocated),
    totalUsd: formatUsd(total),
  };
}

function sumResiduals(
  rows: readonly Pick<ReconciledRow, "residuals">[],
): readonly (readonly [InvoiceResidual, bigint])[] {
  const sums = new Map<InvoiceResidual, bigint>();
  for (const { residual, amount } of rows.flatMap(({ residuals }) => residuals)) {
    sums.set(residual, (sums.get(residual) ?? 0n) + amount);
  }
  return (Object.keys(explanations) as InvoiceResidual[]).flatMap((name) => {
    const amount = sums.get(name);
    return amount === undefined ? [] : [[name, amount] as const];
  });
}

function verdict(
  { billed, booked, unexplained, balanced, rows }: InvoiceReconciliation,
  unit: Invoice["unit"],
): string {
  if (billed === booked && rows.every(({ state }) => state === "matched")) return "reconciled: both sides are equal";
  if (balanced) return "reconciled: every difference is explained";
  const open = rows.filter(({ residuals }) => residuals.some(({ residual }) => !isExplained(residual))).length;
  return `NOT RECONCILED: ${open === 1 ? "1 row" : `${open} rows`} unexplained, ${label(unexplained, unit)} net`;
}

function formatAmount(amount: bigint, unit: Invoice["unit"]): Amount {
  return unit === "usd" ? formatUsd(amount) : Number(amount);
}

function label(amount: bigint, unit: Invoice["unit"]): string {
  if (unit === "tokens") return `${amount} tokens`;
  return amount < 0n ? `-$${formatUsd(-amount)}` : `$${formatUsd(amount)}`;
}
