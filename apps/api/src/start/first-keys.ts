import type { Keys, Tenant } from "@tenantry/core";

export interface FirstKey {
  readonly tenantId: string;
  readonly name: string;
  readonly secret: string;
}

/** A key for every tenant of the configuration that never had one. Their secrets can be shown now and never again. */
export async function createFirstKeys(keys: Keys, tenants: readonly Tenant[]): Promise<readonly FirstKey[]> {
  const made: FirstKey[] = [];
  for (const { id, name } of tenants) {
    if ((await keys.list(id)).length > 0) continue;
    const { secret } = await keys.create({ scope: "tenant", tenantId: id, name: "first key" });
    made.push({ tenantId: id, name, secret });
  }
  return made;
}
