import { createHash } from "node:crypto";
import { textField, type FieldRule, type RelayBody, TenantryError } from "@tenantry/core";

/** Names of the caller's that mean something in the provider's account: which cache, and which end user. */
const names = ["prompt_cache_key", "safety_identifier"] as const;

/** A name must be text, or nobody could say whose it is. */
export const ownName: FieldRule = ({ name, value }) => {
  if (typeof value() !== "string") throw TenantryError.invalidRequest(name, "must be a text");
};

/**
 * Puts a digest of tenant and name in the place of each name, so that no two tenants share one (R4), and the provider
 * never learns whose it is. The same name of the same tenant stays the same, which is all a cache needs. 43 characters:
 * the vendor takes 64 (https://developers.openai.com/api/reference/resources/responses/methods/create, 2026-11-23).
 */
export function tenantsOwnNames(
  body: RelayBody,
  { tenantId }: { readonly tenantId: string },
): (readonly [string, string])[] {
  return names.flatMap((name) => {
    const value = textField(body, name);
    return value === null ? [] : [[name, JSON.stringify(digest(tenantId, value))] as const];
  });
}

function digest(tenantId: string, name: string): string {
  return createHash("sha256")
    .update(JSON.stringify([tenantId, name]))
    .digest("base64url");
}
