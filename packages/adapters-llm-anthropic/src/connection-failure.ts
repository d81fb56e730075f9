import { TenantryError } from "@tenantry/core";

/** What `fetch` threw, hidden from the SDK, which takes any error that mentions a time-out for one and forgets it. */
export class CarriedFailure extends Error {
  override readonly name = "CarriedFailure";
  readonly failure: unknown;

  constructor(failure: unknown) {
    super("no answer");
    this.failure = failure;
  }
}

/** A `fetch` whose failures can be told apart behind the SDK. An abort goes through as it is: the SDK must see it. */
export function carryFailures(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    try {
      return await fetch(input, init);
    } catch (error) {
      if (error instanceof Error && error.name === "AbortError" && !TenantryError.is(error)) throw error;
      throw new CarriedFailure(error);
    }
  };
}

/** Codes of Node, OpenSSL and undici that mean: no connection was ever established. */
const notConnected =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EADDRNOTAVAIL|EPROTO|UND_ERR_CONNECT_TIMEOUT|UND_ERR_INVALID_ARG|ERR_INVALID_URL|ERR_SSL_\w+|ERR_TLS_\w+|CERT_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+)$/;

/** undici's own limits: 300 s to the headers and 300 s between two pieces of the body. */
const tooSlow = /^UND_ERR_(HEADERS|BODY)_TIMEOUT$/;

/** How a connection failed. When in doubt the request counts as sent, because it may be billed then (R6). */
export interface ConnectionFailure {
  readonly kind: "not-sent" | "timeout" | "reset";
  /** Of the system, of OpenSSL or of undici, when there is one. */
  readonly code: string | null;
}

/** Reads what `fetch` or a body threw: the error, its causes, and of several addresses' errors the first. */
export function readConnectionFailure(error: unknown): ConnectionFailure {
  let found: ConnectionFailure = { kind: "reset", code: null };
  let current: unknown = error;
  for (let depth = 0; depth < 5 && typeof current === "object" && current !== null; depth += 1) {
    const { name, code, syscall, errors, cause } = current as Record<string, unknown>;
    if (name === "TimeoutError") return { kind: "timeout", code: null };
    if (typeof code === "string") {
      if (notConnected.test(code) || (code === "ETIMEDOUT" && syscall === "connect")) return { kind: "not-sent", code };
      found = { kind: tooSlow.test(code) ? "timeout" : found.kind, code };
    }
    current = cause ?? (Array.isArray(errors) ? (errors as unknown[])[0] : undefined);
  }
  return found;
}
