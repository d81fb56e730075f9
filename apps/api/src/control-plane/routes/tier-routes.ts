import { TenantryError, type Tier, tierView } from "@tenantry/core";
import { z } from "@hono/zod-openapi";
import type { Reader } from "../caller.ts";
import { type ControlRoute, defineRoute, jsonAnswer, ok } from "../control-route.ts";
import { pageOf } from "../paging.ts";
import type { ControlPlanePorts } from "../ports.ts";
import { cursorField, idField, limitField } from "../schemas/fields.ts";
import { tierPageSchema, tierSchema } from "../schemas/tenant-schemas.ts";

export const tierRoutes: readonly ControlRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/v1/tiers",
    access: "tenant",
    operationId: "listTiers",
    tag: "Tiers",
    summary: "What is sold, by id",
    description: "Tiers are declared in the configuration. A tenant's key sees its own tier alone.",
    query: z.strictObject({ cursor: cursorField, limit: limitField }),
    answer: jsonAnswer(200, "A page of tiers.", tierPageSchema),
    serve: async (ports, { caller, query }) => {
      const page = pageOf("tiers", tiersFor(ports, caller), ({ id }) => id, query);
      return ok({ ...page, rows: page.rows.map((tier) => tierView(tier, caller)) });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/tiers/{tierId}",
    access: "tenant",
    operationId: "getTier",
    tag: "Tiers",
    summary: "One tier",
    params: z.object({ tierId: idField("Id of the tier.") }),
    answer: jsonAnswer(200, "The tier.", tierSchema),
    refusals: [404],
    serve: async (ports, { caller, params: { tierId } }) => {
      const tier = tiersFor(ports, caller).find(({ id }) => id === tierId);
      if (tier === undefined) throw new TenantryError("not_found", `there is no tier ${JSON.stringify(tierId)}`);
      return ok(tierView(tier, caller));
    },
  }),
];

function tiersFor({ catalogue }: ControlPlanePorts, caller: Reader): readonly Tier[] {
  const tiers = [...catalogue.tiers.values()];
  return caller.kind === "tenant" ? tiers.filter(({ id }) => id === caller.tenant.tier) : tiers;
}
