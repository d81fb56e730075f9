import type { Books } from "@tenantry/composition";
import { type Tenant, TenantryError, unattributedTenantId } from "@tenantry/core";

const mostListed = 20;

/** Passes for an id that may have no usage; rejects as `findTenant` for one that nobody has. */
export async function requireTenant(books: Pick<Books, "tenants">, tenantId: string): Promise<void> {
  if (tenantId !== unattributedTenantId) await findTenant(books, tenantId);
}

/** The tenant of an id a person typed. Throws `not_found` that lists what they may have meant. */
export async function findTenant(books: Pick<Books, "tenants">, tenantId: string): Promise<Tenant> {
  const tenant = await books.tenants.find(tenantId);
  if (tenant !== null) return tenant;
  const ids = (await books.tenants.list()).map(({ id }) => id);
  const more = ids.length > mostListed ? `, and ${ids.length - mostListed} more` : "";
  const known = ids.length === 0 ? "none is configured" : `known are ${ids.slice(0, mostListed).join(", ")}${more}`;
  throw new TenantryError("not_found", `there is no tenant ${tenantId}; ${known}`);
}
