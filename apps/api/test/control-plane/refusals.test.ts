import { request } from "node:http";
import { gzipSync } from "node:zlib";
import { checkGroups, sumUsage, TenantryError } from "@tenantry/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { controlRoutes } from "../../src/control-plane/routes/control-routes.ts";
import { problemSchema } from "../../src/control-plane/problem.ts";
import { adminKey, openTestGateway, type TestGateway } from "../support/gateway.ts";
import { type Answered, ask, fieldsOf } from "./control-client.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openTestGateway();
});
afterAll(async () => await gateway.close());

function expectProblem(answer: Answered, status: number, code: string): void {
  expect([answer.status, answer.body["code"]]).toEqual([status, code]);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(problemSchema.safeParse(answer.body).error?.issues ?? []).toEqual([]);
  expect(answer.body["status"]).toBe(status);
  expect(answer.body["requestId"]).toBe(answer.headers.get("x-request-id"));
  expect(answer.headers.get("cache-control")).toBe("no-store");
}

describe("fields at fault are all named", () => {
  test.each<[string, string, unknown, readonly string[]]>([
    ["POST", "/api/v1/keys", { tenantId: 3, name: [], more: 1 }, ["tenantId", "name", "more"]],
    ["POST", "/api/v1/keys", {}, ["tenantId"]],
    ["POST", "/api/v1/keys", { scope: "root" }, ["scope"]],
    ["POST", "/api/v1/keys", { scope: "admin", tenantId: "acme" }, ["tenantId"]],
    ["POST", "/api/v1/keys", { tenantId: "a\u0000b" }, ["tenantId"]],
    ["POST", "/api/v1/tenants", {}, ["id", "tier"]],
    ["POST", "/api/v1/tenants", { id: "x", tier: "none", timeZone: "Mars/Olympus" }, ["tier", "timeZone"]],
    ["POST", "/api/v1/tenants", { id: "x".repeat(201), tier: "open", name: "\u0007" }, ["id", "name"]],
    ["PATCH", "/api/v1/tenants/acme", { status: "gone", id: "other" }, ["status", "id"]],
    ["POST", "/api/v1/keys/key_x/rotate", { graceMs: -1 }, ["graceMs"]],
    ["POST", "/api/v1/keys/key_x/rotate", { graceMs: 1e12 }, ["graceMs"]],
  ])("%s %s %j", async (method, path, body, fields) => {
    const answer = await ask(gateway, method, path, { body });
    expectProblem(answer, 400, "invalid_request");
    expect([...fieldsOf(answer)].sort()).toEqual([...fields].sort());
  });

  test.each<[string, string]>([
    ['{"scope":"admin","scope":"tenant","tenantId":"acme"}', "scope"],
    ['{"tenantId":"acme","\\u0074enantId":"rival"}', "tenantId"],
    ['{"tenantId":"acme","name":"{\\"name\\":1}","name":"b"}', "name"],
    ['{"tenantId":"acme","more":[{"a":1},{"a":1,"a":2}]}', "a"],
  ])("%s has a member twice", async (body, field) => {
    const before = (await gateway.app.keys.list()).length;
    const answer = await ask(gateway, "POST", "/api/v1/keys", { body });
    expectProblem(answer, 400, "invalid_request");
    expect(answer.body["errors"]).toEqual([{ path: field, message: "is given more than once" }]);
    expect(await gateway.app.keys.list()).toHaveLength(before);
  });

  test.each<[string, readonly string[]]>([
    ["usage?groupBy=tenant,colour", ["groupBy"]],
    ["usage?from=yesterday", ["from"]],
    ["usage?from=2026-11-02&to=2026-11-01", ["from"]],
    ["usage?period=7d&from=2026-11-01", ["period"]],
    ["usage?period=soon", ["period"]],
    ["usage?tz=Mars/Olympus", ["tz"]],
    ["usage?tenant=acme&limit=1", ["tenant", "limit"]],
    ["usage?userId=", ["userId"]],
    ["usage?userId=a&userId=b", ["userId"]],
    ["calls?limit=0", ["limit"]],
    ["calls?limit=201", ["limit"]],
    ["calls?limit=1e2", ["limit"]],
    ["calls?limit=-1", ["limit"]],
    ["calls?cursor=nonsense", ["cursor"]],
    ["tenants?cursor=nonsense", ["cursor"]],
    ["keys?limit=5&cursor=%00", ["cursor"]],
    ["prices?all=yes", ["all"]],
    ["calls/call_x/explain?format=xml", ["format"]],
    ["me?verbose=1", ["verbose"]],
  ])("%s", async (query, fields) => {
    const answer = await ask(gateway, "GET", `/api/v1/${query}`);
    expectProblem(answer, 400, "invalid_request");
    expect(fieldsOf(answer)).toEqual(fields);
  });

  test("a list's cursor is refused by another list", async () => {
    const { body } = await ask(gateway, "GET", "/api/v1/tenants?limit=1");
    for (const list of ["keys", "tiers", "prices", "calls"]) {
      expect(fieldsOf(await ask(gateway, "GET", `/api/v1/${list}?cursor=${body.nextCursor}`)), list).toEqual([
        "cursor",
      ]);
    }
  });
});

describe("bodies", () => {
  const path = "/api/v1/keys";

  test("that are no JSON, no object or none at all are a 400", async () => {
    for (const body of ["{", "null", "[]", "3", ""]) {
      const answer = await ask(gateway, "POST", path, { body });
      expectProblem(answer, 400, "invalid_request");
    }
  });

  test("of another type are a 415, so that no page of another site can send one", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonx"]) {
      const headers = { "content-type": type };
      expectProblem(
        await ask(gateway, "POST", path, { body: '{"tenantId":"acme"}', headers }),
        415,
        "unsupported_media_type",
      );
    }
    const headers = { "content-type": "application/json; charset=utf-8" };
    expect((await ask(gateway, "POST", path, { body: { tenantId: "acme" }, headers })).status).toBe(201);
  });

  test("too long, too deep, not UTF-8 or not what they say are refused before they are parsed", async () => {
    expectProblem(await ask(gateway, "POST", path, { body: { name: "x".repeat(70_000) } }), 413, "payload_too_large");
    expectProblem(await ask(gateway, "POST", path, { body: "[".repeat(60_000) }), 400, "invalid_request");
    const send = async (body: Buffer, headers: Record<string, string>): Promise<number> =>
      (
        await fetch(gateway.url + path, {
          method: "POST",
          headers: { authorization: `Bearer ${adminKey}`, "content-type": "application/json", ...headers },
          body: new Uint8Array(body),
        })
      ).status;
    expect(await send(Buffer.from([0x7b, 0xff, 0x7d]), {})).toBe(400);
    expect(await send(gzipSync("x".repeat(10_000_000)), { "content-encoding": "gzip" })).toBe(413);
    expect(await send(Buffer.from("no gzip"), { "content-encoding": "gzip" })).toBe(400);
  });

  test("`__proto__` is a field like any other that is not known", async () => {
    const answer = await ask(gateway, "POST", path, { body: '{"tenantId":"acme","__proto__":{"scope":"admin"}}' });
    expectProblem(answer, 400, "invalid_request");
  });
});

describe("what cannot be done is told as what it is", () => {
  test("ids that are taken, keys that have ended, and what the configuration decides are a 409", async () => {
    expectProblem(
      await ask(gateway, "POST", "/api/v1/tenants", { body: { id: "acme", tier: "open" } }),
      409,
      "conflict",
    );
    const { body } = await ask(gateway, "POST", "/api/v1/keys", { body: { tenantId: "acme" } });
    await ask(gateway, "DELETE", `/api/v1/keys/${String(body["id"])}`);
    expectProblem(await ask(gateway, "POST", `/api/v1/keys/${String(body["id"])}/rotate`), 409, "conflict");
    expectProblem(await ask(gateway, "PATCH", "/api/v1/tenants/acme", { body: { tier: "slow" } }), 409, "conflict");
    expectProblem(
      await ask(gateway, "PATCH", "/api/v1/tenants/gone-one", { body: { status: "active" } }),
      409,
      "conflict",
    );
  });

  test("what is not there is a 404", async () => {
    for (const path of [
      "tenants/none",
      "tiers/none",
      "keys/none",
      "calls/none",
      "calls/none/explain",
      "prices/openai/none",
      "tenants/%00",
      "usage?tenantId=none",
    ]) {
      expectProblem(await ask(gateway, "GET", `/api/v1/${path}`), 404, "not_found");
    }
    expectProblem(await ask(gateway, "POST", "/api/v1/keys", { body: { tenantId: "none" } }), 404, "not_found");
    expectProblem(await ask(gateway, "DELETE", "/api/v1/keys/none"), 404, "not_found");
  });

  test("unknown paths are a 404 in the words of whoever asks there", async () => {
    for (const path of [
      "/api",
      "/api/",
      "/api/v1",
      "/api/v1/nope",
      "/api/v2/me",
      "/nope",
      "/api/v1/me/",
      "//api/v1/me",
      "/api/v1/../v1/nope",
    ]) {
      expectProblem(await ask(gateway, "GET", path), 404, "not_found");
    }
    const openai = await ask(gateway, "POST", "/v1/nope", { body: {} });
    expect([openai.status, openai.body["error"]]).toMatchObject([404, { code: "not_found" }]);
    const anthropic = await ask(gateway, "POST", "/v1/nope", {
      body: {},
      headers: { "anthropic-version": "2023-06-01" },
    });
    expect([anthropic.status, anthropic.body["type"]]).toEqual([404, "error"]);
  });

  test.each(controlRoutes.map(({ path }) => path))("%s names the methods it has", async (path) => {
    const methods = controlRoutes.filter((route) => route.path === path).map(({ method }) => String(method));
    const filled = path.replaceAll(/\{\w+\}/g, "x");
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].filter(
      (name) => !methods.includes(name),
    )) {
      const answer = await ask(gateway, method, filled);
      expectProblem(answer, 405, "method_not_allowed");
      for (const name of methods) expect(answer.headers.get("allow")).toContain(name);
    }
  });

  test("HEAD is answered as GET, without a body", async () => {
    const answer = await ask(gateway, "HEAD", "/api/v1/me");
    expect([answer.status, answer.text]).toEqual([200, ""]);
  });

  test("no other site's page may read an answer", async () => {
    const { headers } = await ask(gateway, "GET", "/api/v1/me", { headers: { origin: "https://elsewhere.example" } });
    expect([...headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
  });
});

test("a store that cannot be reached is a 503 that says when to come back, and a fault tells nothing of itself", async () => {
  const broken = await openTestGateway({
    app: (app) => ({
      ...app,
      reader: {
        ...app.reader,
        usage: async () => await Promise.reject(new Error("SQLITE_CORRUPT in /var/lib/secret.db")),
        sla: async () =>
          await Promise.reject(new TenantryError("unavailable", "busy", { publicMessage: "the store is busy" })),
      },
    }),
  });
  try {
    const away = await ask(broken, "GET", "/api/v1/sla");
    expectProblem(away, 503, "unavailable");
    expect(away.headers.get("retry-after")).toBe("1");
    const answer = await ask(broken, "GET", "/api/v1/usage");
    expectProblem(answer, 500, "internal");
    expect(answer.text).not.toContain("secret");
    expect(
      broken.logged.some(
        ({ event, fields }) => event === "control-request-failed" && fields["requestId"] === answer.body["requestId"],
      ),
    ).toBe(true);
  } finally {
    await broken.close();
  }
});

test("more groups than can be taken at once are a 400 that says how to ask for fewer", async () => {
  const rows = Array.from({ length: 10_001 }, (_, index) => ({ ...sumUsage([]), calls: 1, sessionId: `s-${index}` }));
  const crowded = await openTestGateway({
    app: (app) => ({
      ...app,
      reader: {
        ...app.reader,
        usage: async (_scope, query) => {
          checkGroups(rows.length, query);
          return rows;
        },
      },
    }),
  });
  try {
    const answer = await ask(crowded, "GET", "/api/v1/usage?groupBy=session");
    expectProblem(answer, 400, "invalid_request");
    expect(fieldsOf(answer)).toEqual(["groupBy"]);
  } finally {
    await crowded.close();
  }
});

test("changes are logged with who made them, and without secrets", async () => {
  const { body } = await ask(gateway, "POST", "/api/v1/keys", {
    body: { tenantId: "rival", name: "a name of a person" },
  });
  const noted = gateway.logged.filter(({ event }) => event === "control-change");
  expect(noted.at(-1)?.fields).toMatchObject({ operation: "createKey", keyId: "key_configured" });
  expect(JSON.stringify(gateway.logged)).not.toContain(String(body["key"]));
});

test("too many requests at once are shed, and served again afterwards", async () => {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  const busy = await openTestGateway({
    app: (app) => ({
      ...app,
      reader: {
        ...app.reader,
        usage: async (...asked) => {
          await gate;
          return await app.reader.usage(...asked);
        },
      },
    }),
  });
  try {
    const asked = Array.from({ length: 120 }, async () => await ask(busy, "GET", "/api/v1/usage"));
    const first = await Promise.race(asked);
    expectProblem(first, 503, "overloaded");
    expect(first.headers.get("retry-after")).toBe("1");
    release();
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect([
      statuses.filter((status) => status === 200).length,
      statuses.filter((status) => status === 503).length,
    ]).toEqual([100, 20]);
    expect((await ask(busy, "GET", "/api/v1/usage")).status).toBe(200);
  } finally {
    release();
    await busy.close();
  }
});

test("one tenant's reports leave places for others", async () => {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  const busy = await openTestGateway({
    app: (app) => ({
      ...app,
      reader: {
        ...app.reader,
        usage: async (...asked) => {
          await gate;
          return await app.reader.usage(...asked);
        },
      },
    }),
  });
  try {
    const key = busy.keys["acme"] as string;
    const asked = Array.from({ length: 40 }, async () => await ask(busy, "GET", "/api/v1/usage", { key }));
    const refused = await Promise.race(asked);
    expectProblem(refused, 503, "overloaded");
    expect((await ask(busy, "GET", "/api/v1/calls", { key: busy.keys["rival"] as string })).status).toBe(200);
    release();
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200).length).toBe(25);
    expect((await ask(busy, "GET", "/api/v1/usage", { key })).status).toBe(200);
  } finally {
    release();
    await busy.close();
  }
});

test("a Host of any form that is let in is served", async () => {
  const statusWith = async (host: string): Promise<unknown> =>
    await new Promise((resolve, reject) => {
      const asked = request(`${gateway.url}/openapi.json`, { headers: { host } }, (res) => {
        res.resume();
        resolve(res.statusCode);
      });
      asked.on("error", reject).end();
    });
  expect(await statusWith("localhost")).toBe(200);
  expect(await statusWith("[::1]:1")).toBe(200);
  expect(await statusWith("localhost:99999")).toBe(400);
  expect(await statusWith("elsewhere.example")).toBe(421);
});
