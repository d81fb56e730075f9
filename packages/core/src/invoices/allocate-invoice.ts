import { allocate } from "../money/allocate.ts";
import type { InvoiceReconciliation, ReconciledRow } from "./reconcile-invoice.ts";

/** What a tenant bears of an invoice. */
export interface InvoiceShare {
  /** Null is *unattributed*: what belongs to no tenant. */
  readonly tenantId: string | null;
  /** What the ledger has for it. */
  readonly booked: bigint;
  /** Its part of the differences. */
  readonly allocated: bigint;
  /** `booked + allocated`. Over all tenants they add up to the invoice exactly. */
  readonly total: bigint;
}

/** Who bears what no tenant can have caused: nobody, or all tenants in proportion to what they bear already. */
export type UnattributedFallsOn = "nobody" | "all";

/**
 * Splits an invoice among tenants: what is booked for a tenant is its own, and each difference falls on those who can
 * have caused it, by largest remainder (R5). What belongs to nobody is listed last, unless it falls on all.
 */
export function allocateInvoice(
  { rows }: InvoiceReconciliation,
  unattributed: UnattributedFallsOn = "nobody",
): readonly InvoiceShare[] {
  const booked = new Map<string | null, bigint>();
  const allocated = new Map<string | null, bigint>();
  for (const row of rows) {
    for (const [tenantId, amount] of row.tenants) add(booked, tenantId, amount);
    for (const [tenantId, amount] of allocateRow(row)) add(allocated, tenantId, amount);
  }
  if (unattributed === "all") spread(booked, allocated);
  const ids = [...new Set([...booked.keys(), ...allocated.keys()])];
  const named = ids.filter((id) => id !== null).sort(inOrder);
  return [...named, ...(ids.includes(null) ? [null] : [])].map((tenantId) => {
    const own = booked.get(tenantId) ?? 0n;
    const more = allocated.get(tenantId) ?? 0n;
    return { tenantId, booked: own, allocated: more, total: own + more };
  });
}

/** Nothing to go by leaves it with nobody. */
function spread(booked: ReadonlyMap<string | null, bigint>, allocated: Map<string | null, bigint>): void {
  const amount = allocated.get(null) ?? 0n;
  const shares = [...new Set([...booked.keys(), ...allocated.keys()])]
    .filter((id) => id !== null)
    .sort(inOrder)
    .map((id) => [id, (booked.get(id) ?? 0n) + (allocated.get(id) ?? 0n)] as const)
    .filter(([, total]) => total > 0n);
  if (shares.length === 0) return;
  const parts = allocate(
    amount,
    shares.map(([, total]) => total),
  );
  for (const [index, [id]] of shares.entries()) add(allocated, id, parts[index] ?? 0n);
  allocated.delete(null);
}

type Part = readonly [tenantId: string | null, amount: bigint];

function allocateRow({ residuals }: ReconciledRow): readonly Part[] {
  return residuals.flatMap(({ amount, weights }): readonly Part[] => {
    if (weights.size === 0) return amount === 0n ? [] : [[null, amount]];
    // Equal remainders go to the first, so the order must not depend on how the ledger was read.
    const ids = [...weights.keys()].sort(inOrder);
    const shares = allocate(
      amount,
      ids.map((id) => weights.get(id) ?? 0n),
    );
    return ids.map((id, index) => [id, shares[index] ?? 0n]);
  });
}

function add(sums: Map<string | null, bigint>, tenantId: string | null, amount: bigint): void {
  sums.set(tenantId, (sums.get(tenantId) ?? 0n) + amount);
}

function inOrder(a: string, b: string): number {
  return a < b ? -1 : 1;
}
