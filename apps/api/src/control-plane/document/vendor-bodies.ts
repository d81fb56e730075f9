import { z } from "@hono/zod-openapi";

const bodies = new Map<string, z.ZodType>();

/** A body of which only its vendor says what is in it. */
export function vendorBody(of: "request" | "answer", reference: string): z.ZodType {
  const key = `${of} ${reference}`;
  let schema = bodies.get(key);
  if (schema === undefined) {
    schema = z.looseObject({}).openapi({ description: `The vendor's own ${of}, all its fields: ${reference}` });
    bodies.set(key, schema);
  }
  return schema;
}

export const summaryRequest: z.ZodType = z
  .strictObject({
    transcript: z.string().openapi({ description: "What was said." }),
    features: z
      .array(z.string())
      .max(100)
      .optional()
      .openapi({ description: "Sections; default: all the tier has.", example: ["summary"] }),
    model: z.string().optional().openapi({ description: "One of the tier's models; default: its first." }),
  })
  .openapi("MeetingSummaryRequest");

const openAIError: z.ZodType = z
  .looseObject({
    error: z.looseObject({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable().openapi({ description: "The field at fault." }),
      code: z.string().openapi({ description: "Stable.", example: "rate_limited" }),
    }),
  })
  .openapi("OpenAIError", { description: "OpenAI's own envelope." });

const anthropicError: z.ZodType = z
  .looseObject({
    type: z.literal("error"),
    error: z.looseObject({
      type: z.string(),
      message: z.string(),
      code: z.string().openapi({ description: "Stable.", example: "rate_limited" }),
    }),
    request_id: z.string(),
  })
  .openapi("AnthropicError", { description: "Anthropic's own envelope." });

/** In which envelope a route of the data plane tells of failures. */
export function errorEnvelopes(path: string): z.ZodType {
  if (path.startsWith("/v1/messages")) return anthropicError;
  return path.startsWith("/v1/models") ? z.union([openAIError, anthropicError]) : openAIError;
}
