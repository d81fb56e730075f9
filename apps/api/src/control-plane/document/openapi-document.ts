import { OpenAPIHono } from "@hono/zod-openapi";
import type { ControlRoute } from "../control-route.ts";
import type { ServedRoute } from "../ports.ts";
import { controlOperation } from "./control-operation.ts";
import { ingestRoutes, operationRoutes, servedOperation, vendorRoutes } from "./served-operation.ts";

/** The document as plain data: https://spec.openapis.org/oas/v3.1.0 */
export type OpenApiDocument = ReturnType<OpenAPIHono["getOpenAPI31Document"]>;

const kept = new WeakMap<readonly ControlRoute[], { readonly served: string; readonly document: OpenApiDocument }>();

/**
 * Everything the server serves, from the schemas that check it. Made once and kept.
 *
 * @throws RangeError for a route of the data plane of which nothing is written.
 */
export function createDocument(routes: readonly ControlRoute[], dataRoutes: readonly ServedRoute[]): OpenApiDocument {
  const served = dataRoutes.map(({ method, path }) => `${method} ${path}`).join("\n");
  const last = kept.get(routes);
  if (last?.served === served) return last.document;
  const document = write(routes, dataRoutes);
  kept.set(routes, { served, document });
  return document;
}

function write(routes: readonly ControlRoute[], dataRoutes: readonly ServedRoute[]): OpenApiDocument {
  const app = new OpenAPIHono();
  const registry = app.openAPIRegistry;
  registry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    description: "A tenant's, an ingest or an admin key as Authorization: Bearer.",
  });
  registry.registerComponent("securitySchemes", "apiKey", {
    type: "apiKey",
    in: "header",
    name: "x-api-key",
    description: "The same key, as Anthropic's clients may send it.",
  });
  for (const { method, path } of dataRoutes) {
    const name = `${method} ${path}`;
    const text = vendorRoutes[name] ?? ingestRoutes[name];
    if (text === undefined) throw new RangeError(`nothing is written about ${name}`);
    registry.registerPath(servedOperation(method, path, text));
  }
  for (const route of routes) registry.registerPath(controlOperation(route));
  for (const [name, text] of Object.entries(operationRoutes)) {
    const [method = "", path = ""] = name.split(" ");
    registry.registerPath(servedOperation(method, path, text));
  }
  return app.getOpenAPI31Document({ openapi: "3.1.0", info, tags: [...tags], servers: [{ url: "/" }] });
}

const info = {
  title: "Tenantry",
  version: "1",
  summary: "What every customer's AI usage costs, kept inside the limits they bought, with proof of the service level.",
  description: [
    "Calls go to `/v1`, in OpenAI's or Anthropic's own protocol: only the base URL and the key differ. Everything about them is read and ruled at `/api/v1`.",
    "Every request carries a key, as `Authorization: Bearer` or as `x-api-key`. A tenant's key sees its own tenant: what belongs to another is not found.",
    "Money is a decimal string of USD, exact. Instants are ISO 8601 in UTC; a period has its first instant and not its last. Units stand in names: `latencyMs`, `costUsd`.",
    "Lists come in pages: `nextCursor` of one is `cursor` of the next, until it is null.",
  ].join("\n\n"),
  license: { name: "Apache-2.0", identifier: "Apache-2.0" },
};

const tags = [
  { name: "Models", description: "Calling models, as the vendors' own clients do." },
  { name: "Traces", description: "What others' tracing tells of calls it made." },
  { name: "You", description: "The key in hand." },
  { name: "Usage", description: "What was used, what it cost, and whether promises were kept." },
  { name: "Calls", description: "Single calls and how their cost came about." },
  { name: "Tenants", description: "Customers." },
  { name: "Budgets", description: "What customers may spend." },
  { name: "Tiers", description: "What is sold." },
  { name: "Keys", description: "Who may come in." },
  { name: "Prices", description: "What providers bill." },
  { name: "Netra", description: "Netra's own interface, so that its SDK's clients read what is kept here." },
  { name: "Documents", description: "This description." },
  { name: "Operations", description: "For whoever runs it." },
] as const;
