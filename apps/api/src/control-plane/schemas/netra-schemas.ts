import { z } from "@hono/zod-openapi";
import { countField, idField, instantField } from "./fields.ts";

/** Requests and answers of Netra's own interface, as netra-sdk 1.8.0 writes and reads them. */

const time = (description: string): z.ZodString =>
  z.string().min(1).max(100).openapi({ description: `${description} ISO 8601.`, example: "2026-11-23T09:30:00.000Z" });

const times = { startTime: time("First instant."), endTime: time("First instant after it.") };

export const timesSchema: z.ZodObject<typeof times> = z.strictObject(times);

/** An amount. The number has the exact digits; a reader that makes a float of it rounds. */
const amount = z
  .number()
  .nullable()
  .openapi({
    description:
      "USD, a number with its exact decimal digits: what providers bill, or what the tenant pays where its tier does not show cost. Null where a part is unknown.",
    example: 0.0064125,
  });

const filterBody = z
  .strictObject({
    field: z.string().max(200).openapi({ description: "What is compared.", example: "tenant_id" }),
    operator: z.enum([
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
    ]),
    type: z.enum(["string", "number", "boolean", "arrayOptions", "object"]),
    value: z.union([z.string().max(200), z.number(), z.boolean(), z.array(z.string().max(200)).max(100)]),
    key: z.string().max(200).optional(),
  })
  .openapi("NetraFilter");

export type FilterBody = z.output<typeof filterBody>;

const filters = z.array(filterBody).max(20);

const pagination = z.strictObject({
  limit: z.number().int().min(1).max(100).optional().openapi({ description: "Items of a page." }),
  cursor: z.string().min(1).max(4_000).optional().openapi({ description: "`cursor` of the last item seen." }),
  direction: z.enum(["up", "down"]).optional().openapi({ description: "Only `down` is served." }),
});

const tracesBody = z
  .strictObject({
    ...times,
    filters: filters.optional(),
    pagination: pagination.optional(),
    sortField: z.string().max(100).optional().openapi({ description: "Only `start_time`." }),
    sortOrder: z.enum(["asc", "desc"]).optional().openapi({ description: "Only `desc`." }),
  })
  .openapi("NetraTracesQuestion");

export const tracesSchema: typeof tracesBody = tracesBody;

const chartBody = z
  .strictObject({
    scope: z.enum(["Spans", "Traces"]).openapi({ description: "Attempts, or calls." }),
    chartType: z.enum(["Line Time Series", "Bar Time Series", "Horizontal Bar", "Vertical Bar", "Pie", "Number"]),
    metrics: z.strictObject({
      measure: z.enum([
        "Latency",
        "Error Rate",
        "PII Count",
        "Request Count",
        "Total Cost",
        "Violations",
        "Total Tokens",
        "Audio Duration",
        "Character Count",
      ]),
      aggregation: z.enum(["Average", "p50", "p90", "p95", "p99", "Median (p50)", "Percentage", "Total Count"]),
    }),
    filter: z.strictObject({ ...times, groupBy: z.enum(["minute", "hour", "day"]), filters: filters.optional() }),
    dimension: z.strictObject({ field: z.enum(["environment", "service", "model_name"]) }).optional(),
  })
  .openapi("NetraChartQuestion");

export const chartSchema: typeof chartBody = chartBody;

export type ChartBody = z.output<typeof chartBody>;

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

const statsBody = z
  .strictObject({
    ...times,
    filters: sessionFilters.optional(),
    pagination: pagination.omit({ direction: true }).optional(),
    sortField: z.enum(["session_id", "totalRequests", "totalCost"]).optional(),
    sortOrder: z.enum(["asc", "desc"]).optional(),
  })
  .openapi("NetraSessionsQuestion");

export const sessionStatsSchema: typeof statsBody = statsBody;

export type SessionStatsBody = z.output<typeof statsBody>;

const summaryBody = z
  .strictObject({ filter: z.strictObject({ ...times, filters: sessionFilters.optional() }) })
  .openapi("NetraSessionSummaryQuestion");

export const sessionSummarySchema: typeof summaryBody = summaryBody;

export const tenantParams: z.ZodObject<{ tenantId: z.ZodString }> = z.object({ tenantId: idField("The tenant.") });
export const sessionParams: z.ZodObject<{ sessionId: z.ZodString }> = z.object({ sessionId: idField("The session.") });
export const traceParams: z.ZodObject<{ traceId: z.ZodString }> = z.object({
  traceId: idField("The trace: 32 hexadecimal digits, or the id of a call."),
});

const spansQueryBody = z.strictObject({
  cursor: z.string().min(1).max(4_000).optional().openapi({ description: "`cursor` of the last item seen." }),
  direction: z.enum(["up", "down"]).optional().openapi({ description: "Only `down` is served." }),
  limit: z
    .string()
    .regex(/^([1-9]\d?|100)$/, "must be a whole number from 1 to 100")
    .optional()
    .openapi({ type: "integer", minimum: 1, maximum: 100, default: 50, description: "Items of a page." }),
  spanName: z.string().min(1).max(200).optional().openapi({ description: "Only spans of this name." }),
});

export const spansQuery: typeof spansQueryBody = spansQueryBody;

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
      metadata: z.looseObject({ call_id: maybe.openapi({ description: "The call at /api/v1/calls it is booked as." }) }),
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
