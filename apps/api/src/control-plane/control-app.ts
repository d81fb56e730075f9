import type { IncomingHttpHeaders } from "node:http";
import { OpenAPIHono } from "@hono/zod-openapi";
import { failureOfError, type HttpFailure, httpFailure, type Issue, TenantryError } from "@tenantry/core";
import type { Context } from "hono";
import type { BodyReading } from "../http/read-body.ts";
import { identify } from "./caller.ts";
import type { Answer, ControlRoute } from "./control-route.ts";
import { controlRoutes } from "./routes/control-routes.ts";
import type { ControlPlanePorts } from "./ports.ts";
import { problemResponse } from "./problem.ts";
import { readJson, readParams, readQuery } from "./read-input.ts";

/** What every request brings beside itself. */
export interface Bindings {
  /** As Node read them. */
  readonly headers: IncomingHttpHeaders;
  readonly requestId: string;
  /** Takes one of the places for requests at once, or says that there is none. Asked when it is known who asks. */
  enter(tenantId: string | null): HttpFailure | null;
  /** Reads the body; nobody reads one before it is known who sends it. */
  readBody(): Promise<BodyReading>;
}

type ControlContext = Context<{ Bindings: Bindings }>;

/** The control plane as a function from request to response. */
export function createControlApp(ports: ControlPlanePorts): Pick<OpenAPIHono<{ Bindings: Bindings }>, "fetch"> {
  const app = new OpenAPIHono<{ Bindings: Bindings }>();
  for (const route of controlRoutes) {
    app.on(route.method, honoPath(route.path), async (context) => await serve(ports, route, context));
  }
  app.notFound((context) => {
    const { pathname } = new URL(context.req.url);
    return refuseRoute(context.req.method, pathname, context.env.requestId);
  });
  app.onError((thrown, context) => {
    const error = TenantryError.from(thrown);
    const failure = failureOfError(error);
    if (failure.status >= 500) {
      ports.log.error("control-request-failed", { requestId: context.env.requestId, reason: error.message });
    }
    return refuse(context, failure, error.code === "invalid_request" ? error.issues : []);
  });
  return app;
}

/** The answer to a method and path of which there is no route. */
export function refuseRoute(method: string, path: string, requestId: string): Response {
  const allow = allowedMethods(path);
  if (allow.length === 0) {
    return problemResponse(httpFailure(404, "not_found", "there is no such route; /docs lists all"), requestId);
  }
  const failure = httpFailure(405, "method_not_allowed", `${method} is not served here; use ${allow.join(", ")}`);
  return problemResponse(failure, requestId, [], { allow: allow.join(", ") });
}

/** Key, then a place, then query and body, then the route's own work; what is thrown on the way becomes a problem. */
async function serve(ports: ControlPlanePorts, route: ControlRoute, context: ControlContext): Promise<Response> {
  const { headers, requestId } = context.env;
  const identified = await identify(ports, headers, route.access);
  if (identified.kind === "refused") return refuse(context, identified.failure);
  const { caller } = identified;
  const full = context.env.enter(caller?.kind === "tenant" ? caller.tenant.id : null);
  if (full !== null) return refuse(context, full);
  const params = readParams(route.params, context.req.param());
  const query = readQuery(route.query, new URL(context.req.url).searchParams);
  const reading = route.method === "GET" ? null : await context.env.readBody();
  if (reading?.kind === "failure") {
    const { failure } = reading;
    // What is still to come of a body that took too long is not waited for.
    return refuse(context, failure, [], failure.status === 408 ? { connection: "close" } : {});
  }
  const text = reading?.kind === "body" ? reading.text : "";
  if (reading?.kind === "gone") return new Response(null, { status: 400 });
  if (route.body !== null && text !== "" && !isJson(headers["content-type"])) {
    return refuse(context, httpFailure(415, "unsupported_media_type", "send the body as application/json"));
  }
  const body = route.body === null ? undefined : readJson(route.body, route.bodyOptional, text);
  const request = { caller, params, query, body, accept: headers.accept ?? "" };
  const answer = await route.serve(ports, request as never);
  if ("code" in answer) return refuse(context, answer);
  if (route.method !== "GET" && route.readsOnly !== true) {
    const { operationId } = route;
    ports.log.info("control-change", { requestId, operation: operationId, keyId: caller?.keyId ?? null });
  }
  return respond(answer);
}

function respond({ status, headers = {}, body, type = "application/json" }: Answer): Response {
  const content = type === "application/json" ? JSON.stringify(body) : String(body);
  return new Response(content, { status, headers: { "content-type": type, ...headers } });
}

function refuse(
  context: ControlContext,
  failure: HttpFailure,
  issues: readonly Issue[] = [],
  headers: Readonly<Record<string, string>> = {},
): Response {
  return problemResponse(failure, context.env.requestId, issues, headers);
}

function isJson(contentType: string | undefined): boolean {
  return /^application\/json\s*(;|$)/i.test(contentType ?? "");
}

/** `{id}` → `:id`; the last parameter of a price's path takes slashes, which models' names may have. */
function honoPath(path: string): string {
  return path.replace(/\{model\}$/, ":model{.+}").replaceAll(/\{(\w+)\}/g, ":$1");
}

function allowedMethods(path: string): readonly string[] {
  const methods = controlRoutes.filter((route) => patternOf(route.path).test(path)).map(({ method }) => method);
  return methods.includes("GET") ? [...methods, "HEAD"] : methods;
}

function patternOf(path: string): RegExp {
  const pattern = path
    .replaceAll(".", "\\.")
    .replace(/\{model\}$/, ".+")
    .replaceAll(/\{\w+\}/g, "[^/]+");
  return new RegExp(`^${pattern}$`);
}
