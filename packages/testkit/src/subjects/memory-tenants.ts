import type { Tenant, TenantDirectory } from "@tenantry/core";
import { createMemoryTenantDirectory } from "@tenantry/core/testing";
import type { Opened } from "../contract.ts";
import type { TenantDirectorySubject } from "../tenant-directory.contract.ts";

/** The memory double as a subject; `make` may wrap every client of it. */
export function openMemoryTenants(
  make: (data: Map<string, Tenant>) => TenantDirectory = (data) => createMemoryTenantDirectory([], data),
): Opened<TenantDirectorySubject> {
  const data = new Map<string, Tenant>();
  const client = async (): Promise<TenantDirectory> => make(data);
  const subject = { directory: make(data), another: client, propagated: async () => {}, reopen: client };
  return { subject, close: () => {} };
}
