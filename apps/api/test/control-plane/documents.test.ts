import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDocument } from "../../src/control-plane/document/openapi-document.ts";
import { ingestRoutes, operationRoutes, vendorRoutes } from "../../src/control-plane/document/served-operation.ts";
import { markup } from "../../src/control-plane/docs/markup.ts";
import { problemCodes } from "../../src/control-plane/problem.ts";
import { controlRoutes } from "../../src/control-plane/routes/control-routes.ts";
import { openTestGateway, type TestGateway } from "../support/gateway.ts";

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly security: readonly object[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly description?: string }[];
  readonly requestBody?: object;
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, unknown>> }>
  >;
}
interface Document {
  readonly openapi: string;
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: object; readonly securitySchemes: object };
}

let gateway: TestGateway;
let document: Document;
let page = "";
let pageHeaders = new Headers();
beforeAll(async () => {
  gateway = await openTestGateway();
  document = (await (await fetch(`${gateway.url}/openapi.json`)).json()) as Document;
  const answer = await fetch(`${gateway.url}/docs`);
  pageHeaders = answer.headers;
  page = await answer.text();
});
afterAll(async () => await gateway.close());

function operations(): readonly (Operation & { readonly name: string })[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ ...operation, name: `${method.toUpperCase()} ${path}` })),
  );
}

describe("/openapi.json", () => {
  test("is valid OpenAPI 3.1", async () => {
    expect(document.openapi).toBe("3.1.0");
    const plain: object = structuredClone(document);
    const { valid, errors } = await new Validator().validate({ ...plain });
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
    const untitled = await new Validator().validate({ ...plain, info: {} });
    expect(untitled.valid, "the check itself can fail").toBe(false);
  });

  test("has every route that is served, and every route it has is served", async () => {
    const served = [...gateway.gateway.routes, ...controlRoutes].map(({ method, path }) => `${method} ${path}`);
    expect(
      operations()
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...served, ...Object.keys(operationRoutes)].sort());
    for (const { name } of operations()) {
      const [method = "", path = ""] = name.split(" ");
      const { status } = await fetch(gateway.url + path.replaceAll(/\{\w+\}/g, "x"), { method });
      expect([200, 400, 401], name).toContain(status);
    }
  });

  test("says nothing of a route of the data plane that is gone, and refuses one it knows nothing of", () => {
    const served = gateway.gateway.routes.map(({ method, path }) => `${method} ${path}`);
    expect([...Object.keys(vendorRoutes), ...Object.keys(ingestRoutes)].sort()).toEqual([...served].sort());
    expect(() => createDocument([...controlRoutes], [{ method: "GET", path: "/v1/new" }])).toThrow("GET /v1/new");
  });

  test("tells of each route what it is for, who may use it, and how it refuses", () => {
    const names = operations().map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(names.length);
    for (const operation of operations()) {
      const { name, summary, description, tags, security, responses } = operation;
      expect(summary, name).not.toBe("");
      expect(description.trim(), name).not.toBe("");
      expect(document.tags.map((tag) => tag.name)).toEqual(expect.arrayContaining([...tags]));
      if (security.length > 0) expect(Object.keys(responses), name).toContain("401");
      if (!name.includes(" /api/")) continue;
      expect(Object.keys(responses), name).toEqual(expect.arrayContaining(["400", "401", "503"]));
      for (const [status, { content = {} }] of Object.entries(responses)) {
        const expected = status.startsWith("2") ? "application/json" : "application/problem+json";
        expect(Object.keys(content), `${name} ${status}`).toContain(expected);
      }
    }
  });

  test("describes every parameter", () => {
    for (const { name, parameters = [] } of operations()) {
      for (const parameter of parameters) expect(parameter.description, `${name} ${parameter.name}`).toBeTruthy();
    }
  });

  test("needs no key, and may not be kept or guessed about", async () => {
    const { headers, status } = await fetch(`${gateway.url}/openapi.json`);
    expect(status).toBe(200);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });
});

describe("/docs", () => {
  test("has every route and every schema, each with a place of its own", () => {
    for (const { operationId, name } of operations()) {
      expect(page, name).toContain(`id="${operationId}"`);
      expect(page, name).toContain(`href="#${operationId}"`);
    }
    for (const name of Object.keys(document.components.schemas)) expect(page).toContain(`id="schema-${name}"`);
    for (const code of Object.keys(problemCodes)) expect(page).toContain(`id="error-${code}"`);
    const anchors = [...page.matchAll(/href="#([^"]+)"/g)].map(([, anchor = ""]) => anchor);
    const places = [...page.matchAll(/ id="([^"]+)"/g)].map(([, place = ""]) => place);
    expect(anchors.filter((anchor) => !places.includes(anchor))).toEqual([]);
    expect(new Set(places).size).toBe(places.length);
  });

  test("loads nothing and runs nothing", () => {
    expect(page).not.toMatch(/<(?:script|link|img|iframe|object|embed|form)\b|\son\w+=|@import|url\(/i);
    expect(page.match(/<style>/g)).toHaveLength(1);
    expect(pageHeaders.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/]{43}='; /);
  });

  test("its policy lets its own style through", async () => {
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? "";
    const { hash } = await import("node:crypto");
    expect(pageHeaders.get("content-security-policy")).toContain(`'sha256-${hash("sha256", style, "base64")}'`);
  });

  test("can be read by people on small screens, in the dark and without a mouse", () => {
    expect(page).toContain('<html lang="en">');
    expect(page).toContain('name="viewport" content="width=device-width, initial-scale=1"');
    expect(page).toMatch(/prefers-color-scheme: dark/);
    expect(page).toMatch(/:focus-visible/);
    expect(page).toMatch(/<a class="skip" href="#content">/);
    expect(page.match(/<h1>/g)).toHaveLength(1);
    expect(page.match(/<main /g)).toHaveLength(1);
  });

  test("escapes whatever is put into it", () => {
    expect(markup`<p title="${`"'`}">${"<script>&"}</p>`.html).toBe('<p title="&quot;&#39;">&lt;script&gt;&amp;</p>');
  });
});
