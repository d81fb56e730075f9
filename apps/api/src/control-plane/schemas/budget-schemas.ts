import { parseInstant } from "@tenantry/core";
import { z } from "@hono/zod-openapi";
import { idField, instantField, nextCursorField, usdField } from "./fields.ts";

const scope = z.enum(["tenant", "user", "feature", "key"]);
const scopeId = z
  .string()
  .nullable()
  .openapi({ description: "The user, feature or key; null for the tenant's own count, and where nobody was named." });

const topUpShape = {
  id: z.string(),
  budgetId: z.string(),
  scopeId: scopeId.openapi({ description: "Whom it is for; null is everybody the budget counts." }),
  amountUsd: usdField("What was added."),
  at: instantField("The instant it was made for."),
  from: instantField("First instant at which it counts."),
  to: instantField("First instant at which it counts no more."),
  note: z.string().nullable(),
};

const spentField = (description: string): z.ZodNullable<z.ZodString> =>
  usdField(description)
    .nullable()
    .openapi({
      description: `${description} Null where each user, feature or key has its own count and none was named, and where cost may not be seen.`,
    });

const budgetSchema = z
  .strictObject({
    tenantId: z.string(),
    budgetId: z.string(),
    scope,
    scopeId,
    per: z.string().openapi({ description: "A calendar unit, or the length of a window.", example: "month" }),
    onBreach: z.enum(["block", "warn"]),
    limitUsd: usdField("The budget's own limit."),
    toppedUpUsd: usdField("What top-ups add now."),
    rolledUsd: spentField("What the period before left over."),
    spentUsd: spentField("Provider cost; unknown cost at its most."),
    heldUsd: spentField("Reserved for calls in flight."),
    leftUsd: spentField("What a call may still claim."),
    toldPercent: z
      .number()
      .nullable()
      .openapi({ description: "The highest share of it that was told as spent in this period." }),
    resetAt: instantField("When what was spent counts no more.").nullable(),
    topUps: z
      .array(z.strictObject(topUpShape))
      .optional()
      .openapi({ description: "For operators: what was added, as long as it counts for something." }),
  })
  .openapi("Budget");

export const budgetPageSchema: z.ZodType = z
  .strictObject({ rows: z.array(budgetSchema), nextCursor: nextCursorField })
  .openapi("BudgetPage");

export const topUpSchema: z.ZodType = z.strictObject({ tenantId: z.string(), ...topUpShape }).openapi("TopUp");

export const newTopUpSchema: z.ZodObject<{
  tenantId: z.ZodString;
  budgetId: z.ZodString;
  id: z.ZodString;
  amountUsd: z.ZodString;
  scopeId: z.ZodOptional<z.ZodString>;
  at: z.ZodOptional<z.ZodString>;
  note: z.ZodOptional<z.ZodString>;
}> = z
  .strictObject({
    tenantId: idField("Whose budget it is.", "acme-ltd"),
    budgetId: idField("Which budget.", "budget-month"),
    id: idField("Yours. Sending it again adds nothing.", "order-4711"),
    amountUsd: z.string().max(60).openapi({ description: "Decimal string of USD, above 0.", example: "25" }),
    scopeId: idField("One user, feature or key of the budget's scope; default: all it counts.").optional(),
    at: z
      .string()
      .max(40)
      .refine((text) => parseInstant(text).ok, "must be an instant such as 2026-12-01T00:00:00Z")
      .optional()
      .openapi({ description: "An instant of the period it is for; default: now.", format: "date-time" }),
    note: z.string().max(200).optional().openapi({ description: "Why, for people." }),
  })
  .openapi("NewTopUp");
