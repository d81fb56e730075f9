import { TenantryError } from "@tenantry/core";
import type { Fields } from "../read-fields.ts";

/**
 * The end user's id, under either of its names.
 *
 * https://developers.openai.com/api/docs/guides/safety-best-practices
 */
export function readEndUser(fields: Fields): string | null {
  const user = fields.text("user");
  const identifier = fields.text("safety_identifier");
  if (user !== undefined && identifier !== undefined && user !== identifier) {
    throw TenantryError.invalidRequest("safety_identifier", "must be equal to user where both are given");
  }
  return user ?? identifier ?? null;
}
