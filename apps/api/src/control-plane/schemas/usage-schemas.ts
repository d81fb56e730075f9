import { z } from "@hono/zod-openapi";
import { countField, instantField, usdField } from "./fields.ts";

const tokens = z
  .strictObject({
    input: countField("Fresh input."),
    cacheRead: countField("Input read from a cache."),
    cacheWrite5m: countField("Input written to a cache for five minutes."),
    cacheWrite1h: countField("Input written to a cache for an hour."),
    output: countField("Visible output."),
    reasoning: countField("Output that is not shown."),
    audioInput: countField("Audio in."),
    audioOutput: countField("Audio out."),
    total: countField("The sum of all classes."),
  })
  .openapi("Tokens", { description: "Token classes; they do not overlap." });

/** Sums of a group, as `usageView` makes them. */
export const sumsShape: z.ZodRawShape = {
  calls: countField("Admitted calls, under the model of their last attempt."),
  attempts: countField("Requests sent to providers, under the model that answered."),
  denied: countField("Calls not made."),
  failed: countField("Admitted calls without a successful answer."),
  tokens,
  costUsd: usdField("What the providers bill, as far as it is known. Only for who may see cost.").optional(),
  chargeUsd: usdField("What the tenant pays."),
  marginUsd: usdField("Charge less cost, over attempts of which both are known. Only for operators.").optional(),
  marginUnknown: countField("Attempts whose margin is unknown, in no sum of margins. Only for operators.").optional(),
  marginNegative: z.boolean().optional().openapi({ description: "Whether the margin is below 0. Only for operators." }),
  unpriced: countField("Attempts with usage but without a price."),
  estimated: countField("Attempts counted by us."),
  unknown: countField("Attempts of unknown cost."),
  atMostUsd: usdField("Most that attempts of unknown cost can come to. Only for who may see cost.").optional(),
};

const groupShape = {
  tenantId: z.string().optional(),
  userId: z.string().nullable().optional(),
  sessionId: z.string().nullable().optional(),
  feature: z.string().nullable().optional(),
  featureUsed: z.string().optional(),
  model: z
    .string()
    .nullable()
    .optional()
    .openapi({ description: "provider/model; null for denials before one was chosen." }),
  day: z.string().optional().openapi({ example: "2026-11-23" }),
  month: z.string().optional().openapi({ example: "2026-11" }),
};

export const usageSchema: z.ZodType = z
  .strictObject({
    from: instantField("First instant."),
    to: instantField("First instant after it."),
    groupBy: z.array(z.string()),
    rows: z.array(z.strictObject({ ...groupShape, ...sumsShape }).openapi("UsageRow")),
    total: z.strictObject(sumsShape).openapi("UsageSums"),
  })
  .openapi("Usage");

export const slaSchema: z.ZodType = z
  .strictObject({
    from: instantField("First instant."),
    to: instantField("First instant after it."),
    rows: z.array(
      z
        .strictObject({
          tenantId: z.string(),
          objective: z
            .strictObject({
              metric: z.enum(["latency", "ttft", "errors"]),
              quantile: z.number(),
              thresholdMs: z.number().nullable(),
            })
            .nullable()
            .openapi({ description: "Null is best effort." }),
          calls: countField("Calls that count."),
          good: countField("Of these, within the objective.").nullable(),
          excluded: countField("Calls that decide nothing, because the caller was at fault or gave up."),
          share: z.number().nullable().openapi({ description: "good / calls, exact." }),
          quantileMs: z
            .number()
            .nullable()
            .openapi({ description: "The objective's quantile of the measured times, ms, within 1 %." }),
          state: z.enum(["compliant", "breached", "insufficient-data", "best-effort"]),
        })
        .openapi("SlaRow"),
    ),
  })
  .openapi("Sla");
