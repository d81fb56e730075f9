import { z } from "@hono/zod-openapi";
import { parseUsd, type ServiceTier, tokenClasses } from "@tenantry/core";
import { countField, idField, instantField, nextCursorField, usdField } from "./fields.ts";

const money = (description: string): z.ZodType => usdField(`${description} Null when a part is unknown.`).nullable();
const costMoney = (description: string): z.ZodType => money(`${description} Only for who may see cost.`).optional();

const outcomes = ["ok", "failed", "aborted", "lost"] as const;
const ms = (description: string): z.ZodNullable<z.ZodNumber> =>
  z
    .number()
    .nullable()
    .openapi({ description: `${description} Milliseconds.` });

const callShape = {
  tenantId: z.string(),
  userId: z.string().nullable(),
  sessionId: z.string().nullable(),
  feature: z.string().nullable().openapi({ description: "What the call is for." }),
  featuresUsed: z.array(z.string()),
  keyId: z.string().nullable(),
  origin: z.enum(["call", "ingest"]),
  tierId: z.string(),
  failure: z.string().nullable().openapi({ description: "Code of a failure.", example: "upstream_timeout" }),
  latencyMs: ms("Admission to the last byte, retries and fallbacks included."),
  ttftMs: ms("Admission to the first byte."),
  verdicts: z.array(z.strictObject({ objectiveId: z.string(), verdict: z.enum(["good", "bad", "excluded"]) })),
  model: z.string().openapi({ description: "provider/model of the last attempt." }),
  admittedAt: instantField("When it was admitted."),
  recordedAt: instantField("When it was closed."),
};

const callRow = z
  .strictObject({
    callId: z.string(),
    ...callShape,
    attempts: countField("Requests sent to providers."),
    outcome: z.enum(outcomes),
    costUsd: costMoney("What the providers bill."),
    chargeUsd: money("What the tenant pays."),
  })
  .openapi("Call");

const item = z.strictObject({
  of: z.string(),
  quantity: z.number(),
  rateUsd: usdField("Per unit."),
  amountUsd: usdField("Quantity × rate."),
});

const allowanceAmount = (description: string): z.ZodType =>
  z.string().openapi({ description: `${description} USD where the unit is usd, else a count.`, example: "1000000" });

const allowance = z
  .strictObject({
    id: z.string().openapi({ description: "What is counted.", example: "tokens-month" }),
    unit: z.enum(["usd", "tokens", "calls"]),
    from: instantField("First instant of the period."),
    to: instantField("First instant after it."),
    limit: allowanceAmount("Included in the period."),
    before: allowanceAmount("Used before this attempt."),
    quantity: allowanceAmount("What this attempt amounts to."),
    covered: allowanceAmount("How much of it is included."),
    fullUsd: usdField("The charge without the allowance."),
  })
  .openapi("AllowanceShare", { description: "What an attempt drew on the tenant's allowance." });

const line = z
  .strictObject({
    lineId: z.string(),
    attemptId: z.string(),
    ordinal: countField("1 for the first attempt."),
    origin: z.enum(["call", "ingest"]),
    provider: z.string(),
    model: z.string(),
    requested: z.string().openapi({ description: "provider/model that was asked." }),
    reportedModel: z.string().nullable().openapi({ description: "The model in the provider's own words." }),
    outcome: z.enum(["ok", "refused", "not-sent", "failed", "timeout", "aborted", "cut", "lost"]),
    status: z.number().int().nullable().openapi({ description: "HTTP status of the provider." }),
    source: z.enum(["measured", "estimated", "unknown"]).openapi({ description: "Who counted the tokens." }),
    occurredAt: instantField("When the intent was written."),
    recordedAt: instantField("When the line was written."),
    latencyMs: ms("Attempt start to last byte."),
    responseId: z.string().nullable(),
    tokens: z.record(z.string(), z.number()).nullable(),
    fees: z.record(z.string(), z.number()).nullable(),
    serviceTier: z.string().nullable(),
    costUsd: costMoney("What the provider bills."),
    costItems: z.array(item).optional(),
    priceId: z.string().nullable().optional(),
    unpricedReason: z.string().nullable().optional(),
    atMostUsd: costMoney("Most an unknown cost can be."),
    holdUsd: costMoney("Reserved before it was sent."),
    chargeVersion: z.string().nullable().optional(),
    reportedBy: z.string().nullable().optional().openapi({
      description:
        "Who told it later; null on an attempt's own line, and where prices made it anew. Only for who may see cost.",
    }),
    chargeUsd: money("What the tenant pays."),
    chargeItems: z.array(item).optional().openapi({ description: "How the tenant's own prices made the charge." }),
    unchargedReason: z.string().optional().openapi({ description: "Why the charge is null though usage is known." }),
    allowance: allowance.optional(),
    marks: z.array(z.string()),
    supersedes: z.string().nullable().openapi({ description: "The line this one replaces in all sums." }),
  })
  .openapi("Attempt");

export const callPageSchema: z.ZodType = z
  .strictObject({
    from: instantField("First instant."),
    to: instantField("First instant after it."),
    rows: z.array(callRow),
    nextCursor: nextCursorField,
  })
  .openapi("CallPage", { description: "Newest first." });

/** A call in flight has only what is known of it: its id and the attempts that have ended. */
export const callDetailSchema: z.ZodType = z
  .strictObject({
    callId: z.string(),
    ...z.object(callShape).partial().shape,
    outcome: z.enum([...outcomes, "in-flight"]),
    attempts: z.array(line),
    costUsd: costMoney("What the providers bill."),
    chargeUsd: money("What the tenant pays."),
  })
  .openapi("CallDetail");

export const explanationSchema: z.ZodType = z
  .strictObject({
    callId: z.string(),
    call: z
      .strictObject({
        callId: z.string(),
        ...callShape,
        attempts: countField("Requests sent to providers."),
        outcome: z.enum(outcomes),
      })
      .nullable(),
    lines: z.array(line),
    text: z.array(z.string()).openapi({ description: "The derivation, to be checked by hand." }),
  })
  .openapi("CallExplanation");

const units = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const tiers = ["standard", "batch", "flex", "priority"] as const satisfies readonly ServiceTier[];
const sources = ["measured", "estimated"] as const;
type Sources = { measured: "measured"; estimated: "estimated" };
type Tiers = { standard: "standard"; batch: "batch"; flex: "flex"; priority: "priority" };

/** What somebody knows of an attempt after its line was written. */
export const settlementSchema: z.ZodObject<{
  costUsd: z.ZodOptional<z.ZodString>;
  usage: z.ZodOptional<
    z.ZodObject<{
      tokens: z.ZodRecord<z.ZodString, z.ZodNumber>;
      fees: z.ZodOptional<z.ZodRecord<z.ZodString, z.ZodNumber>>;
      serviceTier: z.ZodOptional<z.ZodEnum<Tiers>>;
    }>
  >;
  source: z.ZodOptional<z.ZodEnum<Sources>>;
  replaces: z.ZodOptional<z.ZodString>;
  reportedBy: z.ZodOptional<z.ZodString>;
}> = z
  .strictObject({
    costUsd: z
      .string()
      .max(60)
      .refine((text) => parseUsd(text).ok && !text.startsWith("-"), "must be an amount such as 0.0064125, not below 0")
      .optional()
      .openapi({ description: "What the provider billed. Default: the usage at its price.", example: "0.0064125" }),
    usage: z
      .strictObject({
        tokens: z
          .record(z.string(), units)
          .refine((tokens) => Object.keys(tokens).every((name) => tokenClasses.includes(name as never)), {
            error: `knows ${tokenClasses.join(", ")}`,
          })
          .openapi({
            description: "Tokens by class; classes that are left out are 0.",
            example: { input: 1200, output: 80 },
          }),
        fees: z
          .record(z.string().max(100), units)
          .optional()
          .openapi({ description: "Billed units that are no tokens." }),
        serviceTier: z.enum(tiers).optional().openapi({ description: "Default: standard." }),
      })
      .optional()
      .openapi({ description: "What it used. May be left out where the cost is given." }),
    source: z
      .enum(sources)
      .optional()
      .openapi({ description: "`measured` (default): the provider says so. `estimated`: somebody counted." }),
    replaces: idField(
      "The line in force, where it is known to be wrong; then it is replaced whatever it says.",
    ).optional(),
    reportedBy: idField("Who says so. Default: the key.", "billing dashboard").optional(),
  })
  .openapi("AttemptSettlement");

export const settledSchema: z.ZodType = z
  .strictObject({
    result: z.enum(["superseded", "unchanged"]),
    because: z
      .enum(["same-figures", "better-source", "higher-report"])
      .nullable()
      .openapi({ description: "Why nothing changed." }),
    attempt: line,
  })
  .openapi("SettledAttempt", { description: "The line in force from now on." });
