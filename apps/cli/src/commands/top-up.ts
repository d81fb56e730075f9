import { randomUUID } from "node:crypto";
import {
  createTenants,
  parseInstant,
  resolvePolicy,
  type Tenant,
  TenantryError,
  type TopUpView,
  topUpView,
} from "@tenantry/core";
import type { Books } from "@tenantry/composition";
import type { Context } from "../context.ts";
import { findTenant } from "../known-tenant.ts";
import { inOptions } from "../in-options.ts";

export interface TopUpOptions {
  readonly id?: string;
  readonly for?: string;
  readonly at?: string;
  readonly note?: string;
}

const fields = ["tenantId", "id", "budgetId", "scopeId", "amountUsd", "at", "from", "to", "note"] as const;

/** `tenantry budgets top-up <tenant> <budget> <usd>`: money for the period that contains the moment, once. */
export async function topUpBudget(
  context: Context,
  tenantId: string,
  budgetId: string,
  amountUsd: string,
  options: TopUpOptions,
): Promise<number> {
  const { id = `topup_${randomUUID().replaceAll("-", "")}`, for: scopeId, note } = options;
  const at = options.at === undefined ? undefined : instantOf(options.at);
  await context.withBooks(async (books) => {
    await findTenant(books, tenantId);
    const given = {
      id,
      budgetId,
      amountUsd,
      ...(scopeId === undefined ? {} : { scopeId }),
      ...(at === undefined ? {} : { at }),
      ...(note === undefined ? {} : { note }),
    };
    const tenants = createTenants({ directory: books.tenants, catalogue: books.config.catalogue });
    const { tenant, topUp } = await tenants.topUp(tenantId, given, books.clock.now()).catch(inOptions(optionOf));
    const [view] = topUpsOf(books, { ...tenant, topUps: [topUp] });
    if (view === undefined) throw new TenantryError("internal", "a top-up without its budget");
    const row = { tenantId, ...view };
    context.print({
      title: `$${view.amountUsd} added to ${budgetId} of ${tenantId}`,
      facts: [
        ["top-up", view.id],
        ["for", view.scopeId ?? "all the budget counts"],
        ["counts from", view.from],
        ["until", view.to],
        ["note", view.note ?? "-"],
      ],
      columns: [],
      rows: [],
      notes: ["repeating it with the same --id adds nothing"],
      json: row,
      csv: { columns: fields, rows: [row] },
    });
  });
  return 0;
}

/** The top-ups of a tenant whose budgets still exist. */
export function topUpsOf({ config }: Pick<Books, "config">, tenant: Tenant): readonly TopUpView[] {
  const tier = config.catalogue.tiers.get(tenant.tier);
  const budgets = tier === undefined ? [] : resolvePolicy(tier, tenant).budgets;
  return (tenant.topUps ?? []).flatMap((topUp) => {
    const budget = budgets.find(({ id }) => id === topUp.budgetId);
    return budget === undefined ? [] : [topUpView(topUp, budget, tenant.timeZone)];
  });
}

function instantOf(text: string): number {
  const parsed = parseInstant(text);
  if (parsed.ok) return parsed.instant;
  throw TenantryError.invalidRequest("--at", parsed.problem);
}

const optionOf: Readonly<Record<string, string>> = {
  id: "--id",
  budgetId: "<budget>",
  amountUsd: "<usd>",
  scopeId: "--for",
  at: "--at",
  note: "--note",
};
