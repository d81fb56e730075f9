import { z } from "@hono/zod-openapi";
import { type ControlRoute, defineRoute, ok } from "../control-route.ts";
import { docsPage } from "../docs/docs-page.ts";
import { docsPolicy } from "../docs/docs-style.ts";
import { createDocument } from "../document/openapi-document.ts";

/** @param routes every route of the control plane, these included. */
export function createDocumentRoutes(routes: () => readonly ControlRoute[]): readonly ControlRoute[] {
  return [
    defineRoute({
      method: "GET",
      path: "/openapi.json",
      access: "everybody",
      operationId: "getDocument",
      tag: "Documents",
      summary: "This document",
      answer: {
        status: 200,
        description: "OpenAPI 3.1.",
        content: { "application/json": z.looseObject({ openapi: z.string() }) },
      },
      serve: async (ports) => ok(createDocument(routes(), ports.dataRoutes())),
    }),
    defineRoute({
      method: "GET",
      path: "/docs",
      access: "everybody",
      operationId: "getDocs",
      tag: "Documents",
      summary: "This document, to be read",
      answer: {
        status: 200,
        description: "A page that loads nothing from elsewhere.",
        content: { "text/html": z.string() },
      },
      serve: async (ports) => ({
        status: 200,
        type: "text/html; charset=utf-8",
        headers: { "content-security-policy": docsPolicy, "referrer-policy": "no-referrer" },
        body: docsPage(createDocument(routes(), ports.dataRoutes())),
      }),
    }),
  ];
}
