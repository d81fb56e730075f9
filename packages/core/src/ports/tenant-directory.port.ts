import type { Tenant } from "../tenancy/tenant.ts";

/**
 * The customers.
 *
 * Concurrency: `put` and `replace` are atomic, against every other client of the same data; of puts the last one wins.
 * `find` after a resolved `put` of the same process sees it; other
 * processes see it within a second. An id is matched exactly (case, unicode form and length count).
 * Errors: `unavailable` when the store cannot be reached; an unknown tenant is null, not an error.
 */
export interface TenantDirectory {
  find(tenantId: string): Promise<Tenant | null>;
  /** All tenants, by id ascending (code units). */
  list(): Promise<readonly Tenant[]>;
  /** Adds or replaces the tenant with this id, whole. Idempotent. */
  put(tenant: Tenant): Promise<void>;
  /**
   * Writes `next` whole iff what is stored under its id is `expected`, as `find` answered it; null means that there is
   * none. False, and nothing is written, when somebody else was there in between: read again, and decide again.
   */
  replace(expected: Tenant | null, next: Tenant): Promise<boolean>;
}
