import {
  type BudgetOwner,
  type BudgetView,
  budgetView,
  describeBudgets,
  parseInstant,
  requirePolicy,
  resolvePolicy,
  type Tenant,
  type TopUpView,
  topUpViews,
} from "@tenantry/core";
import { z } from "@hono/zod-openapi";
import { type Reader, scopeFor } from "../caller.ts";
import { type ControlRoute, defineRoute, jsonAnswer, ok } from "../control-route.ts";
import { pageOf } from "../paging.ts";
import type { ControlPlanePorts } from "../ports.ts";
import { budgetPageSchema, newTopUpSchema, topUpSchema } from "../schemas/budget-schemas.ts";
import { cursorField, idField, limitField, tenantFilter } from "../schemas/fields.ts";
import { requireTenant } from "./usage-routes.ts";

export const budgetRoutes: readonly ControlRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/v1/budgets",
    access: "tenant",
    operationId: "listBudgets",
    tag: "Budgets",
    summary: "Budgets and where they stand, by tenant",
    description:
      "A tenant's key sees its own tenant alone, and what is spent only where its tier shows cost. Budgets for each user, feature or key show the count of the one that is named. A page is counted in tenants.",
    query: z.strictObject({
      tenantId: tenantFilter,
      userId: idField("Whose count, of budgets for each user.").optional(),
      feature: idField("Whose count, of budgets for each feature.").optional(),
      keyId: idField("Whose count, of budgets for each key.").optional(),
      cursor: cursorField,
      limit: limitField,
    }),
    answer: jsonAnswer(200, "A page of budgets.", budgetPageSchema),
    refusals: [404],
    serve: async (ports, { caller, query }) => {
      const { userId = null, feature = null, keyId = null } = query;
      const page = pageOf("budgets", await tenantsFor(ports, caller, query.tenantId), ({ id }) => id, query);
      const rows = await Promise.all(
        page.rows.map((tenant) => budgetsOf(ports, caller, tenant, { userId, feature, keyId })),
      );
      return ok({ rows: rows.flat(), nextCursor: page.nextCursor });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/budgets/top-ups",
    access: "admin",
    operationId: "topUpBudget",
    tag: "Budgets",
    summary: "Add money to a budget once",
    description:
      "It counts in the calendar period that contains `at`, in the tenant's zone, and for a rolling budget for one window from `at`. Repeating an id adds nothing; the same id for other money is a 409.",
    body: newTopUpSchema,
    answer: jsonAnswer(201, "The top-up.", topUpSchema),
    refusals: [404, 409],
    serve: async (ports, { body: { tenantId, at, scopeId, note, ...rest } }) => {
      const instant = at === undefined ? null : parseInstant(at);
      const added = await ports.tenants.topUp(
        tenantId,
        {
          ...rest,
          ...(instant?.ok === true ? { at: instant.instant } : {}),
          ...(scopeId === undefined ? {} : { scopeId }),
          ...(note === undefined ? {} : { note }),
        },
        ports.clock.now(),
      );
      const { budgets } = requirePolicy(ports.catalogue.tiers, added.tenant);
      const [topUp] = topUpViews({ ...added.tenant, topUps: [added.topUp] }, budgets);
      return { status: 201, body: { tenantId, ...topUp } };
    },
  }),
];

async function tenantsFor(
  { directory }: ControlPlanePorts,
  caller: Reader,
  tenantId: string | undefined,
): Promise<readonly Tenant[]> {
  scopeFor(caller, tenantId);
  if (caller.kind === "tenant") return [caller.tenant];
  if (tenantId === undefined) return await directory.list();
  await requireTenant({ directory }, tenantId);
  const tenant = await directory.find(tenantId);
  return tenant === null ? [] : [tenant];
}

/** None where the tenant's tier is not configured. */
async function budgetsOf(
  ports: ControlPlanePorts,
  { kind, showCost }: Reader,
  tenant: Tenant,
  owner: BudgetOwner,
): Promise<readonly (BudgetView & { readonly topUps?: readonly TopUpView[] })[]> {
  const tier = ports.catalogue.tiers.get(tenant.tier);
  if (tier === undefined) return [];
  const policy = resolvePolicy(tier, tenant);
  const lines = await describeBudgets(ports.limits, tenant, policy, ports.clock.now(), owner);
  const topUps = kind === "admin" ? topUpViews(tenant, policy.budgets) : [];
  return lines.map((line) => {
    const view = budgetView(line, { showCost });
    return kind === "admin" ? { ...view, topUps: topUps.filter(({ budgetId }) => budgetId === line.budgetId) } : view;
  });
}
