/**
 * Every way in which something can be *broken*. Denials, breaches and "not enough data" are values, not errors.
 *
 * - `invalid_request`: the caller's fault; the message names the field.
 * - `invalid_configuration`: the operator's fault; `issues` lists every problem with its path.
 * - `not_found`: no such tenant, tier, call or model as far as this scope may see.
 * - `conflict`: the same id was used for something else.
 * - `upstream_error`: a provider refused or failed; `upstream` says how.
 * - `upstream_timeout`: the deadline passed while a provider worked.
 * - `cancelled`: the caller gave up.
 * - `unavailable`: a store or service of ours cannot be reached or written; nothing was sent.
 * - `overloaded`: we shed the request before doing anything.
 * - `internal`: a bug of ours.
 */
export type ErrorCode =
  | "invalid_request"
  | "invalid_configuration"
  | "not_found"
  | "conflict"
  | "upstream_error"
  | "upstream_timeout"
  | "cancelled"
  | "unavailable"
  | "overloaded"
  | "internal";
