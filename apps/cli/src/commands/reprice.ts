import type { Books } from "@tenantry/composition";
import { formatInstant, formatUsd, type Period, type PriceBook, reprice, type RepricedTenant } from "@tenantry/core";
import type { Context } from "../context.ts";
import { findTenant } from "../known-tenant.ts";
import type { Report, Row } from "../output/report.ts";
import { formatPeriod, readPeriod } from "../period-option.ts";

export interface RepriceOptions {
  readonly from: string;
  readonly to: string;
  readonly tenant?: string;
  readonly dryRun?: boolean;
  readonly timeZone?: string;
}

/** `tenantry reprice`: the difference per tenant first, then the corrections. */
export async function repriceCommand(context: Context, options: RepriceOptions): Promise<number> {
  const { from, to, timeZone, tenant } = options;
  const asked = readPeriod({ from, to, ...(timeZone === undefined ? {} : { timeZone }) }, Date.now());
  const query = { period: asked.period, ...(tenant === undefined ? {} : { tenantId: tenant }) };
  const isDry = options.dryRun === true;
  await context.withBooks(async (books) => {
    if (tenant !== undefined) await findTenant(books, tenant);
    const book = books.prices.current();
    const isShownFirst = isDry || context.format === "table";
    if (isShownFirst) {
      const found = await reprice(portsOf(books), book, query, { append: false });
      context.print(repriceReport(found, book, asked, "difference"));
    }
    if (isDry) return;
    // By the same book, whatever is imported meanwhile.
    const done = await reprice(portsOf(books), book, query, { append: true });
    if (isShownFirst) context.terminal.out(`\n  ${told(done)}\n`);
    else context.print(repriceReport(done, book, asked, "corrected"));
  });
  return 0;
}

function portsOf({ reader, storage, tenants, config, clock }: Books): Parameters<typeof reprice>[0] {
  return { reader, ledger: storage.ledger, limits: storage.limits, tenants, tiers: config.catalogue.tiers, clock };
}

function told(found: readonly RepricedTenant[]): string {
  const count = found.reduce((sum, { corrected }) => sum + corrected, 0);
  return count === 1 ? "1 correction was appended" : `${count} corrections were appended`;
}

function repriceReport(
  found: readonly RepricedTenant[],
  book: PriceBook,
  { period, timeZone }: { readonly period: Period; readonly timeZone: string },
  state: "difference" | "corrected",
): Report {
  const rows = found.map(rowOf);
  const changed = rows.filter(({ corrected }) => corrected !== 0);
  const gone = (name: "priceGone" | "policyGone" | "unpriced" | "unknown"): number =>
    found.reduce((sum, tenant) => sum + tenant[name], 0);
  const notes: readonly (readonly [number, string])[] = [
    [gone("unpriced"), "lines still have no price"],
    [gone("priceGone"), "lines have a cost, but no price in this book; they stay as they are"],
    [
      gone("policyGone"),
      "lines have a charge nobody can tell, because their policy or tenant is gone; they stay as they are",
    ],
    [gone("unknown"), "lines are of unknown usage, which no price changes"],
  ];
  return {
    title: `Repricing ${formatPeriod(period, timeZone)} by book ${book.version}`,
    columns: [
      { key: "tenantId", title: "tenant" },
      { key: "lines", title: "lines", align: "right", importance: 2 },
      { key: "corrected", title: "corrected", align: "right" },
      { key: "newlyPriced", title: "of them unpriced", align: "right", hideEmpty: true, importance: 1 },
      { key: "costBeforeUsd", title: "cost before", align: "decimal" },
      { key: "costAfterUsd", title: "after", align: "decimal" },
      { key: "costDifferenceUsd", title: "difference", align: "decimal" },
      { key: "chargeDifferenceUsd", title: "charge difference", align: "decimal" },
    ],
    rows: changed,
    empty: "nothing is different",
    notes: notes.filter(([count]) => count > 0).map(([count, text]) => `${count} ${text}`),
    json: {
      book: book.version,
      from: formatInstant(period.from),
      to: formatInstant(period.to),
      appended: state === "corrected",
      rows,
    },
    csv: { columns: Object.keys(rows[0] ?? { tenantId: null }), rows },
  };
}

function rowOf(tenant: RepricedTenant): Row & { readonly corrected: number } {
  const { costBeforePico, costAfterPico, chargeBeforePico, chargeAfterPico, ...counts } = tenant;
  return {
    ...counts,
    costBeforeUsd: formatUsd(costBeforePico),
    costAfterUsd: formatUsd(costAfterPico),
    costDifferenceUsd: formatUsd(costAfterPico - costBeforePico),
    chargeBeforeUsd: formatUsd(chargeBeforePico),
    chargeAfterUsd: formatUsd(chargeAfterPico),
    chargeDifferenceUsd: formatUsd(chargeAfterPico - chargeBeforePico),
  };
}
