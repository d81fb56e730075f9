import {
  type Attribution,
  claimsFor,
  formatDuration,
  formatModelRef,
  formatUsd,
  type Policy,
  resolvePolicy,
  type Tenant,
  TenantryError,
} from "@tenantry/core";
import type { Books } from "@tenantry/composition";
import type { Context } from "../context.ts";

/** `tenantry tenants list`. */
export async function listTenants(context: Context): Promise<number> {
  const { tenants, tiers } = await context.withBooks(async (books) => ({
    tenants: await books.tenants.list(),
    tiers: books.config.catalogue.tiers,
  }));
  context.print({
    title: "Tenants",
    columns: [
      { key: "id", title: "tenant" },
      { key: "name", title: "name" },
      { key: "tier", title: "tier" },
      { key: "status", title: "status" },
      { key: "timeZone", title: "time zone" },
      { key: "models", title: "models, in order" },
    ],
    rows: tenants.map((tenant) => {
      const tier = tiers.get(tenant.tier);
      const models = tier === undefined ? null : resolvePolicy(tier, tenant).route.map(formatModelRef).join(", ");
      return {
        id: tenant.id,
        name: tenant.name,
        tier: tenant.tier,
        status: tenant.status,
        timeZone: tenant.timeZone,
        models,
      };
    }),
  });
  return 0;
}

/** `tenantry tenants show <tenant>`: what they bought, and where its limits stand. */
export async function showTenant(context: Context, tenantId: string): Promise<number> {
  const report = await context.withBooks(async (books) => await describeTenant(books, tenantId));
  context.print({
    title: `Tenant ${tenantId}`,
    columns: [
      { key: "what", title: "what" },
      { key: "allowed", title: "allowed" },
      { key: "used", title: "used", align: "right" },
      { key: "left", title: "left", align: "right" },
    ],
    rows: report,
  });
  return 0;
}

async function describeTenant(books: Books, tenantId: string): Promise<Record<string, string | number | null>[]> {
  const tenant = await books.tenants.find(tenantId);
  if (tenant === null) {
    const known = (await books.tenants.list()).map(({ id }) => id).join(", ");
    throw new TenantryError("not_found", `there is no tenant ${tenantId}; known are ${known}`);
  }
  const tier = books.config.catalogue.tiers.get(tenant.tier);
  if (tier === undefined) throw new TenantryError("not_found", `tier ${tenant.tier} of ${tenantId} is not configured`);
  const policy = resolvePolicy(tier, tenant);
  const fact = (what: string, allowed: string): Record<string, string | null> => ({
    what,
    allowed,
    used: null,
    left: null,
  });
  return [
    fact("name", tenant.name),
    fact("status", tenant.status),
    fact("tier", policy.tierId),
    fact("models", policy.route.map(formatModelRef).join(", ")),
    fact("features", policy.features.join(", ") || "not gated"),
    fact("objectives", policy.objectives.map(({ id }) => id).join(", ") || "best effort"),
    fact("charge", policy.charge.version),
    ...(await describeLimits(books, tenant, policy)),
  ];
}

/** Counts of the tenant's own scope; limits per user or feature have one count each and are not listed. */
async function describeLimits(
  books: Books,
  tenant: Tenant,
  whole: Policy,
): Promise<Record<string, string | number | null>[]> {
  const own = <Limit extends { readonly scope: string }>(limits: readonly Limit[]): readonly Limit[] =>
    limits.filter(({ scope }) => scope === "tenant");
  const policy: Policy = {
    ...whole,
    limits: own(whole.limits),
    concurrency: own(whole.concurrency),
    budgets: own(whole.budgets),
  };
  const who: Attribution = {
    tenantId: tenant.id,
    userId: null,
    sessionId: null,
    feature: null,
    featuresUsed: [],
    keyId: null,
  };
  const at = { now: Date.now(), timeZone: tenant.timeZone };
  const states = await books.storage.limits.peek(claimsFor(policy, who, at, { tokens: 0, costPico: 0n }));
  return [
    ...states.windows.map((window) => ({
      what: window.limitId,
      allowed: `${window.capacity} ${window.metric} per ${formatDuration(window.windowMs)}`,
      used: window.capacity - window.remaining,
      left: window.remaining,
    })),
    ...states.leases.map((lease) => ({
      what: lease.limitId,
      allowed: `${lease.capacity} calls at once`,
      used: lease.inFlight,
      left: Math.max(0, lease.capacity - lease.inFlight),
    })),
    ...states.budgets.map((budget) => {
      const left = budget.limitPico - budget.spentPico - budget.heldPico;
      return {
        what: budget.budgetId,
        allowed: `$${formatUsd(budget.limitPico)} (${budget.breach})`,
        used: `$${formatUsd(budget.spentPico)}`,
        left: `$${formatUsd(left < 0n ? 0n : left)}`,
      };
    }),
  ];
}
