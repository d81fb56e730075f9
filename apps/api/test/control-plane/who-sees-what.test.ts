import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { operationRoutes } from "../../src/control-plane/document/served-operation.ts";
import { controlRoutes } from "../../src/control-plane/routes/control-routes.ts";
import { adminKey, hello, openTestGateway, post, type TestGateway } from "../support/gateway.ts";

/**
 * Who asks. `own` is a key of the tenant whose ids are in the request, and whose tier hides cost; `other` is a key of
 * another tenant, whose tier shows it.
 */
const askers = ["no key", "wrong", "revoked", "own", "other", "suspended", "ingest", "admin"] as const;
type Asker = (typeof askers)[number];

/**
 * What an answer holds: `own` is something of the tenant whose ids are asked for, `other` something of the other tenant,
 * `cost` what providers bill. Nothing is a good answer without any of it. A number is a refusal's status.
 */
type Seen = string | number;

/** In the order of `askers`. A route without a row fails. */
const table: Readonly<Record<string, readonly Seen[]>> = {
  "POST /v1/chat/completions": [401, 401, 401, "nothing", "cost", 403, 401, 401],
  "POST /v1/responses": [401, 401, 401, "nothing", "cost", 403, 401, 401],
  "POST /v1/embeddings": [401, 401, 401, 403, "cost", 403, 401, 401],
  "POST /v1/messages": [401, 401, 401, "nothing", "cost", 403, 401, 401],
  "POST /v1/messages/count_tokens": [401, 401, 401, "nothing", "nothing", 403, 401, 401],
  "GET /v1/models": [401, 401, 401, "nothing", "nothing", "nothing", 401, 401],
  "GET /v1/models/{id}": [401, 401, 401, "nothing", "nothing", "nothing", 401, 401],
  "POST /v1/meetings/summaries": [401, 401, 401, "own", "other+cost", 403, 401, 401],
  "GET /api/v1/me": [401, 401, 401, "own", "other+cost", "cost", "nothing", "nothing"],
  "GET /api/v1/usage": [401, 401, 401, "own", "other+cost", "cost", 403, "own+other+cost"],
  "GET /api/v1/sla": [401, 401, 401, "own", "other", "nothing", 403, "own+other"],
  "GET /api/v1/calls": [401, 401, 401, "own", "other+cost", "nothing", 403, "own+other+cost"],
  "GET /api/v1/calls/{callId}": [401, 401, 401, "own", 404, 404, 403, "own+cost"],
  "GET /api/v1/calls/{callId}/explain": [401, 401, 401, "own", 404, 404, 403, "own+cost"],
  "POST /api/v1/calls/{callId}/attempts/{attemptId}/settle": [401, 401, 401, 403, 403, 403, 403, "cost"],
  "GET /api/v1/tenants": [401, 401, 401, "own", "other", "nothing", 403, "own+other"],
  "POST /api/v1/tenants": [401, 401, 401, 403, 403, 403, 403, "nothing"],
  "GET /api/v1/tenants/{tenantId}": [401, 401, 401, "own", 404, 404, 403, "own+cost"],
  "PATCH /api/v1/tenants/{tenantId}": [401, 401, 401, 403, 403, 403, 403, "own"],
  "GET /api/v1/budgets": [401, 401, 401, "own", "other+cost", "cost", 403, "own+other+cost"],
  "POST /api/v1/budgets/top-ups": [401, 401, 401, 403, 403, 403, 403, "own"],
  "GET /api/v1/tiers": [401, 401, 401, "nothing", "cost", "cost", 403, "cost"],
  "GET /api/v1/tiers/{tierId}": [401, 401, 401, "nothing", 404, 404, 403, "cost"],
  "GET /api/v1/keys": [401, 401, 401, "own", "other", "nothing", 403, "own+other"],
  "POST /api/v1/keys": [401, 401, 401, 403, 403, 403, 403, "own"],
  "GET /api/v1/keys/{keyId}": [401, 401, 401, "own", 404, 404, 403, "own"],
  "POST /api/v1/keys/{keyId}/rotate": [401, 401, 401, 403, 403, 403, 403, "own"],
  "DELETE /api/v1/keys/{keyId}": [401, 401, 401, 403, 403, 403, 403, "own"],
  "GET /api/v1/prices": [401, 401, 401, 403, "cost", "cost", 403, "cost"],
  "GET /api/v1/prices/{provider}/{model}": [401, 401, 401, 403, "cost", "cost", 403, "cost"],
  "GET /api/v1/price-editions": [401, 401, 401, 403, 403, 403, 403, "nothing"],
  "POST /api/v1/price-editions/{version}/pin": [401, 401, 401, 403, 403, 403, 403, "nothing"],
  "DELETE /api/v1/price-editions/pin": [401, 401, 401, 403, 403, 403, 403, "nothing"],
  "POST /v1/traces": [401, 401, 401, "nothing", "nothing", "nothing", "nothing", "nothing"],
  "POST /telemetry/v1/traces": [401, 401, 401, "nothing", "nothing", "nothing", "nothing", "nothing"],
  "GET /usage/tenants/{tenantId}": [401, 401, 401, "own", "nothing", "nothing", "own", "own"],
  "GET /usage/sessions/{sessionId}": [401, 401, 401, "own", "nothing", "nothing", "own", "own"],
  "POST /sdk/traces": [401, 401, 401, "own", "other", "nothing", "own+other", "own+other"],
  "GET /sdk/traces/{traceId}/spans": [401, 401, 401, "own", "nothing", "nothing", "own", "own"],
  "POST /public/dashboard/query-data": [401, 401, 401, "nothing", "nothing", "nothing", "nothing", "nothing"],
  "POST /public/dashboard/sessions/stats": [401, 401, 401, "own", "other", "nothing", "own+other", "own+other"],
  "POST /public/dashboard/sessions/summary": [401, 401, 401, "nothing", "nothing", "nothing", "nothing", "nothing"],
  "GET /openapi.json": ["nothing", "nothing", "nothing", "nothing", "nothing", "nothing", "nothing", "nothing"],
  "GET /docs": ["nothing", "nothing", "nothing", "nothing", "nothing", "nothing", "nothing", "nothing"],
  "GET /healthz": ["nothing", "nothing", "nothing", "nothing", "nothing", "nothing", "nothing", "nothing"],
  "GET /readyz": ["nothing", "nothing", "nothing", "nothing", "nothing", "nothing", "nothing", "nothing"],
  "GET /metrics": [401, 401, 401, 401, 401, 401, 401, "nothing"],
};

const owner = "marked-one";
/** A field with what providers bill, or a word that gives it away. */
const cost =
  /"(costUsd|atMostUsd|costItems|priceId|holdUsd|chargeVersion)":(null|"|\[)|"spentUsd":"|x-tenantry-cost-usd|markup-\d|\bcost \$/;

let gateway: TestGateway;
let secrets: Readonly<Record<Asker, string | null>>;
let ids: { readonly callId: string; readonly attemptId: string; readonly keyId: string };

beforeAll(async () => {
  gateway = await openTestGateway();
  const { keys } = gateway.app;
  const revoked = await keys.create({ scope: "tenant", tenantId: owner });
  await keys.revoke(revoked.key.id);
  const ingest = await keys.create({ scope: "ingest" });
  secrets = {
    "no key": null,
    wrong: `tnt_${"w".repeat(43)}`,
    revoked: revoked.secret,
    own: gateway.keys[owner] ?? "",
    other: gateway.keys["acme"] ?? "",
    suspended: gateway.keys["gone-one"] ?? "",
    ingest: ingest.secret,
    admin: adminKey,
  };
  const sayHello = async (asker: "own" | "other"): Promise<Response> =>
    await post(gateway, "/v1/chat/completions", secrets[asker], hello, {
      "x-tenantry-user": `user-of-${asker}`,
      "x-tenantry-session": `session-of-${asker}`,
    });
  const called = await sayHello("own");
  await sayHello("other");
  const callId = called.headers.get("x-tenantry-call-id") ?? "";
  const detail = await gateway.app.reader.call({ kind: "installation" }, callId);
  ids = { callId, attemptId: detail?.lines[0]?.attemptId ?? "", keyId: revoked.key.id };
});
afterAll(async () => await gateway.close());

interface Ask {
  readonly path: string;
  readonly body?: unknown;
}

/** A request of a route about the owner, made anew for each asker, because some of them end something. */
async function askOf(route: string): Promise<Ask> {
  const freshKey = async (): Promise<string> =>
    (await gateway.app.keys.create({ scope: "tenant", tenantId: owner })).key.id;
  const [, path = ""] = route.split(" ");
  const filled = path
    .replace("{tenantId}", owner)
    .replace("{callId}", ids.callId)
    .replace("{traceId}", ids.callId)
    .replace("{sessionId}", "session-of-own")
    .replace("{attemptId}", ids.attemptId)
    .replace("{tierId}", "marked")
    .replace("{provider}/{model}", "openai/gpt-4o-mini")
    .replace("{version}", "0")
    .replace("{id}", "gpt-4o-mini");
  switch (route) {
    case "POST /v1/embeddings":
      return { path, body: { input: "Hello.", model: "text-embedding-3-small" } };
    case "POST /v1/responses":
      return { path, body: { input: "Hello." } };
    case "POST /v1/messages":
    case "POST /v1/messages/count_tokens":
      return { path, body: { ...hello, max_tokens: 20, model: "claude-haiku-4-5" } };
    case "POST /v1/meetings/summaries":
      return { path, body: { transcript: "Ann: We ship on Friday." } };
    case "POST /v1/chat/completions":
      return { path, body: hello };
    case "POST /v1/traces":
    case "POST /telemetry/v1/traces":
      return { path, body: {} };
    case "GET /usage/tenants/{tenantId}":
    case "GET /usage/sessions/{sessionId}":
      return { path: `${filled}?${new URLSearchParams(ever).toString()}` };
    case "POST /sdk/traces":
    case "POST /public/dashboard/sessions/stats":
      return { path, body: ever };
    case "POST /public/dashboard/sessions/summary":
      return { path, body: { filter: ever } };
    case "POST /public/dashboard/query-data":
      return {
        path,
        body: {
          scope: "Traces",
          chartType: "Number",
          metrics: { measure: "Total Cost", aggregation: "Total Count" },
          filter: { ...ever, groupBy: "day" },
        },
      };
    case "GET /api/v1/usage":
      return { path: `${path}?groupBy=tenant,user` };
    case "POST /api/v1/tenants":
      return { path, body: { id: `made-${(made += 1)}`, tier: "marked" } };
    case "PATCH /api/v1/tenants/{tenantId}":
      return { path: filled, body: { status: "active" } };
    case "POST /api/v1/calls/{callId}/attempts/{attemptId}/settle":
      return { path: filled, body: { costUsd: "0.5" } };
    case "POST /api/v1/budgets/top-ups":
      return {
        path,
        body: { tenantId: owner, budgetId: "budget-month", id: `top-up-${(made += 1)}`, amountUsd: "0.5" },
      };
    case "POST /api/v1/keys":
      return { path, body: { tenantId: owner } };
    case "POST /api/v1/keys/{keyId}/rotate":
    case "DELETE /api/v1/keys/{keyId}":
      return { path: path.replace("{keyId}", await freshKey()), ...(route.startsWith("POST") ? { body: {} } : {}) };
    default:
      return { path: filled.replace("{keyId}", ids.keyId) };
  }
}
let made = 0;
const ever = { startTime: "2020-01-01T00:00:00Z", endTime: "2200-01-01T00:00:00Z" };

async function send(method: string, { path, body }: Ask, asker: Asker): Promise<Response> {
  const secret = secrets[asker];
  return await fetch(gateway.url + path, {
    method,
    headers: {
      ...(secret === null ? {} : { authorization: `Bearer ${secret}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function seenIn(answer: Response): Promise<Seen> {
  const text = [...answer.headers.keys(), await answer.text()].join("\n");
  if (!answer.ok) return answer.status;
  const holds = (...marks: readonly string[]): boolean => marks.some((mark) => text.includes(mark));
  const parts = [
    ...(holds(`"${owner}"`, `tenant ${owner}`, "user-of-own", "session-of-own") ? ["own"] : []),
    ...(holds('"acme"', "user-of-other", "session-of-other") ? ["other"] : []),
    ...(cost.test(text) ? ["cost"] : []),
  ];
  return parts.join("+") || "nothing";
}

function allRoutes(): readonly string[] {
  const data = gateway.gateway.routes.map(({ method, path }) => `${method} ${path}`);
  const control = controlRoutes.map(({ method, path }) => `${method} ${path}`);
  return [...data, ...control, ...Object.keys(operationRoutes)];
}

test("every route has a row, and every row a route", () => {
  expect(Object.keys(table).sort()).toEqual([...allRoutes()].sort());
});

describe.each(Object.entries(table))("%s", (route, row) => {
  test.each(askers.map((asker, index) => [asker, row[index]] as const))("with %s: %s", async (asker, expected) => {
    const answer = await send(route.split(" ")[0] ?? "", await askOf(route), asker);
    expect(await seenIn(answer)).toBe(expected);
  });
});

/** An id of the right form that nobody has. */
const unknown: Readonly<Record<string, string>> = {
  "{tenantId}": "nobody",
  "{callId}": "call_nobody",
  "{keyId}": "key_nobody",
  "{tierId}": "nothing",
  "{sessionId}": "session-of-nobody",
  "{traceId}": "call_nobody",
};

describe.each(
  Object.keys(table).filter((route) => /^GET .*\{(tenantId|callId|keyId|tierId|sessionId|traceId)\}/.test(route)),
)("%s", (route) => {
  test("another tenant's id is told from an unknown one in nothing", async () => {
    const [, path = ""] = route.split(" ");
    const mine = await askOf(route);
    const place = /\{\w+\}/.exec(path)?.[0] ?? "";
    const [before = "", after = ""] = path.split(place);
    const [asked = "", query] = mine.path.split("?");
    const id = asked.slice(before.length, after === "" ? undefined : -after.length);
    const nobody = unknown[place] ?? "";
    const [foreign, none] = [
      await send("GET", mine, "other"),
      await send("GET", { path: path.replace(place, nobody) + (query === undefined ? "" : `?${query}`) }, "other"),
    ];
    const told = async (answer: Response, named: string): Promise<unknown> => {
      const { requestId: _own, ...problem } = (await answer.json()) as Record<string, unknown>;
      return { status: answer.status, ...problem, detail: String(problem["detail"]).replace(named, "ID") };
    };
    expect(await told(foreign, id)).toEqual(await told(none, nobody));
  });
});

test("both styles of sending a key are taken, and what is no key is refused without a word about it", async () => {
  const asked = async (headers: Readonly<Record<string, string>>): Promise<number> =>
    (await fetch(`${gateway.url}/api/v1/me`, { headers })).status;
  expect(await asked({ "x-api-key": adminKey })).toBe(200);
  expect(await asked({ authorization: `bearer ${adminKey}` })).toBe(200);
  expect(await asked({ authorization: `Basic ${adminKey}` })).toBe(401);
  expect(await asked({ "x-api-key": "x".repeat(10_000) })).toBe(401);
});
