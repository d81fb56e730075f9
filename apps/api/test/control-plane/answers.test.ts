import { usd } from "@tenantry/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ControlRoute } from "../../src/control-plane/control-route.ts";
import { controlRoutes } from "../../src/control-plane/routes/control-routes.ts";
import { adminKey, hello, openTestGateway, post, type TestGateway } from "../support/gateway.ts";
import { ask } from "./control-client.ts";

/** Tenants that call, with objectives, limits and budgets, so that every field of an answer has something in it. */
const yaml = `
tiers:
  gold:
    models: [openai/gpt-4o-mini, anthropic/claude-haiku-4-5]
    features: [summary]
    limits: [{ calls: 1000, per: 1m }, { tokens: 1000000, per: 1m, scope: user }, { concurrent: 9 }]
    budgets: [{ usd: "1000", per: month }, { usd: "10", within: 24h, onBreach: warn }]
    objectives: [{ latency: p95, under: 2s }, { errors: "99%" }]
    showCost: true
  tin:
    models: [openai/gpt-4o-mini]
    charge: { markup: "20%" }
    budgets: [{ usd: "5", per: month }]
    maxOutputTokens: 64
tenants:
  goldsmith: { tier: gold, name: Goldsmith, timeZone: Europe/Berlin }
  tinker: { tier: tin }
`;

let gateway: TestGateway;
const callIds: Record<string, string> = {};
beforeAll(async () => {
  gateway = await openTestGateway({ yaml });
  for (const tenant of ["goldsmith", "tinker"]) {
    const key = gateway.keys[tenant] ?? "";
    const answer = await post(gateway, "/v1/chat/completions", key, hello, {
      "x-tenantry-user": "ann",
      "x-tenantry-session": "s-1",
    });
    callIds[tenant] = answer.headers.get("x-tenantry-call-id") ?? "";
    gateway.simulator.plan([{ fault: { kind: "billed-then-reset" } }]);
    await post(gateway, "/v1/chat/completions", key, hello);
    gateway.simulator.plan([]);
  }
});
afterAll(async () => await gateway.close());

const readers = ["admin", "goldsmith", "tinker"] as const;
const keyOf = (reader: (typeof readers)[number]): string =>
  reader === "admin" ? adminKey : (gateway.keys[reader] ?? "");

/** A path of the route, about what the reader may see. */
async function pathFor(route: ControlRoute, reader: (typeof readers)[number]): Promise<string> {
  const tenant = reader === "admin" ? "tinker" : reader;
  const [key] = await gateway.app.keys.list(tenant);
  const times = route.path.startsWith("/usage/") ? "?startTime=2020-01-01&endTime=2200-01-01" : "";
  return (route.path + times)
    .replace("{tenantId}", tenant)
    .replace("{sessionId}", "s-1")
    .replace("{traceId}", callIds[tenant] ?? "")
    .replace("{callId}", callIds[tenant] ?? "")
    .replace("{keyId}", key?.id ?? "")
    .replace("{tierId}", tenant === "tinker" ? "tin" : "gold")
    .replace("{provider}/{model}", "openai/gpt-4o-mini");
}

/** The schema a JSON answer must fit, strictly: a field more than it has is a fault. */
function expectFits(route: ControlRoute, body: unknown): void {
  const schema = route.answer.content["application/json"];
  const parsed = schema?.safeParse(body);
  expect(parsed?.error?.issues ?? [], JSON.stringify(body).slice(0, 2_000)).toEqual([]);
}

const reads = controlRoutes.filter(({ method, path }) => method === "GET" && path !== "/docs");
const isPrice = (path: string): boolean => path.startsWith("/api/v1/prices");

describe.each(readers)("what %s reads", (reader) => {
  test.each(reads.map((route) => [route.path, route] as const))("%s is as it is described", async (path, route) => {
    const { status, body } = await ask(gateway, "GET", await pathFor(route, reader), { key: keyOf(reader) });
    if (reader === "tinker" && isPrice(path)) return expect(status).toBe(403);
    if (reader !== "admin" && route.access === "admin") return expect(status).toBe(403);
    expect(status).toBe(route.answer.status);
    expectFits(route, body);
  });
});

test("each grouping of usage is as it is described", async () => {
  const route = reads.find(({ path }) => path === "/api/v1/usage") as ControlRoute;
  for (const groupBy of ["", "tenant", "tenant,user,session,feature,model,day,month", "featureUsed", "day"]) {
    const { status, body } = await ask(gateway, "GET", `/api/v1/usage?groupBy=${groupBy}`);
    expect(status).toBe(200);
    expectFits(route, body);
  }
});

test("what is made and changed is as it is described, and a secret is shown once", async () => {
  const routeOf = (name: string): ControlRoute =>
    controlRoutes.find(({ operationId }) => operationId === name) as ControlRoute;
  const tenant = await ask(gateway, "POST", "/api/v1/tenants", {
    body: { id: "new one", name: "New", tier: "tin", timeZone: "Asia/Tokyo" },
  });
  expect([tenant.status, tenant.headers.get("location")]).toEqual([201, "/api/v1/tenants/new%20one"]);
  expectFits(routeOf("createTenant"), tenant.body);
  expect((await ask(gateway, "GET", "/api/v1/tenants/new%20one")).body).toMatchObject({
    timeZone: "Asia/Tokyo",
    status: "active",
  });

  const key = await ask(gateway, "POST", "/api/v1/keys", { body: { tenantId: "new one", name: "laptop" } });
  expect(key.status).toBe(201);
  expectFits(routeOf("createKey"), key.body);
  expect(key.headers.get("cache-control")).toBe("no-store");
  const { id, key: secret } = key.body as unknown as { id: string; key: string };
  expect(secret).toMatch(/^tnt_\w{43}$/);
  const rotated = await ask(gateway, "POST", `/api/v1/keys/${id}/rotate`, { body: { graceMs: 60_000 } });
  expect(rotated.status).toBe(201);
  expectFits(routeOf("rotateKey"), rotated.body);
  const ended = await ask(gateway, "DELETE", `/api/v1/keys/${id}`);
  expectFits(routeOf("revokeKey"), ended.body);
  const later = await Promise.all(
    [`/api/v1/keys/${id}`, "/api/v1/keys?limit=200"].map(async (path) => await ask(gateway, "GET", path)),
  );
  for (const { text } of later) {
    expect(text).not.toContain(secret);
    expect(text).not.toMatch(/[0-9a-f]{64}/);
  }
});

test("money is exact decimal strings, and a charge with a markup is there without its cost", async () => {
  const admin = await ask(gateway, "GET", `/api/v1/calls/${callIds["tinker"]}`);
  const own = await ask(gateway, "GET", `/api/v1/calls/${callIds["tinker"]}`, { key: keyOf("tinker") });
  const { costUsd, chargeUsd } = admin.body as unknown as { costUsd: string; chargeUsd: string };
  expect(usd(chargeUsd) * 5n).toBe(usd(costUsd) * 6n);
  expect(own.body["chargeUsd"]).toBe(chargeUsd);
  expect(own.text).not.toContain(costUsd);
});

test("an attempt of unknown cost is null and not 0, and its most is told to whom it concerns", async () => {
  const { body } = await ask(gateway, "GET", "/api/v1/calls?tenantId=tinker");
  const lost = body.rows.find(({ outcome }) => outcome !== "ok");
  expect(lost).toMatchObject({ costUsd: null, chargeUsd: null });
  const usage = await ask(gateway, "GET", "/api/v1/usage?tenantId=tinker");
  const { total } = usage.body as unknown as { total: { unknown: number; atMostUsd: string } };
  expect(total.unknown).toBeGreaterThan(0);
  expect(Number(total.atMostUsd)).toBeGreaterThan(0);
});

test("where a budget stands is provider cost: a tenant that may not see it is told what it bought", async () => {
  const budgetOf = async (key: string): Promise<unknown> => {
    const { body } = await ask(gateway, "GET", "/api/v1/tenants/tinker", { key });
    return (body["limits"] as readonly { readonly kind: string }[]).find(({ kind }) => kind === "budget");
  };
  expect(await budgetOf(keyOf("tinker"))).toMatchObject({ limit: "5", used: null, held: null, left: null });
  expect(await budgetOf(adminKey)).toMatchObject({ limit: "5", used: expect.stringMatching(/^0\.0/) });
});

test("what an operator says of an unknown attempt takes its place everywhere, once, and is as it is described", async () => {
  const route = controlRoutes.find(({ operationId }) => operationId === "settleAttempt") as ControlRoute;
  const list = await ask(gateway, "GET", "/api/v1/calls?tenantId=goldsmith");
  const callId = String(list.body.rows.find(({ outcome }) => outcome !== "ok")?.["callId"]);
  const call = await ask(gateway, "GET", `/api/v1/calls/${callId}`);
  const attempts = call.body["attempts"] as readonly { readonly attemptId: string; readonly source: string }[];
  const budget = async (): Promise<number> => {
    const { body } = await ask(gateway, "GET", "/api/v1/tenants/goldsmith");
    const limits = body["limits"] as readonly { readonly kind: string; readonly used: string }[];
    return Number(limits.find(({ kind }) => kind === "budget")?.used);
  };
  const before = await budget();
  for (const { attemptId, source } of attempts) {
    if (source !== "unknown") continue;
    const path = `/api/v1/calls/${callId}/attempts/${attemptId}/settle`;
    const told = await ask(gateway, "POST", path, { body: { usage: { tokens: { input: 9, output: 1 } } } });
    expect(told.status).toBe(200);
    expectFits(route, told.body);
    expect(told.body).toMatchObject({
      result: "superseded",
      attempt: { supersedes: attemptId, source: "measured", reportedBy: expect.stringMatching(/^admin:/) },
    });
    const again = await ask(gateway, "POST", path, { body: { usage: { tokens: { input: 9, output: 1 } } } });
    expect(again.body).toMatchObject({ result: "unchanged", because: "same-figures" });
    const wrong = await ask(gateway, "POST", path, { body: { costUsd: "1", replaces: "att_x" } });
    expect([wrong.status, wrong.body["code"]]).toEqual([409, "conflict"]);
  }
  expect(await budget()).toBeLessThan(before);
  const { body } = await ask(gateway, "GET", "/api/v1/usage?tenantId=goldsmith");
  expect(body["total"]).toMatchObject({ unknown: 0, atMostUsd: "0" });
  const own = await ask(gateway, "GET", `/api/v1/calls/${callId}/explain?format=text`, { key: keyOf("goldsmith") });
  expect(own.text).toContain("(superseded)");
  const bad = { costUsd: "-1", usage: { tokens: { words: 1 } }, source: "guessed" };
  const refused = await ask(gateway, "POST", `/api/v1/calls/${callId}/attempts/x/settle`, { body: bad });
  expect(refused.status).toBe(400);
  expect((refused.body["errors"] as readonly { path: string }[]).map(({ path }) => path).sort()).toEqual([
    "costUsd",
    "source",
    "usage.tokens",
  ]);
  const nothing = await ask(gateway, "POST", `/api/v1/calls/${callId}/attempts/x/settle`, { body: {} });
  expect(nothing.status).not.toBe(200);
});

test("explain answers data, or text for whoever asks for it", async () => {
  const path = `/api/v1/calls/${callIds["goldsmith"]}/explain`;
  const data = await ask(gateway, "GET", path);
  const text = await ask(gateway, "GET", path, { headers: { accept: "text/plain" } });
  expect(text.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(text.text).toBe(`${(data.body["text"] as readonly string[]).join("\n")}\n`);
  expect((await ask(gateway, "GET", `${path}?format=text`)).text).toBe(text.text);
  expect((await ask(gateway, "GET", path, { key: keyOf("tinker") })).status).toBe(404);
});

test("days begin in the tenant's own zone for its key, and in UTC for an operator, unless another is asked for", async () => {
  const from = async (key: string, query: string): Promise<unknown> =>
    (await ask(gateway, "GET", `/api/v1/usage?from=2026-11-02&${query}`, { key })).body["from"];
  expect(await from(keyOf("goldsmith"), "")).toBe("2026-11-01T23:00:00.000Z");
  expect(await from(adminKey, "")).toBe("2026-11-02T00:00:00.000Z");
  expect(await from(adminKey, "tz=America/New_York")).toBe("2026-11-02T05:00:00.000Z");
});

test("a tenant that comes while all runs may call at once, and one that is suspended may not", async () => {
  await ask(gateway, "POST", "/api/v1/tenants", { body: { id: "comer", tier: "tin" } });
  const { body } = await ask(gateway, "POST", "/api/v1/keys", { body: { tenantId: "comer" } });
  const key = String(body["key"]);
  const call = async (): Promise<number> => (await post(gateway, "/v1/chat/completions", key, hello)).status;
  expect(await call()).toBe(200);
  expect((await ask(gateway, "PATCH", "/api/v1/tenants/comer", { body: { status: "suspended" } })).body["status"]).toBe(
    "suspended",
  );
  expect(await call()).toBe(403);
  expect((await ask(gateway, "GET", "/api/v1/me", { key })).status).toBe(200);
  await ask(gateway, "PATCH", "/api/v1/tenants/comer", { body: { status: "active" } });
  expect(await call()).toBe(200);
});

test("a call in flight is known to its tenant by its id, and to no other", async () => {
  gateway.simulator.setLatency({ perTokenMs: 30 });
  const answer = await post(gateway, "/v1/chat/completions", keyOf("goldsmith"), { ...hello, stream: true });
  const path = `/api/v1/calls/${answer.headers.get("x-tenantry-call-id")}`;
  const inFlight = await ask(gateway, "GET", path, { key: keyOf("goldsmith") });
  const foreign = await ask(gateway, "GET", path, { key: keyOf("tinker") });
  gateway.simulator.setLatency({});
  await answer.text();
  expect([inFlight.status, inFlight.body["outcome"], inFlight.body["attempts"]]).toEqual([200, "in-flight", []]);
  expect(inFlight.body).toMatchObject({ costUsd: null, chargeUsd: null });
  expectFits(reads.find(({ operationId }) => operationId === "getCall") as ControlRoute, inFlight.body);
  expect(foreign.status).toBe(404);
  const ended = await ask(gateway, "GET", path, { key: keyOf("goldsmith") });
  expect(ended.body).toMatchObject({ outcome: "ok", attempts: [{ source: "measured" }] });
});
