import { randomUUID } from "node:crypto";
import { createTenants, parseInstant, requirePolicy, TenantryError, topUpViews } from "@tenantry/core";
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
    const { catalogue } = books.config;
    const tenants = createTenants({ directory: books.tenants, catalogue });
    const { tenant, topUp } = await tenants.topUp(tenantId, given, books.clock.now()).catch(inOptions(optionOf));
    const { budgets } = requirePolicy(catalogue.tiers, tenant);
    const [view] = topUpViews({ ...tenant, topUps: [topUp] }, budgets);
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
