import {
  type ChartQuery,
  formatInstant,
  type Issue,
  type Period,
  TenantryError,
  type TraceQuery,
  type UsagePlatform,
} from "@tenantry/core";
import { apiKeyProblem } from "../settings.ts";
import { toTracesUrl } from "../to-traces-url.ts";
import { createAskNetra } from "./ask-netra.ts";
import { readSessionUsage, readSpans, readTenantUsage, readTraces } from "./read-answers.ts";

/** Where Netra is asked, and with which key. */
export interface NetraUsageOptions {
  /** As in `NETRA_OTLP_ENDPOINT`. The API is at the root of the same host, whatever the path: so the SDK has it. */
  readonly endpoint: string;
  readonly apiKey: string;
  /** Time limit of one question, ms, 1–600,000. Default 10,000, the SDK's. */
  readonly timeoutMs?: number;
}

const defaultLimit = 50;
const mostLimit = 100;
const longestTimeoutMs = 600_000;

/**
 * Netra's usage, traces and dashboards (requests as netra-sdk 1.8.0 makes them), with failures told apart from no data.
 * Envelopes are those the SDK's client reads; no live server was reachable when this was written.
 *
 * @throws TenantryError `invalid_configuration` with every problem and the option it is in.
 */
export function createNetraUsage(options: NetraUsageOptions): UsagePlatform {
  const ask = createAskNetra(readApi(options));
  return {
    name: "netra",
    tenantUsage: async (tenantId, period) =>
      readTenantUsage(await ask({ method: "GET", path: `/usage/tenants/${segment(tenantId)}?${timesOf(period)}` })),
    sessionUsage: async (sessionId, period) =>
      readSessionUsage(await ask({ method: "GET", path: `/usage/sessions/${segment(sessionId)}?${timesOf(period)}` })),
    traces: async (query) => readTraces(await ask({ method: "POST", path: "/sdk/traces", body: traceQuestion(query) })),
    spans: async (traceId, cursor) => {
      const more = cursor === undefined ? "" : `?${new URLSearchParams({ cursor, direction: "down" }).toString()}`;
      return readSpans(await ask({ method: "GET", path: `/sdk/traces/${segment(traceId)}/spans${more}` }));
    },
    chart: async (query) =>
      await ask({ method: "POST", path: "/public/dashboard/query-data", body: chartQuestion(query) }),
  };
}

function readApi({ endpoint, apiKey, timeoutMs = 10_000 }: NetraUsageOptions): Parameters<typeof createAskNetra>[0] {
  const issues: Issue[] = [];
  const url = toTracesUrl(endpoint);
  if (typeof url === "string") issues.push({ path: "endpoint", message: url });
  const keyProblem = apiKeyProblem(apiKey);
  if (keyProblem !== null) issues.push({ path: "apiKey", message: keyProblem });
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > longestTimeoutMs) {
    issues.push({ path: "timeoutMs", message: `must be a whole number from 1 to ${longestTimeoutMs}` });
  }
  if (issues.length > 0 || typeof url === "string") throw TenantryError.invalidConfiguration(issues);
  // A host of one's own takes either header; Netra's takes the first alone.
  const bearer = endpoint.toLowerCase().includes("getnetra") ? {} : { Authorization: `Bearer ${apiKey}` };
  return { origin: url.origin, headers: { "x-api-key": apiKey, ...bearer }, timeoutMs };
}

/** One segment of a path. A dot alone, or two, would be taken for a step by every URL parser, encoded or not. */
function segment(id: string): string {
  if (id === "" || id === "." || id === "..") {
    throw TenantryError.invalidRequest("id", `${JSON.stringify(id)} cannot be asked for: it is no segment of a path`);
  }
  return encodeURIComponent(id.toWellFormed());
}

function timesOf({ from, to }: Period): string {
  return new URLSearchParams({ startTime: formatInstant(from), endTime: formatInstant(to) }).toString();
}

type Filter = Readonly<Record<"field" | "operator" | "type" | "value", string>>;

function equals(field: string, value: string | undefined): readonly Filter[] {
  return value === undefined ? [] : [{ field, operator: "equals", type: "string", value }];
}

function traceQuestion({ period, tenantId, userId, sessionId, cursor, limit = defaultLimit }: TraceQuery): unknown {
  if (!Number.isInteger(limit) || limit < 1 || limit > mostLimit) {
    throw TenantryError.invalidRequest("limit", `must be a whole number from 1 to ${mostLimit}`);
  }
  return {
    startTime: formatInstant(period.from),
    endTime: formatInstant(period.to),
    filters: [...equals("tenant_id", tenantId), ...equals("user_id", userId), ...equals("session_id", sessionId)],
    pagination: { limit, ...(cursor === undefined ? {} : { cursor, direction: "down" }) },
    sortField: "start_time",
    sortOrder: "desc",
  };
}

const scopes = { traces: "Traces", spans: "Spans" } as const;
const measures = {
  latency: "Latency",
  "error-rate": "Error Rate",
  requests: "Request Count",
  cost: "Total Cost",
  tokens: "Total Tokens",
} as const;
const aggregations = {
  average: "Average",
  p50: "p50",
  p90: "p90",
  p95: "p95",
  p99: "p99",
  share: "Percentage",
  total: "Total Count",
} as const;

function chartQuestion({ period, of, measure, as, every, tenantId }: ChartQuery): unknown {
  const filters = equals("tenant_id", tenantId);
  return {
    scope: scopes[of],
    chartType: "Line Time Series",
    metrics: { measure: measures[measure], aggregation: aggregations[as] },
    filter: {
      startTime: formatInstant(period.from),
      endTime: formatInstant(period.to),
      groupBy: every,
      ...(filters.length === 0 ? {} : { filters }),
    },
  };
}
