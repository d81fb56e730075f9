import type { Issue } from "@tenantry/core";

export interface SignalEndpoint {
  readonly signal: "traces" | "metrics";
  /** Base for all signals. */
  readonly endpoint: string | undefined;
  /** Of this signal alone; wins. */
  readonly own: string | undefined;
}

/**
 * Where a signal is posted: its own endpoint as it is, else the base with `v1/<signal>` appended to its path.
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp
 */
export function toSignalUrl({ signal, endpoint, own }: SignalEndpoint, issues: Issue[]): URL | null {
  const path = own === undefined ? "endpoint" : `${signal}Endpoint`;
  const url = readUrl(own ?? endpoint);
  if (typeof url === "string") {
    // The base serves both signals, and is wrong once.
    if (!issues.some((issue) => issue.path === path)) issues.push({ path, message: url });
    return null;
  }
  if (own !== undefined) return url;
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/v1/${signal}`;
  return url;
}

/** A text says what is wrong. */
function readUrl(text: string | undefined): URL | string {
  if (typeof text !== "string" || text.trim() === "") {
    return "is missing: set it to where OTLP over HTTP is taken, such as http://127.0.0.1:4318 (OTEL_EXPORTER_OTLP_ENDPOINT)";
  }
  const url = URL.parse(text.trim());
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    return "must be a URL that starts with https:// or http://";
  }
  if (url.username !== "" || url.password !== "") return "must not contain a user name or password; use headers";
  if (url.hash !== "") return "must not have a fragment";
  return url;
}
