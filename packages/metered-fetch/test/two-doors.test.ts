import { openGateway, readSettings } from "@tenantry/api";
import { silentLog } from "@tenantry/core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Installation, openInstallation } from "./support/installation.ts";

let installation: Installation;
let gatewayUrl: string;
let drain: () => Promise<void>;
let keys: Readonly<Record<string, string>>;
beforeAll(async () => {
  installation = await openInstallation();
  const { app } = installation;
  const gateway = openGateway(app, readSettings({}), { log: silentLog });
  gatewayUrl = `http://127.0.0.1:${await gateway.listen(0, "127.0.0.1")}`;
  drain = async () => await gateway.drain(1_000);
  const made: Record<string, string> = {};
  for (const { id } of app.config.catalogue.tenants) {
    made[id] = (await app.keys.create({ scope: "tenant", tenantId: id })).secret;
  }
  keys = made;
});
afterEach(() => installation.simulator.plan([]));
afterAll(async () => {
  await drain();
  await installation.close();
});

const vendors = { openai: "https://api.openai.com", anthropic: "https://api.anthropic.com" };

/** Headers of a connection, and what differs from call to call in number alone. */
const ofTheWire = new Set(["connection", "keep-alive", "transfer-encoding", "content-length", "date"]);
const counted =
  /^(?:ratelimit|retry-after(?:-ms)?|x-ratelimit-(?:remaining|reset)-.*|x-tenantry-call-id|x-request-id|request-id)$/;

/** A response without the ids and the numbers that no two calls share. */
interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function told(answer: Response): Promise<Told> {
  const headers: Record<string, string> = {};
  for (const [name, value] of answer.headers) {
    if (!ofTheWire.has(name))
      headers[name] = counted.test(name) ? value.replaceAll(/(?:(?:req|call)_\w+|[\w-]*\d[\w-]*)/g, "#") : value;
  }
  const body = (await answer.text())
    .replaceAll(/"(request_id|id|item_id|created|created_at|completed_at|retry_after_ms)":("[^"]*"|\d+)/g, '"$1":"#"')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "#")
    .replaceAll(/\b\d+(?:\.\d+)?\s?(?:ms|s|seconds)\b/g, "#");
  return { status: answer.status, headers, body };
}

interface Said {
  readonly vendor?: keyof typeof vendors;
  readonly tenant?: string;
  readonly path?: string;
  readonly body: object | string;
}

/** The same request through the gateway and in process. */
async function both({
  vendor = "openai",
  tenant = "acme",
  path = "/v1/chat/completions",
  body,
}: Said): Promise<readonly [gateway: Told, own: Told]> {
  const content = typeof body === "string" ? body : JSON.stringify(body);
  const headers = { "content-type": "application/json" };
  const authorization = `Bearer ${keys[tenant] ?? ""}`;
  const gateway = await fetch(gatewayUrl + path, {
    method: "POST",
    headers: { ...headers, authorization },
    body: content,
  });
  const first = await told(gateway);
  const own = installation.metered.for({ tenantId: tenant });
  return [first, await told(await own(vendors[vendor] + path, { method: "POST", headers, body: content }))];
}

const messages = [{ role: "user", content: "Say hello in one sentence." }];
const chat = { model: "gpt-4o-mini", messages };
const message = { model: "claude-haiku-4-5", max_tokens: 32, messages };

describe("what a client is told does not depend on the way it came", () => {
  test.each<[string, Said]>([
    ["a chat", { body: chat }],
    ["a streamed chat", { body: { ...chat, stream: true } }],
    ["a response", { path: "/v1/responses", body: { model: "gpt-4o-mini", input: "Hello." } }],
    ["embeddings", { path: "/v1/embeddings", body: { model: "text-embedding-3-small", input: "Hello." } }],
    ["a message", { vendor: "anthropic", path: "/v1/messages", body: message }],
    ["a streamed message", { vendor: "anthropic", path: "/v1/messages", body: { ...message, stream: true } }],
  ])("%s", async (_name, said) => {
    const [gateway, own] = await both(said);
    expect(own).toEqual(gateway);
    expect(own).toMatchObject({ status: 200 });
  });

  test.each<[string, number, Said]>([
    ["no money left", 402, { tenant: "poor-one", body: chat }],
    [
      "no money left, in the other envelope",
      402,
      { tenant: "poor-one", vendor: "anthropic", path: "/v1/messages", body: message },
    ],
    ["a model outside the tier", 403, { body: { ...chat, model: "gpt-9" } }],
    ["no JSON", 400, { body: "{" }],
    ["no object", 400, { body: "[]" }],
    ["a field that is wrong", 400, { body: { ...chat, max_tokens: "many" } }],
    [
      "a foreign object",
      400,
      { path: "/v1/responses", body: { model: "gpt-4o-mini", input: "Hi.", previous_response_id: "resp_1" } },
    ],
    ["messages that are none", 400, { vendor: "anthropic", path: "/v1/messages", body: { ...message, messages: [] } }],
  ])("%s is %i", async (_name, status, said) => {
    const [gateway, own] = await both(said);
    expect(own).toEqual(gateway);
    expect(own).toMatchObject({ status });
  });

  test.each<[string, Said]>([
    ["suspended", { tenant: "gone-one", body: chat }],
    [
      "suspended, in the other envelope",
      { tenant: "gone-one", vendor: "anthropic", path: "/v1/messages", body: message },
    ],
  ])(
    "%s is 403; the gateway says so before it reads the body, and so before there is a call to name",
    async (_name, said) => {
      const [gateway, own] = await both(said);
      const { "x-tenantry-call-id": callId, ...headers } = own.headers;
      expect(callId).toBe("#");
      expect({ ...own, headers }).toEqual(gateway);
      expect(own).toMatchObject({ status: 403 });
    },
  );

  test("too many calls", async () => {
    await both({ tenant: "slow-one", body: chat });
    for (const said of [{ body: chat }, { vendor: "anthropic" as const, path: "/v1/messages", body: message }]) {
      const [gateway, own] = await both({ tenant: "slow-one", ...said });
      expect(own).toEqual(gateway);
      expect(own).toMatchObject({ status: 429 });
    }
  });

  // Of tiers with one model: where another vendor's could be asked, only the gateway translates.
  const failing = [400, 401, 404, 413, 422, 429, 500, 503, 529];
  test.each(failing)("a provider that answers %i", async (status) => {
    const saids: readonly Said[] = [
      { tenant: "single-one", body: chat },
      { tenant: "claude-one", vendor: "anthropic", path: "/v1/messages", body: message },
    ];
    for (const said of saids) {
      installation.simulator.plan([{ fault: { kind: "status", status, retryAfterMs: 90_000 } }]);
      const [gateway, own] = await both(said);
      expect(own).toEqual(gateway);
      expect(own).not.toMatchObject({ status: 200 });
    }
  });

  test.each<[string, Said]>([
    ["a chat", { body: { ...chat, stream: true } }],
    ["a response", { path: "/v1/responses", body: { model: "gpt-4o-mini", input: "Hello.", stream: true } }],
    ["a message", { vendor: "anthropic", path: "/v1/messages", body: { ...message, stream: true } }],
  ])("%s whose stream breaks", async (_name, said) => {
    installation.simulator.plan([{ fault: { kind: "stream-cut", afterEvents: 3 } }]);
    const [gateway, own] = await both(said);
    expect(own).toEqual(gateway);
    expect(JSON.stringify(own)).toContain("upstream_error");
  });
});
