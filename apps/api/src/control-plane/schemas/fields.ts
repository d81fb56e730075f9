import { idProblem } from "@tenantry/core";
import { z } from "@hono/zod-openapi";

/** An id from outside: a tenant's, a user's, a key's. */
export function idField(description: string, example?: string): z.ZodString {
  return z
    .string()
    .refine((text) => idProblem(text) === null, { error: ({ input }) => idProblem(String(input)) ?? "cannot be used" })
    .openapi({ description, minLength: 1, maxLength: 200, ...(example === undefined ? {} : { example }) });
}

/** An amount of money. */
export function usdField(description: string): z.ZodString {
  return z
    .string()
    .regex(/^-?\d+(\.\d{1,12})?$/)
    .openapi({ description: `${description} Decimal string of USD, exact.`, example: "0.0064125" });
}

export function instantField(description: string): z.ZodString {
  return z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    .openapi({
      description: `${description} ISO 8601 in UTC.`,
      format: "date-time",
      example: "2026-11-23T09:30:00.000Z",
    });
}

export function countField(description: string): z.ZodNumber {
  return z.number().int().min(0).openapi({ description });
}

const pageLimit = 200;

/** A page's size; what is no whole number from 1 to 200 is refused and not corrected. */
export const limitField: z.ZodType<number> = z
  .string()
  .regex(/^\d{1,3}$/, `must be a whole number from 1 to ${pageLimit}`)
  .transform(Number)
  .refine((limit) => limit >= 1 && limit <= pageLimit, `must be a whole number from 1 to ${pageLimit}`)
  .default(50)
  .openapi({ type: "integer", minimum: 1, maximum: pageLimit, default: 50, description: "Rows of a page." });

export const cursorField: z.ZodOptional<z.ZodString> = z
  .string()
  .min(1)
  .max(2_000, "must be the nextCursor of the page before")
  .optional()
  .openapi({
    description: "`nextCursor` of the page before. Rows that come in between neither repeat nor hide others.",
  });

export const nextCursorField: z.ZodNullable<z.ZodString> = z
  .string()
  .nullable()
  .openapi({ description: "For the parameter `cursor` of the next page; null on the last." });

const text = (description: string, example: string): z.ZodOptional<z.ZodString> =>
  z.string().max(100).optional().openapi({ description, example });

/** Which time a question is about. */
export const periodFields: Readonly<Record<"from" | "to" | "period" | "tz", z.ZodOptional<z.ZodString>>> = {
  from: text(
    "First instant: ISO 8601, or a date, which begins at midnight of `tz`. Default: 30 days ago.",
    "2026-11-01",
  ),
  to: text("First instant after it. Default: now.", "2026-12-01T00:00:00Z"),
  period: text(
    "In place of `from` and `to`: today, yesterday, this-week, last-week, this-month, last-month, this-year, last-year, or a duration such as 24h.",
    "this-month",
  ),
  tz: text(
    "IANA zone in which days, months and dates begin. Default: UTC; for a tenant's key its own zone.",
    "Europe/Berlin",
  ),
};

export const tenantFilter: z.ZodOptional<z.ZodString> = idField("Only this tenant.").optional();
