import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { failureOfError, type HttpFailure, httpFailure, requestIds, TenantryError } from "@tenantry/core";
import type { BodyLimits } from "../http/read-body.ts";
import { readBody } from "../http/read-body.ts";
import { anthropicMessages } from "../protocols/anthropic-messages/anthropic-messages.ts";
import { openAIChat } from "../protocols/openai-chat/openai-chat.ts";
import { createControlApp } from "./control-app.ts";
import type { ControlPlanePorts } from "./ports.ts";
import { problemResponse } from "./problem.ts";

/** Nothing that is sent here is longer. */
const bodyLimits: BodyLimits = { bytes: 65_536, shape: { depth: 16, values: 1_000 } };
/** Requests at once; reports are answered one after the other anyway. */
const mostInFlight = 100;
const shedRetryMs = 1_000;

/** Serves `/api`, the document of all routes and its page. Every request gets an answer. */
export function createControlPlane(ports: ControlPlanePorts): RequestListener {
  const app = createControlApp(ports);
  let inFlight = 0;

  async function answer(req: IncomingMessage, requestId: string): Promise<Response> {
    const target = targetOf(req.url);
    if (target === null)
      return refusal(httpFailure(400, "invalid_request", "the request target is not a path"), requestId);
    if (target.startsWith("/v1/")) return vendorsNotFound(req, requestId);
    let body: string | null = null;
    if (req.method === "POST" || req.method === "PATCH" || req.method === "DELETE") {
      const reading = await readBody(req, bodyLimits);
      if (reading.kind === "gone") return new Response(null, { status: 400 });
      if (reading.kind === "failure") return refusal(reading.failure, requestId);
      body = reading.text === "" ? null : reading.text;
    }
    const init: RequestInit = { method: req.method ?? "GET" };
    return await app.fetch(new Request(`http://localhost${target}`, body === null ? init : { ...init, body }), {
      headers: req.headers,
      requestId,
    });
  }

  async function serve(req: IncomingMessage): Promise<Response> {
    const requestId = freshRequestId();
    if (inFlight >= mostInFlight) {
      return refusal(
        httpFailure(503, "overloaded", "too many requests at once; retry", { retryAfterMs: shedRetryMs }),
        requestId,
      );
    }
    inFlight += 1;
    try {
      const response = await answer(req, requestId);
      for (const [name, value] of Object.entries({ ...requestIds(requestId), ...safe })) {
        if (!response.headers.has(name)) response.headers.set(name, value);
      }
      return response;
    } catch (thrown) {
      const error = TenantryError.from(thrown);
      ports.log.error("control-request-failed", { requestId, reason: error.message });
      return refusal(failureOfError(error), requestId);
    } finally {
      inFlight -= 1;
    }
  }

  const listener = getRequestListener(async (_request, { incoming }) => await serve(incoming as IncomingMessage), {
    hostname: "localhost",
    overrideGlobalObjects: false,
    // What cannot be made a request of; the answer says no more than that.
    errorHandler: () => refusal(httpFailure(400, "invalid_request", "the request cannot be read"), freshRequestId()),
  });
  return (req, res) => void listener(req, res);
}

function freshRequestId(): string {
  return `req_${randomUUID().replaceAll("-", "")}`;
}

/** Answers hold figures and once even a key: nobody keeps them, and no browser guesses what they are. */
const safe = { "cache-control": "no-store", "x-content-type-options": "nosniff" } as const;

function refusal(failure: HttpFailure, requestId: string): Response {
  return problemResponse(failure, requestId, [], { ...requestIds(requestId), ...safe });
}

/** Programs written for a vendor read its envelope, also where there is no such route. */
function vendorsNotFound(req: IncomingMessage, requestId: string): Response {
  const protocol = req.headers["anthropic-version"] === undefined ? openAIChat : anthropicMessages;
  const body = protocol.error({
    status: 404,
    code: "not_found",
    message: "there is no such route",
    param: null,
    requestId,
  });
  return Response.json(body, { status: 404 });
}

/** Path and query of a request, as sent; null for what is none. */
function targetOf(target: string | undefined): string | null {
  const text = target ?? "";
  if (!text.startsWith("/")) {
    const url = URL.parse(text);
    return url === null ? null : url.pathname + url.search;
  }
  return URL.canParse(`http://localhost${text}`) ? text : null;
}
