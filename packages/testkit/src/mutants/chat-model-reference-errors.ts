import { TenantryError, type CancelSignal, type ErrorCode, type UpstreamFailure, type Usage } from "@tenantry/core";

/** How far the exchange had come when it failed. */
export type Stage = "before" | "sending" | "reading" | "streaming";

interface Broken {
  readonly response: { readonly headers: Pick<Headers, "get"> } | null;
  readonly usage: Usage | null;
  readonly stage: Stage;
}

const unknown: UpstreamFailure = {
  kind: "reset",
  provider: "reference",
  status: null,
  providerCode: null,
  requestId: null,
  retryAfterMs: null,
  fault: "provider",
  usage: null,
};

/** Whatever was thrown, in the port's words. */
export function referenceFailure(thrown: unknown, broken: Broken, signal: CancelSignal): TenantryError {
  if (signal.aborted) {
    const late = TenantryError.is(signal.reason) && signal.reason.code === "upstream_timeout";
    const kind = broken.stage === "before" ? "not-sent" : late ? "timeout" : "aborted";
    return failure(
      late ? "upstream_timeout" : "cancelled",
      broken,
      { kind, fault: late ? "provider" : "caller" },
      late,
    );
  }
  if (TenantryError.is(thrown)) return thrown;
  const kind = kindOf(thrown, broken.stage);
  return failure("upstream_error", broken, { kind }, true);
}

/** A broken exchange of a kind that is known already. */
export function referenceBreak(
  kind: UpstreamFailure["kind"],
  headers: Pick<Headers, "get"> | null,
  usage: Usage | null,
): TenantryError {
  return failure(
    "upstream_error",
    { response: headers === null ? null : { headers }, usage, stage: "reading" },
    { kind },
    true,
  );
}

function failure(code: ErrorCode, broken: Broken, some: Partial<UpstreamFailure>, retryable: boolean): TenantryError {
  const requestId = broken.response?.headers.get("x-request-id") ?? null;
  const upstream = { ...unknown, requestId, usage: broken.usage, ...some };
  return new TenantryError(code, `reference: ${upstream.kind}`, { retryable, upstream });
}

function kindOf(thrown: unknown, stage: Stage): UpstreamFailure["kind"] {
  if (stage === "streaming") return thrown instanceof SyntaxError ? "malformed" : "cut";
  if (stage === "sending") return wasNeverSent(thrown) ? "not-sent" : "reset";
  return thrown instanceof TypeError && thrown.message === "terminated" ? "reset" : "malformed";
}

function wasNeverSent(thrown: unknown): boolean {
  for (let cause = thrown; cause instanceof Error; cause = cause.cause) {
    const code = String((cause as { code?: unknown }).code);
    if (code === "ECONNREFUSED" || code.startsWith("ERR_SSL")) return true;
  }
  return false;
}

/** A status other than 2xx, in the port's words. */
export function referenceRefusal(
  { status, headers }: { readonly status: number; readonly headers: Pick<Headers, "get"> },
  body: string,
  key: string,
): TenantryError {
  const told = readError(body);
  const retryAfterMs = readRetryAfter(headers);
  const upstream: UpstreamFailure = {
    ...unknown,
    kind: status >= 500 ? "server-error" : status >= 400 ? "refused" : "malformed",
    status,
    providerCode: told.code,
    requestId: headers.get("x-request-id"),
    retryAfterMs,
    fault: faultOf(status),
  };
  return new TenantryError("upstream_error", told.message.replaceAll(key, "[key]"), {
    retryable: upstream.fault === "provider",
    upstream,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  });
}

function faultOf(status: number): UpstreamFailure["fault"] {
  if (status === 429 || status >= 500) return "provider";
  return status === 401 || status === 402 || status === 403 ? "account" : "caller";
}

function readError(text: string): { code: string | null; message: string } {
  try {
    return (JSON.parse(text) as { error: { code: string; message: string } }).error;
  } catch {
    return { code: null, message: "an unreadable error" };
  }
}

function readRetryAfter(headers: Pick<Headers, "get">): number | null {
  const ms = headers.get("retry-after-ms");
  if (ms !== null) return Number(ms);
  const text = headers.get("retry-after");
  if (text === null) return null;
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(wait) ? null : Math.max(0, wait);
}

/** An error in the middle of a stream, in the port's words. */
export function referenceErrorEvent(
  error: { readonly code: string; readonly message: string },
  headers: Pick<Headers, "get"> | null,
  usage: Usage | null,
): TenantryError {
  const requestId = headers?.get("x-request-id") ?? null;
  const upstream: UpstreamFailure = { ...unknown, kind: "server-error", providerCode: error.code, requestId, usage };
  return new TenantryError("upstream_error", error.message, { retryable: true, upstream });
}
