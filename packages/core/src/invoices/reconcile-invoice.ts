import { type BookedShare, type Mark, marks } from "./booked-share.ts";
import type { Invoice, InvoiceItem, TokenPart } from "./invoice.ts";

/** Why the invoice and the ledger differ. The last three nothing explains. */
export type InvoiceResidual =
  /** Lines whose cost is not known, priced or measured, within what they can come to. */
  | Mark
  /** Less than the export's last decimal can say. */
  | "rounding"
  /** Billed for keys that are not ours, or for something else than calls of a model. */
  | "untracked"
  | "missing-here"
  | "missing-there"
  | "differing";

/** A part of a difference, and who it falls on: tenants by weight, nobody when there are none. */
export interface ResidualAmount {
  readonly residual: InvoiceResidual;
  /** Billed more than booked; negative when less. 0 when two unexplained differences within cancel out. */
  readonly amount: bigint;
  readonly weights: ReadonlyMap<string, bigint>;
}

export type RowState = "matched" | "missing-here" | "missing-there" | "differing" | "untracked";

/** One day × key × model laid side by side: `billed − booked` is the sum of `residuals`. */
export interface ReconciledRow {
  readonly day: string;
  /** Name of the connection where keys are told apart, the provider's key where it is none of ours, else null. */
  readonly key: string | null;
  /** Family of the model; null where the export is not grouped by model, or for something else than a model. */
  readonly model: string | null;
  readonly part: TokenPart | null;
  /** What the provider calls what has no model; null otherwise. */
  readonly text: string | null;
  readonly billed: bigint;
  readonly booked: bigint;
  readonly state: RowState;
  readonly residuals: readonly ResidualAmount[];
  /** Booked per tenant. */
  readonly tenants: ReadonlyMap<string, bigint>;
}

/** An invoice and the ledger laid side by side. */
export interface InvoiceReconciliation {
  /** By day, key, model and part. Rows with nothing on either side are left out. */
  readonly rows: readonly ReconciledRow[];
  readonly billed: bigint;
  readonly booked: bigint;
  /** Net, over all rows; `billed = booked + explained + unexplained`. */
  readonly explained: bigint;
  readonly unexplained: bigint;
  /** True when nothing is unexplained in any row, so two errors that cancel out do not balance. */
  readonly balanced: boolean;
}

/** Keys of the provider that Tenantry calls with, and the connection each belongs to. Null: the account is ours alone. */
export type OurKeys = ReadonlyMap<string, string> | null;

/**
 * Holds an export by day, key and model against what the ledger has for the same days (R1).
 *
 * A difference is explained by what the ledger marks as unknown, unpriced or estimated, as far as those lines can reach;
 * then by the export's rounding, half a unit of its last decimal for each item; what the ledger cannot have seen is
 * `untracked`. The rest is unexplained. Two errors that cancel out within one row cannot be seen in an export.
 */
export function reconcileInvoice(
  invoice: Invoice,
  shares: readonly BookedShare[],
  ourKeys: OurKeys = null,
): InvoiceReconciliation {
  const cells = new Map<string, Cell>();
  const untracked = new Map<string, Cell>();
  const perKey = ourKeys !== null && invoice.grain.key;
  for (const item of invoice.items) {
    const connection = perKey ? (item.key === null ? undefined : ourKeys.get(item.key)) : null;
    const model = modelOf(invoice, item.model);
    const foreign = connection === undefined;
    const key = foreign ? (item.key ?? "(no key)") : connection;
    const text = model === null && invoice.grain.model ? item.text : null;
    // What is no model's is held against the day's fees as one sum, because both sides name them differently.
    const place = { day: item.day, key, model, part: item.part, text: foreign ? text : null };
    const cell = cellAt(foreign ? untracked : cells, place);
    cell.items.push(item);
  }
  for (const share of shares) {
    const place = { day: share.day, key: perKey ? share.connection : null, model: modelOf(invoice, share.model) };
    cellAt(cells, { ...place, part: share.part, text: null }).shares.push(share);
  }
  const rows = [
    ...[...cells.values()].map((cell) => reconcileCell(cell, invoice)),
    ...[...untracked.values()].map(untrackedRow),
  ];
  return summarise(rows.filter((row) => row.billed !== 0n || row.booked !== 0n || row.residuals.length > 0));
}

/** Sums of rows, in order. */
export function summarise(rows: readonly ReconciledRow[]): InvoiceReconciliation {
  const residuals = rows.flatMap((row) => row.residuals);
  const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);
  const unexplained = residuals.filter(({ residual }) => !isExplained(residual));
  return {
    rows: [...rows].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1)),
    billed: sum(rows.map(({ billed }) => billed)),
    booked: sum(rows.map(({ booked }) => booked)),
    explained: sum(residuals.filter(({ residual }) => isExplained(residual)).map(({ amount }) => amount)),
    unexplained: sum(unexplained.map(({ amount }) => amount)),
    balanced: unexplained.length === 0,
  };
}

export function isExplained(residual: InvoiceResidual): boolean {
  switch (residual) {
    case "estimated":
    case "unknown":
    case "unpriced":
    case "rounding":
    case "untracked":
      return true;
    case "missing-here":
    case "missing-there":
    case "differing":
      return false;
  }
}

interface Place {
  readonly day: string;
  readonly key: string | null;
  readonly model: string | null;
  readonly part: TokenPart | null;
  readonly text: string | null;
}

interface Cell extends Place {
  readonly items: InvoiceItem[];
  readonly shares: BookedShare[];
}

function modelOf(invoice: Invoice, model: string | null): string | null {
  return model === null || !invoice.grain.model ? null : invoice.familyOf(model);
}

function cellAt(cells: Map<string, Cell>, place: Place): Cell {
  const id = sortKey(place);
  const found = cells.get(id) ?? { ...place, items: [], shares: [] };
  cells.set(id, found);
  return found;
}

function sortKey({ day, key, model, part, text }: Place): string {
  return JSON.stringify([day, key ?? "", model ?? "\uffff", part ?? "", text ?? ""]);
}

function untrackedRow(cell: Cell): ReconciledRow {
  const billed = total(cell.items);
  const residuals = [{ residual: "untracked" as const, amount: billed, weights: new Map<string, bigint>() }];
  return rowOf(cell, "untracked", billed === 0n ? [] : residuals);
}

function reconcileCell(cell: Cell, invoice: Invoice): ReconciledRow {
  const gap = total(cell.items) - total(cell.shares);
  if (gap === 0n) return rowOf(cell, "matched", []);
  const fees = cell.model === null && invoice.grain.model;
  if (fees && gap > 0n) {
    const residuals = [{ residual: "untracked" as const, amount: gap, weights: new Map<string, bigint>() }];
    return rowOf(cell, cell.shares.length === 0 ? "untracked" : "differing", residuals);
  }
  const marked = explainByMarks(cell, gap);
  const rest = gap - marked.reduce((sum, { amount }) => sum + amount, 0n);
  const state = cell.items.length === 0 ? "missing-there" : cell.shares.length === 0 ? "missing-here" : "differing";
  if (rest === 0n) return rowOf(cell, state, marked);
  const residual = isRounding(rest, cell, invoice) ? "rounding" : state;
  return rowOf(cell, state, [...marked, { residual, amount: rest, weights: bookedWeights(cell) }]);
}

/** Half a unit of the last decimal for every item, and for the row that an export leaves out because it rounds to 0. */
function isRounding(rest: bigint, { items }: Cell, { unit, decimals }: Invoice): boolean {
  if (unit === "tokens") return false;
  const twice = (rest < 0n ? -rest : rest) * 2n;
  return twice <= 10n ** BigInt(12 - decimals) * BigInt(Math.max(1, items.length));
}

/** What marked lines can explain of a gap, the least known first. */
function explainByMarks({ shares }: Cell, gap: bigint): readonly ResidualAmount[] {
  const found: ResidualAmount[] = [];
  let open = gap;
  for (const mark of marks) {
    const leeways = shares.map(({ tenantId, leeway }) => ({ tenantId, ...leeway[mark] }));
    const most = open > 0n ? sumOrNull(leeways.map(({ more }) => more)) : sumOrNull(leeways.map(({ less }) => less));
    const amount = most === null ? open : open > 0n ? least(open, most) : -least(-open, most);
    if (amount === 0n) continue;
    const weight = ({ lines, less, more }: (typeof leeways)[number]): bigint =>
      most === null ? BigInt(lines) : amount > 0n ? (more ?? 0n) : less;
    found.push({ residual: mark, amount, weights: weigh(leeways, weight) });
    open -= amount;
  }
  return found;
}

/** Who booked in the cell: by amount, or by lines where no line has an amount. */
function bookedWeights({ shares }: Cell): ReadonlyMap<string, bigint> {
  const byAmount = weigh(shares, ({ amount }) => amount);
  return byAmount.size > 0 ? byAmount : weigh(shares, ({ lines }) => BigInt(lines));
}

function weigh<Item extends { readonly tenantId: string }>(
  items: readonly Item[],
  weightOf: (item: Item) => bigint,
): ReadonlyMap<string, bigint> {
  const weights = new Map<string, bigint>();
  for (const item of items) {
    const weight = weightOf(item);
    if (weight > 0n) weights.set(item.tenantId, (weights.get(item.tenantId) ?? 0n) + weight);
  }
  return weights;
}

function rowOf(cell: Cell, state: RowState, residuals: readonly ResidualAmount[]): ReconciledRow {
  const { day, key, model, part } = cell;
  const texts = new Set(cell.items.map(({ text }) => text));
  const text = cell.text ?? (model === null && texts.size > 0 && texts.size <= 3 ? [...texts].join("; ") : null);
  const tenants = new Map<string, bigint>();
  for (const { tenantId, amount } of cell.shares) tenants.set(tenantId, (tenants.get(tenantId) ?? 0n) + amount);
  const amounts = { billed: total(cell.items), booked: total(cell.shares) };
  return { day, key, model, part, text, ...amounts, state, residuals, tenants };
}

function total(items: readonly { readonly amount: bigint }[]): bigint {
  return items.reduce((sum, { amount }) => sum + amount, 0n);
}

function sumOrNull(values: readonly (bigint | null)[]): bigint | null {
  let sum = 0n;
  for (const value of values) {
    if (value === null) return null;
    sum += value;
  }
  return sum;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
