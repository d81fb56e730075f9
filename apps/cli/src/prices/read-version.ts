import { TenantryError } from "@tenantry/core";

/** A version of an edition as a person types it. */
export function readVersion(argument: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw TenantryError.invalidRequest(argument, `is "${text}"; write the number of an edition, or 0 for none`);
}
