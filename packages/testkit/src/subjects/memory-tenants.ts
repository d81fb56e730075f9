import type { Tenant } from "@tenantry/core";
import { createMemoryTenantDirectory } from "@tenantry/core/testing";
import type { Opened } from "../contract.ts";
import type { TenantDirectorySubject } from "../tenant-directory.contract.ts";

/** The memory double as a subject. */
export function openMemoryTenants(): Opened<TenantDirectorySubject> {
  const data = new Map<string, Tenant>();
  const client = async (): Promise<TenantDirectorySubject["directory"]> => createMemoryTenantDirectory([], data);
  const directory = createMemoryTenantDirectory([], data);
  return { subject: { directory, another: client, propagated: async () => {}, reopen: client }, close: () => {} };
}
