import { TenantryError } from "../errors/tenantry-error.ts";
import type { Policy, Tenant } from "./tenant.ts";
import type { Tier, TierPolicy } from "./tier.ts";

/** A directory gives the same object until the tenant changes, and every call asks. */
const known = new WeakMap<Tenant, { readonly tier: Tier; readonly policy: Policy }>();

/** The tier as it holds for this tenant: each part the tenant overrides replaces the tier's whole part. */
export function resolvePolicy(tier: Tier, tenant: Tenant): Policy {
  const before = known.get(tenant);
  if (before?.tier === tier) return before.policy;
  const policy = Object.freeze(merge(tier, tenant));
  known.set(tenant, { tier, policy });
  return policy;
}

/** What holds for a tenant. @throws TenantryError `not_found` where its tier is not configured. */
export function requirePolicy(tiers: ReadonlyMap<string, Tier>, tenant: Tenant): Policy {
  const tier = tiers.get(tenant.tier);
  if (tier !== undefined) return resolvePolicy(tier, tenant);
  throw new TenantryError("not_found", `tier ${tenant.tier} of tenant ${JSON.stringify(tenant.id)} is not configured`);
}

function merge(tier: Tier, tenant: Tenant): Policy {
  const { id, name: _name, ...policy } = tier;
  const merged = { ...policy, ...tenant.overrides, tierId: id };
  return { ...merged, showCost: showsCost(merged) };
}

/** Whether the tenant's own key may see provider cost. */
export function showsCost({ showCost, charge }: Pick<TierPolicy, "showCost" | "charge">): boolean {
  return showCost ?? (charge.kind === "pass-through" && charge.allowance === undefined);
}
