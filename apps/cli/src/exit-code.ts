import type { DenialCode, ErrorCode } from "@tenantry/core";

/** Something promised was not kept: a breached objective, books that do not balance. Also prices that nobody vouched for. */
export const exitBreached = 4;

/** What each exit code says, for the help. */
export const exitCodes: readonly (readonly [code: number, meaning: string])[] = [
  [0, "done"],
  [1, "something of ours is broken or cannot be reached"],
  [2, "wrong command line or configuration, or no such tenant, call or model"],
  [3, "the call was denied: a limit, a budget, or what the tier does not have"],
  [4, "a promise was not kept: a service level, the books, a price, or a margin"],
  [5, "the provider failed or took too long"],
  [130, "interrupted (Ctrl-C)"],
];

/** The exit code of an error: 2 for what the caller can mend, 5 for providers, 1 for the rest. */
export function exitCodeOf(code: ErrorCode): number {
  switch (code) {
    case "invalid_request":
    case "invalid_configuration":
    case "not_found":
    case "conflict":
      return 2;
    case "upstream_error":
    case "upstream_timeout":
      return 5;
    case "cancelled":
      return 130;
    case "unavailable":
    case "overloaded":
    case "internal":
      return 1;
  }
}

/** A denial is 3, whatever its reason; an unknown tenant is a mistake of the caller. */
export function exitCodeOfDenial(code: DenialCode): number {
  return code === "unknown_tenant" ? 2 : 3;
}
