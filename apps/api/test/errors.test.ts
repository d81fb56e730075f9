import OpenAI from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { hello, openTestGateway, post, type TestGateway } from "./support/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openTestGateway();
});
afterEach(() => gateway.simulator.reset());
afterAll(async () => await gateway.close());

const path = "/v1/chat/completions";
const key = (tenant: string): string => gateway.keys[tenant] ?? "";

function client(tenant: string, options: { readonly maxRetries?: number } = {}): OpenAI {
  return new OpenAI({ apiKey: key(tenant), baseURL: `${gateway.url}/v1`, maxRetries: 0, ...options });
}

async function chat(tenant: string, more: object = {}): Promise<unknown> {
  const messages = [{ role: "user" as const, content: "Hello." }];
  return await client(tenant).chat.completions.create({ model: "default", messages, ...more });
}

async function codeOf(answer: Response): Promise<unknown> {
  return ((await answer.json()) as { error: { code: unknown } }).error.code;
}

describe("who", () => {
  test.each([
    ["no key", null],
    ["a key nobody made", `tnt_${"a".repeat(43)}`],
    ["what is no key", "sk-something"],
    ["the admin key, which is no tenant's", "an-admin-key-of-the-tests"],
  ])("%s is a 401 that says so", async (_name, secret) => {
    const answer = await post(gateway, path, secret, hello);
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toContain("Bearer");
    expect(await codeOf(answer)).toBe("unauthenticated");
  });

  test("a revoked key stops working", async () => {
    const { key: made, secret } = await gateway.app.keys.create({ scope: "tenant", tenantId: "acme" });
    expect((await post(gateway, path, secret, hello)).status).toBe(200);
    await gateway.app.keys.revoke(made.id);
    expect((await post(gateway, path, secret, hello)).status).toBe(401);
  });
});

describe("refusals are values of core in the client's own classes", () => {
  test("budget_exceeded is 402 and not retried", async () => {
    const answer = await post(gateway, path, key("poor-one"), hello);
    expect(answer.status).toBe(402);
    expect(answer.headers.get("x-should-retry")).toBe("false");
    expect(await codeOf(answer)).toBe("budget_exceeded");
  });

  test("model_not_in_tier and tenant_suspended are 403", async () => {
    await expect(chat("acme", { model: "gpt-9" })).rejects.toBeInstanceOf(OpenAI.PermissionDeniedError);
    await expect(chat("gone-one")).rejects.toMatchObject({ status: 403, code: "tenant_suspended" });
  });

  test("rate_limited is 429 with Retry-After and where the window stands", async () => {
    await chat("slow-one");
    await chat("slow-one");
    const answer = await post(gateway, path, key("slow-one"), hello);
    expect(answer.status).toBe(429);
    const wait = Number(answer.headers.get("retry-after"));
    expect(wait).toBeGreaterThan(50);
    expect(wait).toBeLessThanOrEqual(60);
    expect(answer.headers.get("ratelimit")).toMatch(/^".+";r=0;t=\d+$/);
    expect(answer.headers.get("x-ratelimit-remaining-requests")).toBe("0");
    expect(answer.headers.get("x-tenantry-call-id")).toMatch(/^call_/);
    await expect(chat("slow-one")).rejects.toBeInstanceOf(OpenAI.RateLimitError);
  });
});

describe("requests that cannot be read", () => {
  test.each([
    ["no JSON", "{", "invalid_request"],
    ["not UTF-8", Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), "invalid_request"],
    ["nested without end", `{"messages":${"[".repeat(5000)}${"]".repeat(5000)}}`, "invalid_request"],
    ["a list", "[]", "invalid_request"],
    ["nothing", "", "invalid_request"],
  ])("%s is a 400", async (_name, body, code) => {
    const answer = await fetch(gateway.url + path, {
      method: "POST",
      headers: { authorization: `Bearer ${key("acme")}` },
      body,
    });
    expect(answer.status).toBe(400);
    expect(await codeOf(answer)).toBe(code);
  });

  test("too long is a 413 the client can read, plain or decompressed", async () => {
    const small = await openTestGateway({
      settings: (base) => ({
        ...base,
        dataPlane: { ...base.dataPlane, body: { ...base.dataPlane.body, bytes: 2_000 } },
      }),
    });
    try {
      const long = JSON.stringify({ messages: [{ role: "user", content: "a".repeat(100_000) }] });
      const { gzipSync } = await import("node:zlib");
      const plain = await post(small, path, small.keys["acme"] ?? "", long);
      expect(plain.status).toBe(413);
      expect(await codeOf(plain)).toBe("payload_too_large");
      const headers = { authorization: `Bearer ${small.keys["acme"]}`, "content-encoding": "gzip" };
      const packed = await fetch(small.url + path, { method: "POST", headers, body: gzipSync(long) });
      expect(packed.status).toBe(413);
      const fine = await fetch(small.url + path, { method: "POST", headers, body: gzipSync(JSON.stringify(hello)) });
      expect(fine.status).toBe(200);
      const broken = await fetch(small.url + path, { method: "POST", headers, body: "no gzip" });
      expect(broken.status).toBe(400);
    } finally {
      await small.close();
    }
  });

  test("the wrong method is a 405 that names the right one", async () => {
    const answer = await fetch(gateway.url + path, { headers: { authorization: `Bearer ${key("acme")}` } });
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("POST");
  });

  test("another Host is refused, because a name can be pointed at this machine by anybody", async () => {
    const { request } = await import("node:http");
    const status = await new Promise((resolve) => {
      request(gateway.url + path, { method: "POST", headers: { host: "evil.example" } }, (res) => {
        res.resume();
        resolve(res.statusCode);
      }).end("{}");
    });
    expect(status).toBe(421);
  });

  test("a field that cannot be translated is a 400 that names it", async () => {
    const body = { ...hello, model: "claude-haiku-4-5", logit_bias: { "1": 5 } };
    const answer = await post(gateway, path, key("acme"), body);
    expect(answer.status).toBe(400);
    const { error } = (await answer.json()) as { error: { param: string; message: string } };
    expect(error.param).toContain("logit_bias");
  });

  test("an id that is none is a 400 that names it", async () => {
    const answer = await post(gateway, path, key("acme"), hello, { "x-tenantry-user": "u".repeat(201) });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("x-tenantry-user");
  });
});

describe("what a provider does", () => {
  test("its 400 keeps its status and its words", async () => {
    gateway.simulator.plan([{ fault: { kind: "status", status: 400, message: "temperature is too high" } }]);
    await expect(chat("acme", { model: "gpt-4o-mini" })).rejects.toMatchObject({
      status: 400,
      code: "invalid_request",
      message: expect.stringContaining("temperature is too high"),
    });
  });

  test("its failure is a 502 after the retries and fallbacks, which the headers count", async () => {
    gateway.simulator.plan([{ fault: { kind: "status", status: 500 } }]);
    const answer = await post(gateway, path, key("claude-one"), hello);
    expect(answer.status).toBe(502);
    expect(await codeOf(answer)).toBe("upstream_error");
    expect(answer.headers.get("x-tenantry-attempts")).toBe("2");
  });

  test("a fallback to another vendor answers in the caller's protocol", async () => {
    gateway.simulator.plan([{ match: { provider: "anthropic" }, fault: { kind: "status", status: 500 } }]);
    const answer = await post(gateway, path, key("claude-one"), hello);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-tenantry-model")).toBe("openai/gpt-4o-mini");
    expect(answer.headers.get("x-tenantry-attempts")).toBe("2");
    expect(await answer.json()).toMatchObject({ object: "chat.completion" });
    gateway.simulator.plan([{ match: { provider: "anthropic" }, fault: { kind: "status", status: 500 } }]);
    const message = await post(gateway, "/v1/messages", key("claude-one"), { ...hello, max_tokens: 20 });
    expect(await message.json()).toMatchObject({ type: "message" });
    expect(message.headers.get("x-tenantry-model")).toBe("openai/gpt-4o-mini");
  });

  test("a fallback that cannot be translated leaves the first failure, and sends nothing", async () => {
    gateway.simulator.plan([{ match: { provider: "openai" }, fault: { kind: "status", status: 503 } }]);
    const answer = await post(gateway, path, key("marked-one"), { ...hello, logit_bias: { "1": 5 } });
    expect(answer.status).toBe(502);
    expect(await answer.text()).toContain("logit_bias");
    expect(gateway.simulator.invoice().lines).toHaveLength(0);
  });

  test("a stream that breaks off ends with an error the client raises", async () => {
    gateway.simulator.plan([{ fault: { kind: "stream-cut", afterEvents: 3 } }]);
    const stream = await client("acme").chat.completions.create({
      model: "gpt-4o-mini",
      messages: [{ role: "user", content: "Hello." }],
      stream: true,
    });
    const read = async (): Promise<void> => {
      for await (const _chunk of stream);
    };
    await expect(read()).rejects.toBeInstanceOf(OpenAI.APIError);
  });

  test("a call that takes too long is a 504", async () => {
    gateway.simulator.plan([{ fault: { kind: "hang" } }]);
    const short = await openTestGateway({
      yaml: "tiers: { t: { models: [openai/gpt-4o-mini], timeout: 200ms, retries: 0 } }\ntenants: { one: { tier: t } }",
    });
    try {
      short.simulator.plan([{ fault: { kind: "hang" } }]);
      const answer = await post(short, path, short.keys["one"] ?? "", hello);
      expect(answer.status).toBe(504);
      expect(await codeOf(answer)).toBe("upstream_timeout");
    } finally {
      await short.close();
    }
  });
});

/** What a machine with other things to do may take. */
const patience = { timeout: 10_000 } as const;

test("the client's own abort ends the call, and it is noted as aborted", async () => {
  gateway.simulator.setLatency({ perTokenMs: 100 });
  const controller = new AbortController();
  const stream = await client("rival").chat.completions.create(
    { model: "gpt-4o-mini", messages: [{ role: "user", content: "Hello." }], stream: true },
    { signal: controller.signal },
  );
  for await (const _chunk of stream) controller.abort();
  gateway.simulator.setLatency({});
  const period = { from: Date.now() - 60_000, to: Date.now() + 60_000 };
  await expect
    .poll(async () => {
      const page = await gateway.app.reader.calls({ kind: "tenant", tenantId: "rival" }, { period, limit: 10 });
      return page.calls.map(({ outcome }) => outcome);
    }, patience)
    .toEqual(["aborted"]);
});
