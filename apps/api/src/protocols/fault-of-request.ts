import type { TenantryError } from "@tenantry/core";
import type { ReadCall } from "./protocol.ts";

/** An `invalid_request` in the caller's own words. */
export interface RequestFault {
  readonly message: string;
  /** The field at fault, as the caller wrote it, or null. */
  readonly param: string | null;
}

/**
 * What was found wrong with a request. A problem that showed only when it was put into the provider's words is told by
 * the field the caller wrote; `call` is null when the body could not be read, because then it already is.
 */
export function faultOfRequest(error: TenantryError, call: ReadCall | null): RequestFault {
  const [issue] = error.issues;
  if (issue === undefined) return { message: error.publicMessage, param: null };
  const param = call === null ? issue.path : call.fieldOf(issue.path);
  return { message: `${param}: ${issue.message}`, param: param === "" ? null : param };
}
