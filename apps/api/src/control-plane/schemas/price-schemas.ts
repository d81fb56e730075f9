import { z } from "@hono/zod-openapi";
import { countField, instantField, nextCursorField, usdField } from "./fields.ts";

const perMillion = (description: string): z.ZodType => usdField(`${description}, per million tokens.`).optional();

const priceShape = {
  model: z.string().openapi({ description: "provider/model" }),
  priceId: z.string().openapi({ description: "Named by the ledger lines that were priced with it." }),
  source: z.string(),
  from: instantField("First instant of validity; null is since ever.").nullable(),
  to: instantField("First instant after it; null is until further notice.").nullable(),
};

const statusShape = {
  version: z.string().openapi({ description: "Names the book in force, and with it every figure in it." }),
  edition: countField("The imported edition in force; 0 is none."),
  source: z.string().openapi({ description: "Where the figures come from." }),
  recordedAt: instantField("When the edition was imported, or the catalogue published."),
  ageSeconds: countField("Since then."),
  pinned: z.boolean().openapi({ description: "Whether the edition stays in force whatever is imported." }),
  problem: z
    .string()
    .nullable()
    .openapi({ description: "Why the edition that should be in force is not; null when it is." }),
};

export const pricePageSchema: z.ZodType = z
  .strictObject({
    ...statusShape,
    unit: z.literal("USD per million tokens"),
    rows: z.array(
      z
        .strictObject({
          ...priceShape,
          tenantId: z.string().nullable().openapi({ description: "Only for this tenant; null is everybody." }),
          input: perMillion("Fresh input"),
          cacheRead: perMillion("Input read from a cache"),
          cacheWrite5m: perMillion("Input cached for five minutes"),
          cacheWrite1h: perMillion("Input cached for an hour"),
          output: perMillion("Output"),
          reasoning: perMillion("Reasoning"),
          audioInput: perMillion("Audio in"),
          audioOutput: perMillion("Audio out"),
        })
        .openapi("Price"),
    ),
    nextCursor: nextCursorField,
  })
  .openapi("PricePage");

export const priceDetailSchema: z.ZodType = z
  .strictObject({
    ...priceShape,
    rows: z.array(
      z.strictObject({
        of: z.string().openapi({ example: "output, batch" }),
        usd: usdField("The figure."),
        per: z.string(),
      }),
    ),
  })
  .openapi("PriceDetail");

export const priceStatusSchema: z.ZodType = z.strictObject(statusShape).openapi("PriceStatus");

export const editionListSchema: z.ZodType = z
  .strictObject({
    inForce: z.strictObject(statusShape),
    rows: z.array(
      z
        .strictObject({
          version: countField("1 for the first."),
          recordedAt: instantField("When it was imported."),
          source: z.string(),
          count: countField("Prices it has."),
        })
        .openapi("PriceEdition"),
    ),
  })
  .openapi("PriceEditionList");
