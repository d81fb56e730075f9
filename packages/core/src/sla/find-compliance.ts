import type { QueryScope, SlaQuery } from "../metering/usage-query.ts";
import type { TenantDirectory } from "../ports/tenant-directory.port.ts";
import type { UsageReader } from "../ports/usage-reader.port.ts";
import { resolvePolicy } from "../tenancy/resolve-policy.ts";
import type { Tier } from "../tenancy/tier.ts";
import { type Compliance, complianceRows } from "./compliance.ts";

export interface ComplianceSources {
  readonly reader: Pick<UsageReader, "sla">;
  readonly tenants: Pick<TenantDirectory, "list">;
  readonly tiers: ReadonlyMap<string, Tier>;
}

/** Compliance of every tenant in scope that called in the period, by the objectives it has today. Rejects as its ports do. */
export async function findCompliance(
  { reader, tenants, tiers }: ComplianceSources,
  scope: QueryScope,
  query: SlaQuery,
): Promise<readonly Compliance[]> {
  const reading = await reader.sla(scope, query);
  const called = new Set(reading.latencies.map(({ tenantId }) => tenantId));
  if (called.size === 0) return [];
  return (await tenants.list()).flatMap((tenant) => {
    const tier = tiers.get(tenant.tier);
    if (tier === undefined || !called.has(tenant.id)) return [];
    return complianceRows(tenant.id, resolvePolicy(tier, tenant).objectives, reading);
  });
}
