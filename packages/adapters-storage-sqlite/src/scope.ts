import type { QueryScope } from "@tenantry/core";

/** Whose rows a question may touch: one tenant's, everybody's, or nobody's. */
export type Sight = { readonly tenantId: string | null } | "nothing";

/**
 * The one place where a scope is enforced (R4): a tenant's scope sees that tenant alone, whatever the query names; a
 * foreign tenant is as unknown as one that does not exist.
 */
export function sightOf(scope: QueryScope, tenantId: string | undefined): Sight {
  if (scope.kind === "installation") return { tenantId: tenantId ?? null };
  return tenantId === undefined || tenantId === scope.tenantId ? { tenantId: scope.tenantId } : "nothing";
}
