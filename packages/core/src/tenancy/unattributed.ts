import { idProblem } from "../ids/external-id.ts";

/**
 * Who bears what belongs to no tenant: the part of an invoice that nothing in the ledger explains, spans without a
 * tenant. Its lines are in every sum over all tenants. Nobody can be created under this id or call with it.
 */
export const unattributedTenantId = "(unattributed)";

/** Why an id cannot be a tenant's, or null when it can. */
export function tenantIdProblem(id: string): string | null {
  return idProblem(id) ?? (id === unattributedTenantId ? "is reserved for what belongs to no tenant" : null);
}
