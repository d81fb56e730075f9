import { z } from "@hono/zod-openapi";
import { instantField, nextCursorField, usdField } from "./fields.ts";

const perMillion = (description: string): z.ZodType => usdField(`${description}, per million tokens.`).optional();

const priceShape = {
  model: z.string().openapi({ description: "provider/model" }),
  priceId: z.string().openapi({ description: "Named by the ledger lines that were priced with it." }),
  source: z.string(),
  from: instantField("First instant of validity; null is since ever.").nullable(),
  to: instantField("First instant after it; null is until further notice.").nullable(),
};

export const pricePageSchema: z.ZodType = z
  .strictObject({
    version: z.string().openapi({ description: "The edition of the book." }),
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
