import { type RouteConfig, z } from "@hono/zod-openapi";
import { keyed } from "./control-operation.ts";
import { errorEnvelopes, summaryRequest, vendorBody } from "./vendor-bodies.ts";

/** What the document says of a route that is served elsewhere: on the data plane, or by the server itself. */
export interface ServedRouteText {
  readonly operationId: string;
  readonly tag: "Models" | "Traces" | "Operations";
  readonly summary: string;
  readonly description: string;
  /** Where a vendor describes the bodies; null where they are described here. */
  readonly reference: string | null;
  readonly answers: "json" | "json-or-events" | "text";
  readonly isOpen: boolean;
}

const model = (
  operationId: string,
  summary: string,
  description: string,
  reference: string | null,
): ServedRouteText => ({
  operationId,
  tag: "Models",
  summary,
  description,
  reference,
  answers: "json",
  isOpen: false,
});

const passed =
  "The body passes through whole where the provider speaks this protocol, and is translated where it does not; what cannot be translated is a 400 that names it.";
const eitherForm = "In OpenAI's form; in Anthropic's where the header anthropic-version is sent.";
const openai = "https://platform.openai.com/docs/api-reference";
const anthropic = "https://docs.anthropic.com/en/api";

/** The routes of the data plane, by method and path. */
export const vendorRoutes: Readonly<Record<string, ServedRouteText>> = {
  "POST /v1/chat/completions": {
    ...model("createChatCompletion", "OpenAI's chat completions", passed, `${openai}/chat/create`),
    answers: "json-or-events",
  },
  "POST /v1/responses": {
    ...model("createResponse", "OpenAI's responses", passed, `${openai}/responses/create`),
    answers: "json-or-events",
  },
  "POST /v1/embeddings": model(
    "createEmbedding",
    "OpenAI's embeddings",
    "The body passes through whole.",
    `${openai}/embeddings/create`,
  ),
  "POST /v1/messages": {
    ...model("createMessage", "Anthropic's messages", passed, `${anthropic}/messages`),
    answers: "json-or-events",
  },
  "POST /v1/messages/count_tokens": model(
    "countTokens",
    "Anthropic's token counting",
    "Costs nothing and takes no slot of a tier's limits.",
    `${anthropic}/messages-count-tokens`,
  ),
  "GET /v1/models": model("listModels", "The models the tenant's tier allows", eitherForm, `${openai}/models/list`),
  "GET /v1/models/{id}": model("getModel", "One of these models", eitherForm, `${openai}/models/retrieve`),
  "POST /v1/meetings/summaries": model(
    "summarizeMeeting",
    "Summarize a meeting",
    "In the sections the tier has, or those of them that are asked for.",
    null,
  ),
};

const takenIn = (operationId: string, description: string): ServedRouteText => ({
  operationId,
  tag: "Traces",
  summary: "Take in an OTLP export of traces",
  description,
  reference: "https://opentelemetry.io/docs/specs/otlp/#otlphttp",
  answers: "json",
  isOpen: false,
});

/** The routes on which others' tracing comes in, by method and path. */
export const ingestRoutes: Readonly<Record<string, ServedRouteText>> = {
  "POST /v1/traces": takenIn(
    "exportTraces",
    "JSON or protobuf, whole or compressed. Spans that tell of a provider call are costed once, however often and in whatever order they come; what is not taken is told in `partialSuccess`.",
  ),
  "POST /telemetry/v1/traces": takenIn(
    "exportTracesOfNetra",
    "The same, where an SDK of Netra's puts it below its usual endpoint.",
  ),
};

const operation = (operationId: string, summary: string, description: string): ServedRouteText => ({
  operationId,
  tag: "Operations",
  summary,
  description,
  reference: null,
  answers: "json",
  isOpen: true,
});

/** What the server answers itself, by method and path. */
export const operationRoutes: Readonly<Record<string, ServedRouteText>> = {
  "GET /healthz": operation("getHealth", "Whether the process lives", "It asks nothing else."),
  "GET /readyz": operation(
    "getReadiness",
    "Whether the process should get calls",
    "503 while it stops, and while its store cannot be written.",
  ),
  "GET /metrics": {
    ...operation("getMetrics", "Counters and histograms for Prometheus", "For admin keys. No label names a tenant."),
    answers: "text",
    isOpen: false,
  },
};

/** A route that is served elsewhere, as the document has it. */
export function servedOperation(method: string, path: string, text: ServedRouteText): RouteConfig {
  const { operationId, tag, summary, description, reference, isOpen } = text;
  const isCall = tag === "Models";
  if (tag === "Traces") return exportOperation(method, path, text);
  return {
    method: method.toLowerCase() as RouteConfig["method"],
    path,
    operationId,
    tags: [tag],
    summary,
    description: isCall ? `${description} A tenant's key.` : description,
    ...(reference === null
      ? {}
      : { externalDocs: { url: reference, description: "The vendor's description of the bodies" } }),
    security: isOpen ? [] : keyed,
    request: requestOf(method, path, text),
    responses: { 200: answerOf(text), ...refusalsOf(path, text) },
  };
}

const otlpTypes = ["application/json", "application/x-protobuf"] as const;

/** An export and its answers are what OTLP says, in either encoding; failures too. */
function exportOperation(method: string, path: string, text: ServedRouteText): RouteConfig {
  const { operationId, tag, summary, description, reference } = text;
  const inBoth = (schema: z.ZodType): Record<string, { schema: z.ZodType }> =>
    Object.fromEntries(otlpTypes.map((type) => [type, { schema }]));
  return {
    method: method.toLowerCase() as RouteConfig["method"],
    path,
    operationId,
    tags: [tag],
    summary,
    description: `${description} A tenant's key for its own tenant, an ingest or an admin key for all.`,
    externalDocs: { url: reference ?? "", description: "What the bodies are" },
    security: keyed,
    request: { body: { required: true, content: inBoth(vendorBody("request", reference ?? "")) } },
    responses: {
      200: {
        description: "Taken and durable, but for what `partialSuccess` tells.",
        content: inBoth(exportAnswerSchema),
      },
      ...Object.fromEntries(
        Object.entries(exportRefusals).map(([status, why]) => [
          status,
          { description: why, content: inBoth(statusSchema) },
        ]),
      ),
    },
  };
}

const exportAnswerSchema = z
  .strictObject({
    partialSuccess: z
      .strictObject({
        rejectedSpans: z.string().openapi({ description: "A whole number, as protobuf's JSON writes 64 bits." }),
        errorMessage: z
          .string()
          .openapi({ description: "How many spans were not taken, or not as they came, and why." }),
      })
      .optional(),
  })
  .openapi("ExportTraceServiceResponse");

const statusSchema = z
  .strictObject({
    code: z.number().int().openapi({ description: "A code of gRPC." }),
    message: z.string().openapi({ description: "For people." }),
  })
  .openapi("RpcStatus");

const exportRefusals: Readonly<Record<number, string>> = {
  400: "The body is no export; nothing was taken.",
  401: "No key, or two that differ.",
  408: "The body did not come in time.",
  413: "The body is too long after decompression.",
  415: "Neither JSON nor protobuf, or a compression that is not known.",
  429: "This tenant has too many exports under way; retry-after says when to come back.",
  503: "Too many exports at once, or the ledger cannot be written; retry-after says when to come back.",
};

function requestOf(
  method: string,
  path: string,
  { reference, tag }: ServedRouteText,
): NonNullable<RouteConfig["request"]> {
  if (tag !== "Models") return {};
  const params = path.includes("{id}")
    ? { params: z.object({ id: z.string().openapi({ description: "The model, with or without its provider." }) }) }
    : {};
  if (method !== "POST") return params;
  const schema = reference === null ? summaryRequest : vendorBody("request", reference);
  return { ...params, headers: callerHeaders, body: { required: true, content: { "application/json": { schema } } } };
}

const header = (description: string): z.ZodOptional<z.ZodString> => z.string().optional().openapi({ description });
const callerHeaders = z.object({
  "x-tenantry-user": header("The user it is for."),
  "x-tenantry-session": header("The conversation it belongs to."),
  "x-tenantry-feature": header("What it is for."),
  "idempotency-key": header(
    "At most one chain of attempts for this key and body; a repetition gets the same answer while it is kept.",
  ),
});

function answerOf({ reference, answers, tag }: ServedRouteText): RouteConfig["responses"][number] {
  if (answers === "text")
    return { description: "Prometheus' text format.", content: { "text/plain": { schema: z.string() } } };
  const schema = reference === null ? z.looseObject({}) : vendorBody("answer", reference);
  const events =
    answers === "json-or-events"
      ? { "text/event-stream": { schema: z.string().openapi({ description: "With `stream: true`." }) } }
      : {};
  return {
    description:
      tag === "Models" ? "The answer. The header x-tenantry-call-id finds the call at /api/v1/calls." : "It is well.",
    content: { "application/json": { schema }, ...events },
  };
}

const callRefusals: Readonly<Record<number, string>> = {
  400: "The request cannot be understood, or not be translated; the message names the field.",
  401: "No key, or none of a tenant.",
  402: "A budget is used up.",
  403: "The model or feature is not in the tier, has no price, or the tenant is suspended.",
  409: "The Idempotency-Key was used with another body, is in use, or its answer is not kept.",
  413: "The body is too long.",
  429: "A limit is used up; retry-after says until when.",
  502: "The provider failed, after retries and fallbacks.",
  503: "Too much at once, or the call could not be noted down; nothing was sent.",
  504: "The provider took too long.",
};

function refusalsOf(path: string, { tag, isOpen }: ServedRouteText): RouteConfig["responses"] {
  const statuses =
    tag === "Models" ? Object.keys(callRefusals) : isOpen ? (path === "/readyz" ? ["503"] : []) : ["401"];
  const schema = errorEnvelopes(path);
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      tag === "Models" || !isOpen
        ? { description: callRefusals[Number(status)] ?? "Refused.", content: { "application/json": { schema } } }
        : {
            description: "Not now; the checks say why.",
            content: { "application/json": { schema: z.looseObject({}) } },
          },
    ]),
  );
}
