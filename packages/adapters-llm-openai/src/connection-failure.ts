import { TenantryError } from "@tenantry/core";

/**
 * What `fetch` threw, in a wrapper the SDK cannot read. The SDK takes every error whose text mentions a time-out for a
 * time-out of its own and drops what it was.
 */
export class CarriedFailure extends Error {
  override readonly name = "CarriedFailure";
  readonly failure: unknown;

  constructor(failure: unknown) {
    super("no answer");
    this.failure = failure;
  }
}

/** A `fetch` whose failures survive the SDK. An abort goes through as it is: the SDK must see it. */
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

/** How a connection failed. */
export interface ConnectionFailure {
  readonly kind: "not-sent" | "timeout" | "reset";
  /** Of the system, of OpenSSL or of undici, when there is one. */
  readonly code: string | null;
}

/**
 * Codes of Node, OpenSSL and undici that mean: no connection was ever established, so not a byte of the request left.
 * https://nodejs.org/api/errors.html#common-system-errors, https://undici.nodejs.org/#/docs/api/Errors.md
 */
const neverConnected: readonly RegExp[] = [
  /^E(CONNREFUSED|NOTFOUND|HOSTUNREACH|NETUNREACH|HOSTDOWN|NETDOWN|ADDRNOTAVAIL|PROTO)$/,
  /^EAI_\w+$/,
  /^UND_ERR_(CONNECT_TIMEOUT|INVALID_ARG)$/,
  /^ERR_(INVALID_URL|SSL_\w+|TLS_\w+)$/,
  /^CERT_\w+$/,
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+)$/,
];

/** undici's own limits: 300 s to the headers, and 300 s between two pieces of the body. */
const tooSlow = /^UND_ERR_(HEADERS|BODY)_TIMEOUT$/;

/** Chains of causes are short; a loop in one must not hang a call. */
const deepestCause = 6;

/**
 * Reads what `fetch` or a body threw: the error, its causes, and of several addresses' errors the first. In doubt the
 * request counts as sent, because then it may be billed (R1).
 */
export function readConnectionFailure(thrown: unknown): ConnectionFailure {
  let found: ConnectionFailure = { kind: "reset", code: null };
  let current: unknown = thrown;
  for (let depth = 0; depth < deepestCause && typeof current === "object" && current !== null; depth += 1) {
    const { name, code, syscall, errors, cause } = current as Readonly<Record<string, unknown>>;
    if (name === "TimeoutError") return { kind: "timeout", code: null };
    if (typeof code === "string") {
      if (isNeverConnected(code, syscall)) return { kind: "not-sent", code };
      found = { kind: tooSlow.test(code) ? "timeout" : found.kind, code };
    }
    current = cause ?? (Array.isArray(errors) ? (errors as unknown[])[0] : undefined);
  }
  return found;
}

function isNeverConnected(code: string, syscall: unknown): boolean {
  return (code === "ETIMEDOUT" && syscall === "connect") || neverConnected.some((pattern) => pattern.test(code));
}
