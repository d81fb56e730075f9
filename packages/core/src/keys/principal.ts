import type { Key } from "./key.ts";

/** Who a request comes from, as its key proves (R4). */
export type Principal =
  | { readonly kind: "tenant"; readonly tenantId: string; readonly keyId: string }
  | { readonly kind: "ingest"; readonly keyId: string }
  | { readonly kind: "admin"; readonly keyId: string };

/** Id under which the admin key of the configuration appears; no stored key has it. */
export const configuredAdminKeyId = "key_configured";

export function principalOf({ id, scope, tenantId }: Key): Principal {
  if (scope !== "tenant") return { kind: scope, keyId: id };
  // A tenant key without its tenant is nobody's: an empty id is no tenant anywhere.
  return { kind: "tenant", tenantId: tenantId ?? "", keyId: id };
}
