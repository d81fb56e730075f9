import type { ErrorCode } from "./error-code.ts";
import { formatIssues, type Issue } from "./issue.ts";
import type { UpstreamFailure } from "./upstream-failure.ts";

export interface TenantryErrorOptions {
  /** What a caller may read; never holds a secret, a path or another tenant's name. Defaults to `message`. */
  readonly publicMessage?: string;
  /** Whether the same request may succeed later without a change. Default false. */
  readonly retryable?: boolean;
  /** Earliest sensible retry, ms from now. */
  readonly retryAfterMs?: number;
  /** Set for `invalid_configuration` and `invalid_request`. */
  readonly issues?: readonly Issue[];
  /** Set for `upstream_error`, `upstream_timeout` and `cancelled` when a provider was involved. */
  readonly upstream?: UpstreamFailure;
  readonly cause?: unknown;
}

/** The one error class. Recognise it with `TenantryError.is`, which survives two copies of the package. */
export class TenantryError extends Error {
  override readonly name = "TenantryError";
  /** Tells ours from any other error, also from another copy of this package. */
  readonly brand = "@tenantry/error" as const;
  readonly code: ErrorCode;
  readonly publicMessage: string;
  readonly retryable: boolean;
  readonly retryAfterMs: number | null;
  readonly issues: readonly Issue[];
  readonly upstream: UpstreamFailure | null;

  constructor(code: ErrorCode, message: string, options: TenantryErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.publicMessage = options.publicMessage ?? message;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.issues = options.issues ?? [];
    this.upstream = options.upstream ?? null;
  }

  static is(value: unknown): value is TenantryError {
    return typeof value === "object" && value !== null && (value as { brand?: unknown }).brand === "@tenantry/error";
  }

  /** Anything thrown, as a TenantryError: ours unchanged, all else `internal` with its cause kept for the log. */
  static from(value: unknown): TenantryError {
    if (TenantryError.is(value)) return value;
    const message = value instanceof Error ? value.message : String(value);
    return new TenantryError("internal", message, {
      publicMessage: "internal error",
      cause: value,
    });
  }

  /** `invalid_configuration` with every problem in its message, one a line. */
  static invalidConfiguration(issues: readonly Issue[]): TenantryError {
    const count = issues.length === 1 ? "1 problem" : `${issues.length} problems`;
    return new TenantryError("invalid_configuration", `${count} in the configuration:\n${formatIssues(issues)}`, {
      issues,
    });
  }

  /** `invalid_request` that names the field. */
  static invalidRequest(path: string, message: string): TenantryError {
    return new TenantryError("invalid_request", `${path}: ${message}`, {
      issues: [{ path, message }],
    });
  }
}
