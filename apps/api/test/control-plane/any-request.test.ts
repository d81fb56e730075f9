import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { controlRoutes } from "../../src/control-plane/routes/control-routes.ts";
import { problemSchema } from "../../src/control-plane/problem.ts";
import { openTestGateway, type TestGateway } from "../support/gateway.ts";
import { ask } from "./control-client.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openTestGateway();
});
afterAll(async () => await gateway.close());

const names = [
  "from",
  "to",
  "period",
  "tz",
  "groupBy",
  "tenantId",
  "userId",
  "sessionId",
  "feature",
  "cursor",
  "limit",
  "all",
  "format",
];

/** What people mistype, and what strangers try. */
const value = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom(
    "",
    "0",
    "-1",
    "1e309",
    "9007199254740993",
    "NaN",
    "true",
    "null",
    "acme",
    "tenant,model",
    "day",
    "month,day,user",
    "UTC",
    "europe/berlin",
    "+05:30",
    "2026-11-01",
    "2026-02-30",
    "9999-12-31T23:59:59.999Z",
    "0000-01-01",
    "1970-01-01",
    "9998-01-01",
    "99999999999d",
    "this-month",
    "last-year",
    "1ms",
    "' OR 1=1 --",
    "../../etc/passwd",
    "%00",
    "\u0000",
    "\ud800",
    "__proto__",
    "constructor",
    "toString",
  ),
  fc
    .tuple(fc.constantFrom("tenants", "keys", "calls"), fc.jsonValue())
    .map((parts) => Buffer.from(JSON.stringify(parts)).toString("base64url")),
  fc.jsonValue().map((json) => Buffer.from(JSON.stringify(json)).toString("base64url")),
);

const query = fc
  .array(
    fc.tuple(
      fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: fc.string() }),
      value,
    ),
    { maxLength: 5 },
  )
  .map((pairs) => pairs.map(([name, text]) => `${escape(name)}=${escape(text)}`).join("&"));

/** As a program would write it, lone surrogates too. */
function escape(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

async function expectUnderstood(method: string, path: string, body?: unknown): Promise<void> {
  const key = path.length % 2 === 0 ? (gateway.keys["acme"] ?? "") : undefined;
  const answer = await ask(gateway, method, path, {
    ...(key === undefined ? {} : { key }),
    ...(body === undefined ? {} : { body }),
  });
  const told = `${method} ${path} ${JSON.stringify(body)} → ${answer.status} ${answer.text.slice(0, 300)}`;
  expect(answer.status, told).toBeLessThan(500);
  if (answer.status >= 400) expect(problemSchema.safeParse(answer.body).success, told).toBe(true);
}

const reads = controlRoutes
  .filter(({ method, path }) => method === "GET" && path.startsWith("/api/"))
  .map(({ path }) => path);
const writes = controlRoutes.filter(({ body }) => body !== null);

test("no query is answered with a fault of our own", async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...reads), query, value, async (path, asked, id) => {
      const filled = path.replaceAll(/\{\w+\}/g, () => escape(id) || "x");
      await expectUnderstood("GET", `${filled}?${asked}`);
    }),
    { numRuns: 1_500 },
  );
});

test("no bytes in a query are answered with a fault of our own", async () => {
  const raw = fc.stringMatching(/^[!-~]{0,60}$/).map((text) => text.replaceAll("#", "%"));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...reads),
      raw,
      async (path, asked) => await expectUnderstood("GET", `${path}?${asked}`),
    ),
    { numRuns: 400 },
  );
});

test("no body is answered with a fault of our own", async () => {
  const field = fc.constantFrom("id", "name", "tier", "timeZone", "status", "scope", "tenantId", "graceMs");
  const body = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(field, fc.oneof(value, fc.jsonValue(), fc.constantFrom("open", "tenant", "active", 5)), {
      maxKeys: 5,
    }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...writes),
      body,
      fc.constantFrom("acme", "none", "key_x"),
      async (route, sent, id) => {
        await expectUnderstood(route.method, route.path.replaceAll(/\{\w+\}/g, id), JSON.stringify(sent));
      },
    ),
    { numRuns: 600 },
  );
});
