import { isUtf8 } from "node:buffer";
import type { IncomingHttpHeaders } from "node:http";
import { TenantryError } from "@tenantry/core";

/** Headers of a caller that may cross to a provider. Their own credentials, cookies and keys never do. */
const crossing = ["anthropic-version", "anthropic-beta", "openai-beta"] as const;

export function crossingHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const crossed: Record<string, string> = {};
  for (const name of crossing) {
    const value = headers[name];
    if (typeof value === "string") crossed[name] = value;
  }
  return crossed;
}

/** What a caller says of itself beside the body. It narrows who is asking and never says who the tenant is (R4). */
export interface CallerFacts {
  readonly userId?: string;
  readonly sessionId?: string;
  readonly feature?: string;
  readonly traceparent?: string;
}

/** `bodyUserId` is what the body says; a header goes before it. */
export function callerFacts(headers: IncomingHttpHeaders, bodyUserId: string | null): CallerFacts {
  const userId = textOf(headers["x-tenantry-user"]) ?? bodyUserId;
  const sessionId = textOf(headers["x-tenantry-session"]);
  const feature = textOf(headers["x-tenantry-feature"]);
  const traceparent = textOf(headers["traceparent"]);
  return {
    ...(userId === null ? {} : { userId }),
    ...(sessionId === null ? {} : { sessionId }),
    ...(feature === null ? {} : { feature }),
    ...(traceparent !== null && isTraceparent(traceparent) ? { traceparent } : {}),
  };
}

const headerOf: Readonly<Record<string, string>> = {
  userId: "x-tenantry-user",
  sessionId: "x-tenantry-session",
  feature: "x-tenantry-feature",
};

/** An id that is none is told by the header it came in; what came in the body keeps its name. */
export function inHeaderNames(error: TenantryError, headers: IncomingHttpHeaders): TenantryError {
  const [issue] = error.issues;
  const name = issue === undefined ? undefined : headerOf[issue.path];
  if (error.code !== "invalid_request" || issue === undefined || name === undefined || !headers[name]) return error;
  return TenantryError.invalidRequest(name, issue.message);
}

/** Node reads header bytes as Latin-1; people write UTF-8. Empty is absent. */
function textOf(value: string | string[] | undefined): string | null {
  const text = Array.isArray(value) ? value[0] : value;
  if (text === undefined || text === "") return null;
  // oxlint-disable-next-line no-control-regex
  if (/^[\u0000-\u007f]*$/.test(text)) return text;
  const bytes = Buffer.from(text, "latin1");
  return isUtf8(bytes) ? bytes.toString("utf8") : text;
}

/** https://www.w3.org/TR/trace-context/#traceparent-header; what does not fit starts a trace of its own there. */
function isTraceparent(text: string): boolean {
  return /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(text);
}
