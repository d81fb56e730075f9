import type { RouteConfig, z } from "@hono/zod-openapi";
import type { Access } from "../caller.ts";
import type { ControlRoute } from "../control-route.ts";
import { problemCodes, problemSchema, problemType } from "../problem.ts";

/** Either style of sending a key. */
export const keyed: NonNullable<RouteConfig["security"]> = [{ bearer: [] }, { apiKey: [] }];

const whose: Readonly<Record<Access, string>> = {
  everybody: "Needs no key.",
  key: "Any key.",
  tenant: "A tenant's key for its own tenant, an admin key for all.",
  telemetry: "A tenant's key for its own tenant, an ingest or an admin key for all.",
  admin: "An admin key.",
};

/** A route of the control plane as the document has it. */
export function controlOperation(route: ControlRoute): RouteConfig {
  const { method, path, operationId, tag, summary, description, access, answer, params, query, body } = route;
  return {
    method: method.toLowerCase() as Lowercase<typeof method>,
    path,
    operationId,
    tags: [tag],
    summary,
    description: [description, whose[access]].filter((text) => text !== undefined).join(" "),
    security: access === "everybody" ? [] : keyed,
    request: {
      ...(params === null ? {} : { params }),
      ...(query === null ? {} : { query }),
      ...(body === null
        ? {}
        : { body: { required: !route.bodyOptional, content: { "application/json": { schema: body } } } }),
    },
    responses: {
      [answer.status]: { description: answer.description, content: contentOf(answer.content) },
      ...Object.fromEntries(refusalsOf(route).map((status) => [status, refusal(status)])),
    },
  };
}

function contentOf(content: Readonly<Record<string, z.ZodType>>): Record<string, { schema: z.ZodType }> {
  return Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema }]));
}

const codeOf: Readonly<Record<number, keyof typeof problemCodes>> = {
  400: "invalid_request",
  401: "unauthenticated",
  403: "forbidden",
  404: "not_found",
  409: "conflict",
  413: "payload_too_large",
  415: "unsupported_media_type",
  503: "unavailable",
};

function refusalsOf({ access, body, refusals = [] }: ControlRoute): readonly number[] {
  const statuses = new Set([400, ...refusals, 503]);
  if (access !== "everybody") statuses.add(401);
  if (access === "tenant" || access === "admin") statuses.add(403);
  if (body !== null) statuses.add(413).add(415);
  return [...statuses].sort((a, b) => a - b);
}

function refusal(status: number): { description: string; content: Record<string, { schema: z.ZodType }> } {
  return {
    description: problemCodes[codeOf[status] ?? ""] ?? "Refused.",
    content: { [problemType]: { schema: problemSchema } },
  };
}
