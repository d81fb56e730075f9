import type { Tenant } from "../tenancy/tenant.ts";

/**
 * The customers.
 *
 * Concurrency: `put` is atomic; the last one wins. `find` after a resolved `put` of the same process sees it; other
 * processes see it within a second. An id is matched exactly (case, unicode form and length count).
 * Errors: `unavailable` when the store cannot be reached; an unknown tenant is null, not an error.
 */
export interface TenantDirectory {
  find(tenantId: string): Promise<Tenant | null>;
  /** All tenants, by id ascending (code units). */
  list(): Promise<readonly Tenant[]>;
  /** Adds or replaces the tenant with this id, whole. Idempotent. */
  put(tenant: Tenant): Promise<void>;
}
