import { z } from "@hono/zod-openapi";
import { countField, idField, instantField } from "./fields.ts";

/** Requests and answers of Netra's own interface, as netra-sdk 1.8.0 writes and reads them. */

/** A time, half-open, in ISO 8601. */
export interface TimesBody {
  readonly startTime: string;
  readonly endTime: string;
}

export interface FilterBody {
  readonly field: string;
  readonly operator: (typeof operators)[number];
  readonly type: (typeof filterTypes)[number];
  readonly value: string | number | boolean | string[];
  readonly key?: string | undefined;
}

export interface PageBody {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export interface TracesBody extends TimesBody {
  readonly filters?: FilterBody[] | undefined;
  readonly pagination?: (PageBody & { readonly direction?: "up" | "down" | undefined }) | undefined;
  readonly sortField?: string | undefined;
  readonly sortOrder?: "asc" | "desc" | undefined;
}

export interface ChartBody {
  readonly scope: "Spans" | "Traces";
  readonly chartType: (typeof chartTypes)[number];
  readonly metrics: {
    readonly measure: (typeof measures)[number];
    readonly aggregation: (typeof aggregations)[number];
  };
  readonly filter: TimesBody & {
    readonly groupBy: "minute" | "hour" | "day";
    readonly filters?: FilterBody[] | undefined;
  };
  readonly dimension?: { readonly field: "environment" | "service" | "model_name" } | undefined;
}

export interface SessionFilterBody {
  readonly field: "tenant_id";
  readonly operator: "any_of";
  readonly type: "arrayOptions";
  readonly value: string[];
}

export interface SessionStatsBody extends TimesBody {
  readonly filters?: SessionFilterBody[] | undefined;
  readonly pagination?: PageBody | undefined;
  readonly sortField?: "session_id" | "totalRequests" | "totalCost" | undefined;
  readonly sortOrder?: "asc" | "desc" | undefined;
}

export interface SessionSummaryBody {
  readonly filter: TimesBody & { readonly filters?: SessionFilterBody[] | undefined };
}

const operators = [
  "equals",
  "not_equals",
  "contains",
  "not_contains",
  "starts_with",
  "ends_with",
  "greater_than",
  "less_than",
  "greater_equal_to",
  "less_equal_to",
  "any_of",
  "none_of",
] as const;
const filterTypes = ["string", "number", "boolean", "arrayOptions", "object"] as const;
const chartTypes = ["Line Time Series", "Bar Time Series", "Horizontal Bar", "Vertical Bar", "Pie", "Number"] as const;
const measures = [
  "Latency",
  "Error Rate",
  "PII Count",
  "Request Count",
  "Total Cost",
  "Violations",
  "Total Tokens",
  "Audio Duration",
  "Character Count",
] as const;
const aggregations = ["Average", "p50", "p90", "p95", "p99", "Median (p50)", "Percentage", "Total Count"] as const;

const time = (description: string): z.ZodString =>
  z
    .string()
    .min(1)
    .max(100)
    .openapi({ description: `${description} ISO 8601.`, example: "2026-11-23T09:30:00.000Z" });

const times = { startTime: time("First instant."), endTime: time("First instant after it.") };

export const timesSchema: z.ZodObject<{ startTime: z.ZodString; endTime: z.ZodString }> = z.strictObject(times);

/** An amount. The number has the exact digits; a reader that makes a float of it rounds. */
const amount = z.number().nullable().openapi({
  description:
    "USD, a number with its exact decimal digits: what providers bill, or what the tenant pays where its tier does not show cost. Null where a part is unknown.",
  example: 0.0064125,
});

const filterBody = z
  .strictObject({
    field: z.string().max(200).openapi({ description: "What is compared.", example: "tenant_id" }),
    operator: z.enum(operators),
    type: z.enum(filterTypes),
    value: z.union([z.string().max(200), z.number(), z.boolean(), z.array(z.string().max(200)).max(100)]),
    key: z.string().max(200).optional(),
  })
  .openapi("NetraFilter");

const filters = z.array(filterBody).max(20);

const pagination = z.strictObject({
  limit: z.number().int().min(1).max(100).optional().openapi({ description: "Items of a page." }),
  cursor: z.string().min(1).max(4_000).optional().openapi({ description: "`cursor` of the last item seen." }),
  direction: z.enum(["up", "down"]).optional().openapi({ description: "Only `down` is served." }),
});

export const tracesSchema: z.ZodType<TracesBody> = z
  .strictObject({
    ...times,
    filters: filters.optional(),
    pagination: pagination.optional(),
    sortField: z.string().max(100).optional().openapi({ description: "Only `start_time`." }),
    sortOrder: z.enum(["asc", "desc"]).optional().openapi({ description: "Only `desc`." }),
  })
  .openapi("NetraTracesQuestion");

export const chartSchema: z.ZodType<ChartBody> = z
  .strictObject({
    scope: z.enum(["Spans", "Traces"]).openapi({ description: "Attempts, or calls." }),
    chartType: z.enum(chartTypes),
    metrics: z.strictObject({
      measure: z.enum(measures),
      aggregation: z.enum(aggregations),
    }),
    filter: z.strictObject({ ...times, groupBy: z.enum(["minute", "hour", "day"]), filters: filters.optional() }),
    dimension: z.strictObject({ field: z.enum(["environment", "service", "model_name"]) }).optional(),
  })
  .openapi("NetraChartQuestion");

const sessionFilters = z
  .array(
    z.strictObject({
      field: z.literal("tenant_id"),
      operator: z.literal("any_of"),
      type: z.literal("arrayOptions"),
      value: z.array(z.string().max(200)).max(100),
    }),
  )
  .max(1);

export const sessionStatsSchema: z.ZodType<SessionStatsBody> = z
  .strictObject({
    ...times,
    filters: sessionFilters.optional(),
    pagination: pagination.omit({ direction: true }).optional(),
    sortField: z.enum(["session_id", "totalRequests", "totalCost"]).optional(),
    sortOrder: z.enum(["asc", "desc"]).optional(),
  })
  .openapi("NetraSessionsQuestion");

export const sessionSummarySchema: z.ZodType<SessionSummaryBody> = z
  .strictObject({ filter: z.strictObject({ ...times, filters: sessionFilters.optional() }) })
  .openapi("NetraSessionSummaryQuestion");

export const tenantParams: z.ZodObject<{ tenantId: z.ZodString }> = z.object({ tenantId: idField("The tenant.") });
export const sessionParams: z.ZodObject<{ sessionId: z.ZodString }> = z.object({ sessionId: idField("The session.") });
export const traceParams: z.ZodObject<{ traceId: z.ZodString }> = z.object({
  traceId: idField("The trace: 32 hexadecimal digits, or the id of a call."),
});

export const spansQuery: z.ZodObject<{
  cursor: z.ZodOptional<z.ZodString>;
  direction: z.ZodOptional<z.ZodEnum<{ up: "up"; down: "down" }>>;
  limit: z.ZodOptional<z.ZodString>;
  spanName: z.ZodOptional<z.ZodString>;
}> = z.strictObject({
  cursor: z.string().min(1).max(4_000).optional().openapi({ description: "`cursor` of the last item seen." }),
  direction: z.enum(["up", "down"]).optional().openapi({ description: "Only `down` is served." }),
  limit: z
    .string()
    .regex(/^([1-9]\d?|100)$/, "must be a whole number from 1 to 100")
    .optional()
    .openapi({ type: "integer", minimum: 1, maximum: 100, default: 50, description: "Items of a page." }),
  spanName: z.string().min(1).max(200).optional().openapi({ description: "Only spans of this name." }),
});

const used = {
  tokenCount: countField("Tokens of all classes."),
  requestsCount: countField("Calls."),
  totalCost: amount,
};

export const tenantUsageSchema: z.ZodType = z
  .strictObject({
    data: z.strictObject({
      tenant_id: z.string().openapi({ description: "Empty where there is nothing under this id." }),
      organisation_id: z.string(),
      ...used,
      sessionsCount: countField("Sessions."),
    }),
  })
  .openapi("NetraTenantUsage");

export const sessionUsageSchema: z.ZodType = z
  .strictObject({
    data: z.strictObject({
      session_id: z.string().openapi({ description: "Empty where there is nothing under this id." }),
      ...used,
    }),
  })
  .openapi("NetraSessionUsage");

const count = z.number().int().nullable();
const maybe = z.string().nullable();

const figures = {
  prompt_tokens: count,
  completion_tokens: count,
  cached_tokens: count,
  total_tokens: count,
  prompt_tokens_cost: amount,
  completion_tokens_cost: amount,
  cached_tokens_cost: amount,
  total_cost: amount,
};

const common = {
  id: z.string(),
  name: z.string(),
  kind: z.string(),
  latency_ms: z.number().nullable(),
  start_time: instantField("When it began."),
  end_time: instantField("When it ended.").nullable(),
  organisation_id: z.string(),
  project_id: z.string(),
  tenant_id: z.string(),
  user_id: maybe,
  session_id: maybe,
  environment: maybe,
  has_pii: z.null().openapi({ description: "Contents are not looked at." }),
  pii_entities: z.null(),
  has_violation: z.null(),
  violations: z.null(),
  has_error: z.boolean(),
  cursor: z.string(),
};

const pageOf = (item: z.ZodType): z.ZodType =>
  z.strictObject({
    data: z.strictObject({ data: z.array(item), pageInfo: z.strictObject({ hasNextPage: z.boolean() }) }),
  });

export const tracePageSchema: z.ZodType = pageOf(
  z.strictObject({ ...common, service: maybe, models: z.array(z.string()), ...figures }).openapi("NetraTrace"),
).openapi("NetraTracePage");

export const spanPageSchema: z.ZodType = pageOf(
  z
    .strictObject({
      ...common,
      trace_id: z.string(),
      parent_span_id: maybe,
      start_time_ms: z.string(),
      end_time_ms: maybe,
      model_name: maybe,
      ...figures,
      pii_actions: z.null(),
      violation_actions: z.null(),
      status: z.enum(["OK", "ERROR", "UNSET"]),
      attributes: z.string().openapi({ description: "A JSON object." }),
      events: z.null(),
      links: z.null(),
      resources: z.string().openapi({ description: "A JSON object." }),
      metadata: z.looseObject({
        call_id: maybe.openapi({ description: "The call at /api/v1/calls it is booked as." }),
      }),
      created_at: maybe,
    })
    .openapi("NetraSpan"),
).openapi("NetraSpanPage");

const value = z.number().nullable();
const byDimension = z.array(z.strictObject({ dimension: z.string(), value }));

export const chartAnswerSchema: z.ZodType = z
  .strictObject({
    data: z.strictObject({
      timeRange: z.strictObject(times),
      data: z.union([
        z.array(z.strictObject({ date: z.string(), value })),
        z.strictObject({
          timeSeries: z.array(z.strictObject({ date: z.string(), values: byDimension })),
          dimensions: z.array(z.string()),
        }),
        byDimension,
        z.strictObject({ value }),
      ]),
    }),
  })
  .openapi("NetraChart");

export const sessionStatsAnswerSchema: z.ZodType = z
  .strictObject({
    data: z.strictObject({
      sessions: z.array(
        z.strictObject({
          session_id: z.string(),
          session_start_time: maybe,
          totalRequests: countField("Calls."),
          totalCost: amount,
          session_duration: maybe.openapi({ description: "Seconds, from the first call to the end of the last." }),
          cursor: z.string(),
        }),
      ),
      pageInfo: z.strictObject({ hasNextPage: z.boolean() }),
    }),
  })
  .openapi("NetraSessionStats");

export const sessionSummaryAnswerSchema: z.ZodType = z
  .strictObject({
    data: z.strictObject({
      totalSessions: countField("Sessions."),
      totalRequests: countField("Calls with a session."),
      totalTokens: countField("Their tokens."),
      totalCost: amount,
      latencyMs: z
        .strictObject({ p50: value, p90: value, p95: value, p99: value })
        .openapi({ description: "Of all calls of these tenants, with a session or without, within 1 %." }),
      costByModel: z.array(
        z.strictObject({ model_name: z.string(), totalTokens: countField("Tokens."), totalCost: amount }),
      ),
    }),
  })
  .openapi("NetraSessionSummary");
