import { z } from "@hono/zod-openapi";
import { idField, instantField, nextCursorField } from "./fields.ts";

const scope = z.enum(["tenant", "ingest", "admin"]).openapi({
  description: "tenant: calls and reads for one tenant. ingest: writes spans for every tenant. admin: everything.",
});

const keyShape = {
  id: z.string(),
  scope,
  tenantId: z.string().nullable(),
  name: z.string(),
  hint: z.string().openapi({ description: "First characters of the secret, to recognise it by.", example: "tnt_ab12" }),
  createdAt: instantField("When it was made."),
  revokedAt: instantField("From when on it works no more.").nullable(),
};

export const keySchema: z.ZodType = z.strictObject(keyShape).openapi("Key");
export const keyPageSchema: z.ZodType = z
  .strictObject({ rows: z.array(keySchema), nextCursor: nextCursorField })
  .openapi("KeyPage");
export const issuedKeySchema: z.ZodType = z
  .strictObject({
    ...keyShape,
    key: z.string().openapi({ description: "The secret. It is shown this once and kept nowhere." }),
  })
  .openapi("IssuedKey");

export const newKeySchema: z.ZodObject<{
  scope: z.ZodOptional<z.ZodEnum<{ tenant: "tenant"; ingest: "ingest"; admin: "admin" }>>;
  tenantId: z.ZodOptional<z.ZodNullable<z.ZodString>>;
  name: z.ZodOptional<z.ZodString>;
}> = z
  .strictObject({
    scope: z
      .enum(["tenant", "ingest", "admin"])
      .optional()
      .openapi({ description: "Default: tenant.", default: "tenant" }),
    tenantId: idField("Needed for a tenant key, and for no other.", "acme-ltd").nullable().optional(),
    name: z.string().max(200).optional().openapi({ description: "For people." }),
  })
  .openapi("NewKey");

export const rotationSchema: z.ZodObject<{ graceMs: z.ZodOptional<z.ZodNumber> }> = z
  .strictObject({
    graceMs: z.number().int().min(0).max(2_592_000_000).optional().openapi({
      description: "How long the old key works on, milliseconds, at most 30 days. Default 0.",
      example: 3_600_000,
    }),
  })
  .openapi("Rotation");
