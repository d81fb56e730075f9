import { z } from "@hono/zod-openapi";
import { countField, idField, instantField, nextCursorField } from "./fields.ts";
import { sumsShape } from "./usage-schemas.ts";

const models = z
  .array(z.string())
  .openapi({ description: "In order of preference, as provider/model.", example: ["openai/gpt-4o-mini"] });
const statusNames = ["active", "suspended"] as const;

const tenantShape = {
  id: z.string(),
  name: z.string(),
  tier: z.string().openapi({ description: "Id of the tier they bought." }),
  status: z.enum(statusNames).openapi({ description: "A suspended tenant's calls are refused; it may still read." }),
  timeZone: z
    .string()
    .openapi({ description: "IANA zone in which its days and months begin.", example: "Europe/Berlin" }),
  models: models.nullable(),
};

const objective = z.strictObject({
  id: z.string(),
  metric: z.enum(["latency", "ttft", "errors"]),
  quantile: z.number().openapi({ description: "Share that must be good, in (0, 1).", example: 0.95 }),
  thresholdMs: z.number().nullable().openapi({ description: "Milliseconds; null for errors." }),
  minCalls: countField("Below this many calls the state is insufficient-data."),
});

const policyShape = {
  models,
  features: z.array(z.string()),
  objectives: z.array(objective),
  chargeVersion: z
    .string()
    .optional()
    .openapi({ description: "How charges come from costs. Only for who may see cost." }),
  maxOutputTokens: countField("Most output tokens of a call."),
  traceContent: z.boolean().openapi({ description: "Whether prompts and answers go to the telemetry platform." }),
  aliases: z
    .record(z.string(), z.string())
    .openapi({ description: "Further names a request may use, and the models they stand for as provider/model." }),
  store: z.boolean().openapi({ description: "Whether it is left to requests if providers keep their answers." }),
  keepAnswers: z.boolean().openapi({ description: "Whether answers are kept for repeated Idempotency-Keys." }),
  showCost: z.boolean().openapi({ description: "Whether the tenant's own keys may see provider cost." }),
};

const amount = z
  .union([z.number(), z.string()])
  .openapi({ description: "A number of calls or tokens, or a decimal string of USD." });
const limitShape = {
  id: z.string(),
  kind: z.enum(["rate", "concurrency", "budget"]),
  scope: z.enum(["tenant", "user", "feature", "key"]),
  unit: z.enum(["calls", "tokens", "USD"]),
  windowMs: z
    .number()
    .nullable()
    .openapi({ description: "Length of a sliding window; null for calendar periods and calls in flight." }),
  limit: amount,
};
const limits = z.array(
  z
    .strictObject({
      ...limitShape,
      used: amount.nullable().openapi({
        description:
          "Null where each user, feature or key has its own count, and for budgets where cost may not be seen.",
      }),
      held: z.string().nullable().openapi({ description: "USD reserved for calls in flight." }),
      left: amount.nullable(),
    })
    .openapi("Limit"),
);

export const tenantSchema: z.ZodType = z.strictObject(tenantShape).openapi("Tenant");
export const tenantPageSchema: z.ZodType = z
  .strictObject({ rows: z.array(tenantSchema), nextCursor: nextCursorField })
  .openapi("TenantPage");
export const tenantDetailSchema: z.ZodType = z
  .strictObject({ ...tenantShape, ...policyShape, limits })
  .openapi("TenantDetail", { description: "A tenant, what it bought, and where its limits stand." });
export const tierSchema: z.ZodType = z
  .strictObject({ id: z.string(), name: z.string(), ...policyShape, limits: z.array(z.strictObject(limitShape)) })
  .openapi("Tier");
export const tierPageSchema: z.ZodType = z
  .strictObject({ rows: z.array(tierSchema), nextCursor: nextCursorField })
  .openapi("TierPage");

export const meSchema: z.ZodType = z
  .strictObject({
    keyId: z.string(),
    scope: z.enum(["tenant", "ingest", "admin"]),
    tenant: tenantSchema.nullable().openapi({ description: "Null unless it is a tenant's key." }),
    policy: z.strictObject(policyShape).nullable(),
    limits: limits.nullable(),
    usage: z
      .strictObject({ from: instantField("First instant."), to: instantField("First instant after it."), ...sumsShape })
      .nullable()
      .openapi({ description: "What the tenant used this month, in its own zone." }),
    simulated: z
      .boolean()
      .openapi({ description: "Whether the embedded simulator answers calls: figures are then no real money." }),
  })
  .openapi("Me");

const name = idField("For people; default: the id.", "Acme Ltd").optional();
const timeZone = z
  .string()
  .max(100)
  .optional()
  .openapi({ description: "IANA zone; default UTC.", example: "Europe/Berlin" });
const tier = z.string().max(200).openapi({ description: "Id of a tier.", example: "starter" });

export const newTenantSchema: z.ZodObject<{
  id: z.ZodString;
  name: z.ZodOptional<z.ZodString>;
  tier: z.ZodString;
  timeZone: z.ZodOptional<z.ZodString>;
}> = z
  .strictObject({ id: idField("Unique in the installation.", "acme-ltd"), name, tier, timeZone })
  .openapi("NewTenant");

export const tenantChangeSchema: z.ZodObject<{
  name: z.ZodOptional<z.ZodString>;
  tier: z.ZodOptional<z.ZodString>;
  timeZone: z.ZodOptional<z.ZodString>;
  status: z.ZodOptional<z.ZodEnum<{ active: "active"; suspended: "suspended" }>>;
}> = z
  .strictObject({ name, tier: tier.optional(), timeZone, status: z.enum(statusNames).optional() })
  .openapi("TenantChange");
