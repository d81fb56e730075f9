import { type AskedPeriod, type QueryScope, TenantryError, totalTokens, unattributedTenantId } from "@tenantry/core";
import { readChart } from "../../netra/chart.ts";
import { readConditions } from "../../netra/conditions.ts";
import { exactUsd } from "../../netra/exact-usd.ts";
import { listSpans } from "../../netra/list-spans.ts";
import { listTraces } from "../../netra/list-traces.ts";
import { countSessions, sessionStats, type SessionsQuestion, sessionSummary } from "../../netra/sessions.ts";
import { amountOfSums, shownMoney } from "../../netra/shown-money.ts";
import type { Caller } from "../caller.ts";
import { type ControlRoute, defineRoute, jsonAnswer, ok } from "../control-route.ts";
import type { ControlPlanePorts } from "../ports.ts";
import { readInstants } from "../read-period.ts";
import {
  chartAnswerSchema,
  chartSchema,
  sessionParams,
  sessionStatsAnswerSchema,
  sessionStatsSchema,
  sessionSummaryAnswerSchema,
  sessionSummarySchema,
  sessionUsageSchema,
  spanPageSchema,
  spansQuery,
  tenantParams,
  tenantUsageSchema,
  timesSchema,
  traceParams,
  tracePageSchema,
  tracesSchema,
} from "../schemas/netra-schemas.ts";

const tag = "Netra";
const access = "telemetry";
const defaultLimit = 50;

/** Netra's own interface on the ledger and on what spans told: https://docs.getnetra.ai */
export const netraRoutes: readonly ControlRoute[] = [
  defineRoute({
    method: "GET",
    path: "/usage/tenants/{tenantId}",
    access,
    operationId: "getNetraTenantUsage",
    tag,
    summary: "What a tenant used, in Netra's form",
    description: "A tenant that is not known, or not this key's, is a row without an id, as Netra has it.",
    params: tenantParams,
    query: timesSchema,
    answer: jsonAnswer(200, "Its sums in the ledger.", tenantUsageSchema),
    serve: async (ports, { caller, params: { tenantId }, query }) => {
      const question = questionOf(ports, caller, query, null, [tenantId]);
      const { scope, period, timeZone, money } = question;
      const [row] = await ports.reader.usage(scope, { period, timeZone, groupBy: [], tenantId });
      const isKnown =
        (row !== undefined && row.calls + row.attempts + row.denied > 0) || (await has(ports, caller, tenantId));
      return ok({
        data: {
          tenant_id: isKnown ? tenantId : "",
          organisation_id: "",
          tokenCount: row === undefined ? 0 : totalTokens(row.tokens),
          requestsCount: row?.calls ?? 0,
          sessionsCount: row === undefined ? 0 : await countSessions(ports.reader, question),
          totalCost: exactUsd(row === undefined ? 0n : amountOfSums(row, money)),
        },
      });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/usage/sessions/{sessionId}",
    access,
    operationId: "getNetraSessionUsage",
    tag,
    summary: "What a session used, in Netra's form",
    description:
      "A session that has no call in this time is a row without an id. Sessions of one id of several tenants are one to who sees them all.",
    params: sessionParams,
    query: timesSchema,
    answer: jsonAnswer(200, "Its sums in the ledger.", sessionUsageSchema),
    serve: async (ports, { caller, params: { sessionId }, query }) => {
      const { scope, period, timeZone, money } = questionOf(ports, caller, query, null, null);
      const [row] = await ports.reader.usage(scope, { period, timeZone, groupBy: [], sessionId });
      const isKnown = row !== undefined && row.calls + row.attempts > 0;
      return ok({
        data: {
          session_id: isKnown ? sessionId : "",
          tokenCount: isKnown ? totalTokens(row.tokens) : 0,
          requestsCount: isKnown ? row.calls : 0,
          totalCost: exactUsd(isKnown ? amountOfSums(row, money) : 0n),
        },
      });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/sdk/traces",
    access,
    readsOnly: true,
    operationId: "listNetraTraces",
    tag,
    summary: "Traces, newest first, in Netra's form",
    description:
      "Traces that were reported, and calls through the gateway or the library, each a trace of its own. What a trace's calls cost stands in one trace: where the gateway made the call, in the call's. Filters: `trace_id`, `tenant_id`, `user_id` and `session_id` by `equals`.",
    body: tracesSchema,
    answer: jsonAnswer(200, "A page of traces.", tracePageSchema),
    serve: async (ports, { caller, body }) => {
      const { scope, period, money } = questionOf(ports, caller, body, null, null);
      const { sortField = "start_time", sortOrder = "desc", pagination } = body;
      if (sortField !== "start_time") throw refused("sortField", `${sortField} cannot be sorted by; use start_time`);
      if (sortOrder !== "desc") throw refused("sortOrder", "only desc is served");
      downOnly("pagination.direction", pagination?.direction);
      const { items, hasNextPage } = await listTraces(
        ports,
        scope,
        {
          period,
          limit: pagination?.limit ?? defaultLimit,
          ...(pagination?.cursor === undefined ? {} : { cursor: pagination.cursor }),
          ...tracesAskedFor(body.filters),
        },
        money,
      );
      return ok({ data: { data: items, pageInfo: { hasNextPage } } });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/sdk/traces/{traceId}/spans",
    access,
    operationId: "listNetraSpans",
    tag,
    summary: "A trace's spans, in Netra's form",
    description:
      "Of a reported trace by start; of a call its attempts. Empty for what is not known, or not this key's.",
    params: traceParams,
    query: spansQuery,
    answer: jsonAnswer(200, "A page of spans.", spanPageSchema),
    serve: async (ports, { caller, params: { traceId }, query }) => {
      downOnly("direction", query.direction);
      const { cursor, spanName, limit } = query;
      const { items, hasNextPage } = await listSpans(
        ports,
        scopeOf(caller),
        {
          traceId,
          limit: limit === undefined ? defaultLimit : Number(limit),
          ...(cursor === undefined ? {} : { cursor }),
          ...(spanName === undefined ? {} : { name: spanName }),
        },
        shownMoney(caller),
      );
      return ok({ data: { data: items, pageInfo: { hasNextPage } } });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/public/dashboard/query-data",
    access,
    readsOnly: true,
    operationId: "queryNetraDashboard",
    tag,
    summary: "A figure over time, by model, or alone, in Netra's form",
    description:
      "Request Count, Total Cost, Total Tokens, Error Rate (per cent) and quantiles of Latency (ms, within 1 %). At most 744 points. Days begin in UTC; with a tenant's key in its own zone.",
    body: chartSchema,
    answer: jsonAnswer(200, "The chart's data.", chartAnswerSchema),
    serve: async (ports, { caller, body }) => {
      const { scope, period, timeZone, money } = questionOf(ports, caller, body.filter, "filter", null);
      if (body.dimension !== undefined && body.dimension.field !== "model_name") {
        throw refused("dimension.field", `${body.dimension.field} is not kept; use model_name`);
      }
      return ok({ data: await readChart(ports, scope, body, period, timeZone, money) });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/public/dashboard/sessions/stats",
    access,
    readsOnly: true,
    operationId: "listNetraSessions",
    tag,
    summary: "Sessions with what each came to, in Netra's form",
    description:
      "By `session_id` unless it is sorted by `totalRequests` or `totalCost`; `start_time` cannot be sorted by.",
    body: sessionStatsSchema,
    answer: jsonAnswer(200, "A page of sessions.", sessionStatsAnswerSchema),
    serve: async (ports, { caller, body }) => {
      const question = questionOf(ports, caller, body, null, body.filters?.[0]?.value ?? null);
      return ok({ data: await sessionStats(ports.reader, question, body) });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/public/dashboard/sessions/summary",
    access,
    readsOnly: true,
    operationId: "getNetraSessionSummary",
    tag,
    summary: "All sessions together, in Netra's form",
    body: sessionSummarySchema,
    answer: jsonAnswer(200, "Their number, what they used, and what they cost by model.", sessionSummaryAnswerSchema),
    serve: async (ports, { caller, body: { filter } }) => {
      const question = questionOf(ports, caller, filter, "filter", filter.filters?.[0]?.value ?? null);
      return ok({ data: await sessionSummary(ports.reader, question) });
    },
  }),
];

function questionOf(
  ports: ControlPlanePorts,
  caller: Caller,
  times: { readonly startTime: string; readonly endTime: string },
  within: string | null,
  tenantIds: readonly string[] | null,
): SessionsQuestion {
  const { period, timeZone }: AskedPeriod = readInstants(ports, caller, times, within);
  return { scope: scopeOf(caller), period, timeZone, tenantIds, money: shownMoney(caller) };
}

/** A tenant's key sees its tenant; a key for all sees all (R4). */
function scopeOf(caller: Caller): QueryScope {
  return caller.kind === "tenant" ? caller.scope : { kind: "installation" };
}

/** Whether this caller may know that there is such a tenant. */
async function has({ directory }: ControlPlanePorts, caller: Caller, tenantId: string): Promise<boolean> {
  if (caller.kind === "tenant") return caller.tenant.id === tenantId;
  return tenantId === unattributedTenantId || (await directory.find(tenantId)) !== null;
}

type Filters = Parameters<typeof readConditions>[0];

/** @throws TenantryError `invalid_request` that names each filter that traces cannot be found by. */
function tracesAskedFor(filters: Filters): Partial<Record<"traceId" | "tenantId" | "userId" | "sessionId", string>> {
  const byTrace = filters?.filter(({ field }) => field === "trace_id") ?? [];
  const [first] = byTrace;
  if (byTrace.length > 1) throw refused("filters", "trace_id is filtered twice");
  if (first !== undefined && (first.operator !== "equals" || typeof first.value !== "string")) {
    throw refused("filters", "trace_id can be asked with equals and one text");
  }
  const { equal, passes } = readConditions(
    filters?.filter(({ field }) => field !== "trace_id"),
    "filters",
  );
  if (passes.tenant !== null || passes.model !== null) {
    throw refused("filters", "traces are found by trace_id, tenant_id, user_id and session_id, each once with equals");
  }
  return { ...equal, ...(typeof first?.value === "string" ? { traceId: first.value } : {}) };
}

function downOnly(field: string, direction: "up" | "down" | undefined): void {
  if (direction === "up") throw refused(field, "only down is served");
}

function refused(field: string, message: string): TenantryError {
  return TenantryError.invalidRequest(field, message);
}
