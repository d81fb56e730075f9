import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { failureOfError, type HttpFailure, httpFailure, requestIds, TenantryError } from "@tenantry/core";
import { type BodyLimits, type BodyReading, readBody } from "../http/read-body.ts";
import { anthropicMessages } from "../protocols/anthropic-messages/anthropic-messages.ts";
import { openAIChat } from "../protocols/openai-chat/openai-chat.ts";
import { type Bindings, createControlApp, refuseRoute } from "./control-app.ts";
import type { ControlPlanePorts } from "./ports.ts";
import { problemResponse } from "./problem.ts";

/** Nothing that is sent here is longer. */
const bodyLimits: BodyLimits = {
  bytes: 65_536,
  shape: { depth: 16, members: 100, values: 1_000 },
  deadlineMs: 10_000,
};
/** Methods that a `Request` cannot have (https://fetch.spec.whatwg.org/#forbidden-method). */
const unspeakable: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"]);
/** Requests at once, of those who may make them; reports are answered one after the other anyway. */
const mostInFlight = 100;
/** Those of one tenant, so that one alone cannot take all places. */
const mostInFlightPerTenant = 25;
const shedRetryMs = 1_000;

/** Serves `/api`, the document of all routes and its page. Every request gets an answer. */
export function createControlPlane(ports: ControlPlanePorts): RequestListener {
  const app = createControlApp(ports);
  const places = createPlaces();

  async function answer(req: IncomingMessage, requestId: string, enter: Bindings["enter"]): Promise<Response> {
    const target = targetOf(req.url);
    if (target === null)
      return refusal(httpFailure(400, "invalid_request", "the request target is not a path"), requestId);
    if (target.startsWith("/v1/")) return vendorsNotFound(req, requestId);
    const url = `http://localhost${target}`;
    const method = req.method ?? "GET";
    if (unspeakable.has(method)) return refuseRoute(method, new URL(url).pathname, requestId);
    const readOwnBody = async (): Promise<BodyReading> => await readBody(req, bodyLimits);
    const bindings: Bindings = { headers: req.headers, requestId, enter, readBody: readOwnBody };
    return await app.fetch(new Request(url, { method }), bindings);
  }

  async function serve(req: IncomingMessage): Promise<Response> {
    const requestId = freshRequestId();
    const place = places.place();
    try {
      const response = await answer(req, requestId, place.take);
      for (const [name, value] of Object.entries({ ...requestIds(requestId), ...safe })) {
        if (!response.headers.has(name)) response.headers.set(name, value);
      }
      return response;
    } catch (thrown) {
      const error = TenantryError.from(thrown);
      ports.log.error("control-request-failed", { requestId, reason: error.message });
      return refusal(failureOfError(error), requestId);
    } finally {
      place.leave();
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

interface Places {
  /** One request's place: taken once it is known who asks (null is nobody's tenant), given back at its end. */
  place(): { take(tenantId: string | null): HttpFailure | null; leave(): void };
}

function createPlaces(): Places {
  const byTenant = new Map<string, number>();
  let all = 0;
  const move = (tenantId: string | null, by: 1 | -1): void => {
    all += by;
    if (tenantId === null) return;
    const inFlight = (byTenant.get(tenantId) ?? 0) + by;
    if (inFlight === 0) byTenant.delete(tenantId);
    else byTenant.set(tenantId, inFlight);
  };
  return {
    place() {
      let giveBack = (): void => undefined;
      return {
        take(tenantId) {
          if (tenantId !== null && (byTenant.get(tenantId) ?? 0) >= mostInFlightPerTenant) {
            return overloaded(`${mostInFlightPerTenant} requests are under way, the most one tenant may have; retry`);
          }
          if (all >= mostInFlight) return overloaded("too many requests at once; retry");
          move(tenantId, 1);
          giveBack = () => move(tenantId, -1);
          return null;
        },
        leave: () => giveBack(),
      };
    },
  };
}

function overloaded(message: string): HttpFailure {
  return httpFailure(503, "overloaded", message, { retryAfterMs: shedRetryMs });
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
