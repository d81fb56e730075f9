import type { TenantDirectory } from "../ports/tenant-directory.port.ts";
import type { Tenant } from "../tenancy/tenant.ts";

/** Tenants in memory. Directories over the same map see the same tenants. */
export function createMemoryTenantDirectory(
  tenants: readonly Tenant[] = [],
  data: Map<string, Tenant> = new Map(),
): TenantDirectory {
  for (const tenant of tenants) data.set(tenant.id, tenant);
  return {
    find: async (tenantId) => data.get(tenantId) ?? null,
    list: async () => [...data.values()].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)),
    async put(tenant) {
      data.set(tenant.id, tenant);
    },
    async replace(expected, next) {
      if (textOf(data.get(next.id) ?? null) !== textOf(expected)) return false;
      data.set(next.id, next);
      return true;
    },
  };
}

function textOf(tenant: Tenant | null): string {
  return JSON.stringify(tenant, (_key, part: unknown) => (typeof part === "bigint" ? `${part}n` : part));
}
