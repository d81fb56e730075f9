import type { Policy, Tenant } from "./tenant.ts";
import type { Tier } from "./tier.ts";

/** The tier as it holds for this tenant: each part the tenant overrides replaces the tier's whole part. */
export function resolvePolicy(tier: Tier, tenant: Tenant): Policy {
  const { id, name: _name, ...policy } = tier;
  return { ...policy, ...tenant.overrides, tierId: id };
}
