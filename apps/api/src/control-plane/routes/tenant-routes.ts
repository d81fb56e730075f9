import { describeLimits, limitsView, policyView, requirePolicy, type Tenant, tenantView } from "@tenantry/core";
import { z } from "@hono/zod-openapi";
import { noTenant, type Reader } from "../caller.ts";
import { type ControlRoute, defineRoute, jsonAnswer, ok } from "../control-route.ts";
import { pageOf } from "../paging.ts";
import type { ControlPlanePorts } from "../ports.ts";
import { cursorField, idField, limitField } from "../schemas/fields.ts";
import {
  newTenantSchema,
  tenantChangeSchema,
  tenantDetailSchema,
  tenantPageSchema,
  tenantSchema,
} from "../schemas/tenant-schemas.ts";

const tenantParams = z.object({ tenantId: idField("Id of the tenant.") });
const pageQuery = z.strictObject({ cursor: cursorField, limit: limitField });

export const tenantRoutes: readonly ControlRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/v1/tenants",
    access: "tenant",
    operationId: "listTenants",
    tag: "Tenants",
    summary: "Customers, by id",
    description: "A tenant's key sees its own tenant alone.",
    query: pageQuery,
    answer: jsonAnswer(200, "A page of tenants.", tenantPageSchema),
    serve: async (ports, { caller, query }) => {
      const seen = caller.kind === "tenant" ? [caller.tenant] : await ports.directory.list();
      const page = pageOf("tenants", seen, ({ id }) => id, query);
      return ok({ ...page, rows: page.rows.map((tenant) => tenantView(tenant, ports.catalogue.tiers)) });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/tenants",
    access: "admin",
    operationId: "createTenant",
    tag: "Tenants",
    summary: "Add a customer",
    description:
      "It may call at once, and stays across restarts. Tenants that the configuration declares are changed there.",
    body: newTenantSchema,
    answer: jsonAnswer(201, "The tenant.", tenantSchema),
    refusals: [409],
    serve: async (ports, { body: { id, name, tier, timeZone } }) => {
      const tenant = await ports.tenants.create({
        id,
        tier,
        ...(name === undefined ? {} : { name }),
        ...(timeZone === undefined ? {} : { timeZone }),
      });
      const location = `/api/v1/tenants/${encodeURIComponent(id)}`;
      return { status: 201, headers: { location }, body: tenantView(tenant, ports.catalogue.tiers) };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/tenants/{tenantId}",
    access: "tenant",
    operationId: "getTenant",
    tag: "Tenants",
    summary: "One customer, what it bought, and where its limits stand",
    params: tenantParams,
    answer: jsonAnswer(200, "The tenant.", tenantDetailSchema),
    refusals: [404],
    serve: async (ports, { caller, params: { tenantId } }) =>
      ok(await tenantDetail(ports, caller, await findTenant(ports, caller, tenantId))),
  }),
  defineRoute({
    method: "PATCH",
    path: "/api/v1/tenants/{tenantId}",
    access: "admin",
    operationId: "changeTenant",
    tag: "Tenants",
    summary: "Suspend, resume or change a customer",
    description:
      "Repeating it changes nothing. A suspension holds until it is ended here, across restarts. What else the configuration declares of a tenant is changed there (409).",
    params: tenantParams,
    body: tenantChangeSchema,
    answer: jsonAnswer(200, "The tenant as it is now.", tenantSchema),
    refusals: [404, 409],
    serve: async (ports, { params: { tenantId }, body: { name, tier, timeZone, status } }) => {
      const tenant = await ports.tenants.change(tenantId, {
        ...(name === undefined ? {} : { name }),
        ...(tier === undefined ? {} : { tier }),
        ...(timeZone === undefined ? {} : { timeZone }),
        ...(status === undefined ? {} : { status }),
      });
      return ok(tenantView(tenant, ports.catalogue.tiers));
    },
  }),
];

async function findTenant(ports: ControlPlanePorts, caller: Reader, tenantId: string): Promise<Tenant> {
  const isSeen = caller.kind === "admin" || caller.tenant.id === tenantId;
  const tenant = isSeen ? await ports.directory.find(tenantId) : null;
  if (tenant === null) throw noTenant(tenantId);
  return tenant;
}

async function tenantDetail(ports: ControlPlanePorts, { showCost }: Reader, tenant: Tenant): Promise<unknown> {
  const { tiers } = ports.catalogue;
  const policy = requirePolicy(tiers, tenant);
  const limits = await describeLimits(ports.limits, tenant, policy, ports.clock.now());
  return {
    ...tenantView(tenant, tiers),
    ...policyView(policy, { showCost }),
    limits: limitsView(limits, { showCost }),
  };
}
