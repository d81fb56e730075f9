import {
  findCompliance,
  findUsage,
  formatInstant,
  slaView,
  TenantryError,
  unattributedTenantId,
  type UsageDimension,
  type UsageQuery,
  usageView,
} from "@tenantry/core";
import { z } from "@hono/zod-openapi";
import { noTenant, scopeFor } from "../caller.ts";
import { type ControlRoute, defineRoute, jsonAnswer, ok } from "../control-route.ts";
import type { ControlPlanePorts } from "../ports.ts";
import { readPeriod } from "../read-period.ts";
import { idField, periodFields, tenantFilter } from "../schemas/fields.ts";
import { slaSchema, usageSchema } from "../schemas/usage-schemas.ts";

const dimensions: readonly UsageDimension[] = [
  "tenant",
  "user",
  "session",
  "feature",
  "featureUsed",
  "model",
  "day",
  "month",
];

/** Taking and writing more at once would hold up every stream that is open. */
const mostGroups = 10_000;

const usageQuery = z.strictObject({
  ...periodFields,
  groupBy: z
    .string()
    .max(200)
    .default("tenant")
    .openapi({
      type: "string",
      default: "tenant",
      description: `Of ${dimensions.join(", ")}; several with commas. Empty: one row for all.`,
      example: "tenant,model",
    }),
  tenantId: tenantFilter,
  userId: idField("Only this user.").optional(),
  sessionId: idField("Only this session.").optional(),
  feature: idField("Only calls for this feature.").optional(),
});

const slaQuery = z.strictObject({ ...periodFields, tenantId: tenantFilter });

export const usageRoutes: readonly ControlRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/v1/usage",
    access: "tenant",
    operationId: "getUsage",
    tag: "Usage",
    summary: "What was used and what it cost",
    description:
      "Calls, tokens, cost and charge, grouped. A call has one `feature` and may use several: rows by `featureUsed` overlap, the total does not. Cost is there only for who may see it, margin only for operators.",
    query: usageQuery,
    answer: jsonAnswer(200, "Groups and their total. Empty groups are left out.", usageSchema),
    refusals: [404],
    serve: async (ports, { caller, query }) => {
      const scope = scopeFor(caller, query.tenantId);
      const { period, timeZone } = readPeriod(ports, caller, query);
      const { tenantId, userId, sessionId, feature } = query;
      const asked: UsageQuery = {
        period,
        timeZone,
        groupBy: readDimensions(query.groupBy),
        mostGroups,
        ...(tenantId === undefined ? {} : { tenantId }),
        ...(userId === undefined ? {} : { userId }),
        ...(sessionId === undefined ? {} : { sessionId }),
        ...(feature === undefined ? {} : { feature }),
      };
      const found = await findUsage(ports.reader, scope, asked);
      if (found.total.attempts + found.total.denied + found.total.calls === 0) await requireTenant(ports, tenantId);
      return ok(usageView(asked, found, { showCost: caller.showCost, showMargin: caller.kind === "admin" }));
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/sla",
    access: "tenant",
    operationId: "getSla",
    tag: "Usage",
    summary: "Whether customers got the level they were promised",
    description: "Exact counters decide; the quantile illustrates. Tenants without a call in the period have no row.",
    query: slaQuery,
    answer: jsonAnswer(200, "A row per objective of each tenant that called.", slaSchema),
    refusals: [404],
    serve: async (ports, { caller, query }) => {
      const scope = scopeFor(caller, query.tenantId);
      const { period } = readPeriod(ports, caller, query);
      const { tenantId } = query;
      const { reader, directory, catalogue } = ports;
      const asked = { period, ...(tenantId === undefined ? {} : { tenantId }) };
      const rows = await findCompliance({ reader, tenants: directory, tiers: catalogue.tiers }, scope, asked);
      if (rows.length === 0) await requireTenant(ports, tenantId);
      return ok({ from: formatInstant(period.from), to: formatInstant(period.to), ...slaView(rows) });
    },
  }),
];

/** One that left may still have usage; one that has none and is not known does not exist. */
export async function requireTenant(
  ports: Pick<ControlPlanePorts, "directory">,
  tenantId: string | undefined,
): Promise<void> {
  if (tenantId === unattributedTenantId) return;
  if (tenantId !== undefined && (await ports.directory.find(tenantId)) === null) throw noTenant(tenantId);
}

function readDimensions(text: string): readonly UsageDimension[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.length === 1 && names[0] === "") return [];
  return [...new Set(names)].map((name) => {
    const dimension = dimensions.find((known) => known === name);
    if (dimension !== undefined) return dimension;
    throw TenantryError.invalidRequest("groupBy", `${JSON.stringify(name)} is not known; use ${dimensions.join(", ")}`);
  });
}
