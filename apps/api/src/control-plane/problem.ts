import { failureHeaders, type HttpFailure, type Issue } from "@tenantry/core";
import { z } from "@hono/zod-openapi";

export const problemType = "application/problem+json";

/** What went wrong, as https://www.rfc-editor.org/rfc/rfc9457 has it. */
export const problemSchema: z.ZodType = z
  .strictObject({
    type: z.string().openapi({
      description: "Where the code is explained.",
      format: "uri-reference",
      example: "/docs#error-not_found",
    }),
    title: z.string().openapi({ description: "The code in words.", example: "Not found" }),
    status: z.number().int().openapi({ description: "The HTTP status.", example: 404 }),
    detail: z.string().openapi({ description: "What is wrong with this request and how to mend it, for people." }),
    code: z.string().openapi({ description: "For programs; stable.", example: "not_found" }),
    requestId: z
      .string()
      .openapi({ description: "Under which support finds the request; also the header x-request-id." }),
    errors: z
      .array(
        z.strictObject({
          path: z.string().openapi({ description: "The parameter, or the field of the body.", example: "limit" }),
          message: z.string(),
        }),
      )
      .optional()
      .openapi({ description: "Every field at fault, where fields are." }),
  })
  .openapi("Problem");

/** Codes of the control plane and what they say. */
export const problemCodes: Readonly<Record<string, string>> = {
  invalid_request: "The request cannot be understood; `errors` names every field at fault.",
  unauthenticated: "No key, or one that works no more.",
  forbidden: "The key is good, and this is not for it.",
  not_found: "No such route, or nothing with this id that this key may see.",
  method_not_allowed: "The path exists with other methods; the header `allow` names them.",
  conflict: "It cannot be done as things stand: the id is taken, the key has ended, or the configuration decides.",
  payload_too_large: "The body is longer than the control plane takes.",
  unsupported_media_type: "Bodies are application/json.",
  overloaded: "Too much at once; `retry-after` says when to come back.",
  unavailable: "A store cannot be reached; nothing was changed.",
  internal: "A fault of the server's own.",
};

/** A failure as problem+json. */
export function problemResponse(
  failure: HttpFailure,
  requestId: string,
  issues: readonly Issue[] = [],
  headers: Readonly<Record<string, string>> = {},
): Response {
  const { status, code, message } = failure;
  const problem = {
    type: `/docs#error-${code}`,
    title: code.charAt(0).toUpperCase() + code.slice(1).replaceAll("_", " "),
    status,
    detail: message,
    code,
    requestId,
    ...(issues.length === 0 ? {} : { errors: issues.map(({ path, message: text }) => ({ path, message: text })) }),
  };
  return new Response(JSON.stringify(problem), {
    status,
    headers: { "content-type": problemType, ...failureHeaders(failure), ...headers },
  });
}
