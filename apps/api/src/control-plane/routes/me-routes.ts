import {
  calendarPeriod,
  describeLimits,
  findUsage,
  limitsView,
  policyView,
  tenantView,
  usageView,
} from "@tenantry/core";
import type { Caller } from "../caller.ts";
import { type ControlRoute, defineRoute, jsonAnswer, ok } from "../control-route.ts";
import type { ControlPlanePorts } from "../ports.ts";
import { meSchema } from "../schemas/tenant-schemas.ts";

export const meRoutes: readonly ControlRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/v1/me",
    access: "key",
    operationId: "getMe",
    tag: "You",
    summary: "Whose key this is",
    description: "For a tenant's key also what the tenant bought, where its limits stand and what it used this month.",
    answer: jsonAnswer(200, "The key, and its tenant.", meSchema),
    serve: async (ports, { caller }) =>
      ok({
        keyId: caller.keyId,
        scope: caller.kind,
        ...(await tenantPart(ports, caller)),
        simulated: ports.isSimulated,
      }),
  }),
];

async function tenantPart(ports: ControlPlanePorts, caller: Caller): Promise<Readonly<Record<string, unknown>>> {
  if (caller.kind !== "tenant") return { tenant: null, policy: null, limits: null, usage: null };
  const { tenant, policy, scope, showCost } = caller;
  const { timeZone } = tenant;
  const now = ports.clock.now();
  const query = { period: calendarPeriod("month", now, timeZone), groupBy: [], timeZone };
  const { from, to, total } = usageView(query, await findUsage(ports.reader, scope, query), { showCost });
  return {
    tenant: tenantView(tenant, ports.catalogue.tiers),
    policy: policy === null ? null : policyView(policy, { showCost }),
    limits: policy === null ? null : limitsView(await describeLimits(ports.limits, tenant, policy, now), { showCost }),
    usage: { from, to, ...total },
  };
}
