import {
  type BudgetLine,
  type BudgetOwner,
  type BudgetView,
  budgetView,
  describeBudgets,
  requirePolicy,
  type Tenant,
  topUpViews,
} from "@tenantry/core";
import type { Books } from "@tenantry/composition";
import type { Context } from "../context.ts";
import { findTenant } from "../known-tenant.ts";
import type { Column, Row } from "../output/report.ts";

export interface ListBudgetsOptions {
  readonly tenant?: string;
}

export interface ShowBudgetsOptions {
  readonly user?: string;
  readonly feature?: string;
  readonly key?: string;
}

const columns: readonly Column[] = [
  { key: "budgetId", title: "budget" },
  { key: "scopeId", title: "of", hideEmpty: true, overflow: "shorten" },
  { key: "limitUsd", title: "limit $", align: "decimal" },
  { key: "toppedUpUsd", title: "topped up $", align: "decimal", hideEmpty: true },
  { key: "rolledUsd", title: "left over $", align: "decimal", hideEmpty: true },
  { key: "spentUsd", title: "spent $", align: "decimal" },
  { key: "heldUsd", title: "held $", align: "decimal", hideEmpty: true },
  { key: "leftUsd", title: "left $", align: "decimal" },
  { key: "toldPercent", title: "told %", align: "right", hideEmpty: true, importance: 1 },
  { key: "onBreach", title: "on breach", importance: 2 },
  { key: "resetAt", title: "counts until", overflow: "keep", importance: 3 },
];
const fields: readonly (keyof BudgetView)[] = [
  "tenantId",
  "budgetId",
  "scope",
  "scopeId",
  "per",
  "onBreach",
  "limitUsd",
  "toppedUpUsd",
  "rolledUsd",
  "spentUsd",
  "heldUsd",
  "leftUsd",
  "toldPercent",
  "resetAt",
];
const manyCounts = "budgets per user, feature or key have one count for each; `budgets show` tells one's";

/** `tenantry budgets list`: every tenant's budgets and where they stand. */
export async function listBudgets(context: Context, { tenant: only }: ListBudgetsOptions): Promise<number> {
  await context.withBooks(async (books) => {
    const tenants = only === undefined ? await books.tenants.list() : [await findTenant(books, only)];
    // A tenant whose tier is gone has no budgets, and hides nobody else's.
    const known = tenants.filter(({ tier }) => books.config.catalogue.tiers.has(tier));
    const lines = (await Promise.all(known.map((tenant) => linesOf(books, tenant, {})))).flat();
    const rows = lines.map(rowOf);
    context.print({
      title: "Budgets",
      columns: [{ key: "tenantId", title: "tenant" }, ...columns.filter(({ key }) => key !== "onBreach")],
      rows: rows.map(forTable),
      empty: "no tenant has a budget",
      notes: lines.some(({ count }) => count === null) ? [manyCounts] : [],
      json: { rows },
      csv: { columns: fields, rows },
    });
  });
  return 0;
}

/** `tenantry budgets show <tenant>`: its budgets, for one user, feature or key where it has many counts, and its top-ups. */
export async function showBudgets(context: Context, id: string, options: ShowBudgetsOptions): Promise<number> {
  const owner = { userId: options.user ?? null, feature: options.feature ?? null, keyId: options.key ?? null };
  await context.withBooks(async (books) => {
    const tenant = await findTenant(books, id);
    const lines = await linesOf(books, tenant, owner);
    const rows = lines.map(rowOf);
    const topUps = topUpViews(tenant, requirePolicy(books.config.catalogue.tiers, tenant).budgets);
    context.print({
      title: `Budgets of ${id}`,
      facts: [["time zone", tenant.timeZone]],
      columns,
      rows: rows.map(forTable),
      empty: "no budget: nothing is counted against the tenant's money",
      notes: [
        ...topUps.map(
          ({ id: name, budgetId, amountUsd, scopeId, to, note }) =>
            `top-up ${name}: $${amountUsd} for ${budgetId}${scopeId === null ? "" : ` of ${scopeId}`}, until ${to}${note === null ? "" : ` (${note})`}`,
        ),
        ...(lines.some(({ count }) => count === null)
          ? ["name a --user, --feature or --key to see its own count"]
          : []),
      ],
      json: { rows, topUps },
      csv: { columns: fields, rows },
    });
  });
  return 0;
}

async function linesOf(books: Books, tenant: Tenant, owner: BudgetOwner): Promise<readonly BudgetLine[]> {
  const policy = requirePolicy(books.config.catalogue.tiers, tenant);
  return await describeBudgets(books.storage.limits, tenant, policy, books.clock.now(), owner);
}

function rowOf(line: BudgetLine): BudgetView & Row {
  return { ...budgetView(line, { showCost: true }) };
}

/** What is nothing for every budget needs no column. */
function forTable(row: BudgetView & Row): Row {
  const orNull = (usd: string | null): string | null => (usd === "0" ? null : usd);
  const { toppedUpUsd, rolledUsd, heldUsd } = row;
  return { ...row, toppedUpUsd: orNull(toppedUpUsd), rolledUsd: orNull(rolledUsd), heldUsd: orNull(heldUsd) };
}
