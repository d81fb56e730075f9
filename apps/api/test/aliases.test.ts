import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FixedUpstream, openFixedUpstream } from "./support/fixed-upstream.ts";
import { hello, openTestGateway, post, type TestGateway } from "./support/gateway.ts";

const yaml = `
tiers:
  named:
    models: [openai/gpt-4o-mini, anthropic/claude-haiku-4-5, openai/text-embedding-3-small]
    aliases:
      fast: openai/gpt-4o-mini
      smart: anthropic/claude-haiku-4-5
      gpt-3.5-turbo: openai/gpt-4o-mini
      vectors: openai/text-embedding-3-small
    maxOutputTokens: 64
  plain: { models: [openai/gpt-4o-mini], maxOutputTokens: 64 }
tenants:
  one: { tier: named }
  two: { tier: named, overrides: { aliases: { fast: anthropic/claude-haiku-4-5 } } }
  three: { tier: plain }
`;

describe("the aliases of a tier", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await openTestGateway({ yaml });
  });
  afterAll(async () => await gateway.close());

  const keyOf = (tenant: string): string => gateway.keys[tenant] ?? "";
  const read = async (tenant: string, path: string, headers: Record<string, string> = {}): Promise<Response> =>
    await fetch(gateway.url + path, { headers: { authorization: `Bearer ${keyOf(tenant)}`, ...headers } });

  test.each([
    ["one", "fast", "openai/gpt-4o-mini"],
    ["one", "smart", "anthropic/claude-haiku-4-5"],
    ["one", "gpt-3.5-turbo", "openai/gpt-4o-mini"],
    ["one", "gpt-4o-mini", "openai/gpt-4o-mini"],
    ["one", "default", "openai/gpt-4o-mini"],
    ["two", "fast", "anthropic/claude-haiku-4-5"],
  ])("for tenant %s: %s is %s, in both protocols and in the books", async (tenant, model, expected) => {
    for (const [path, body] of [
      ["/v1/chat/completions", { ...hello, model }],
      ["/v1/responses", { input: "Say hello.", model }],
      ["/v1/messages", { ...hello, model, max_tokens: 32 }],
      ["/v1/chat/completions", { ...hello, model, stream: true }],
    ] as const) {
      const answer = await post(gateway, path, keyOf(tenant), body);
      expect([path, answer.status, answer.headers.get("x-tenantry-model")]).toEqual([path, 200, expected]);
      await answer.text();
      const callId = answer.headers.get("x-tenantry-call-id");
      const { attempts } = (await (await read(tenant, `/api/v1/calls/${callId}`)).json()) as { attempts: unknown };
      expect(attempts).toMatchObject([{ provider: expected.split("/")[0], model: expected.split("/")[1] }]);
    }
  });

  test("serve embeddings and the counting of tokens too", async () => {
    const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: keyOf("one"), maxRetries: 0 });
    expect((await openai.embeddings.create({ model: "vectors", input: "hi" })).model).toBe("text-embedding-3-small");
    const anthropic = new Anthropic({ baseURL: gateway.url, apiKey: keyOf("one"), maxRetries: 0 });
    const messages = [{ role: "user", content: "hi" } as const];
    const count = await anthropic.messages.countTokens({ model: "smart", messages });
    expect(count.input_tokens).toBeGreaterThan(0);
  });

  test.each([
    ["one", "quick"],
    ["one", "Fast"],
    ["two", "smart"],
    ["three", "fast"],
  ])("of tenant %s do not include %s: 403, nothing asked", async (tenant, model) => {
    for (const [path, body] of [
      ["/v1/chat/completions", { ...hello, model }],
      ["/v1/messages/count_tokens", { ...hello, model }],
    ] as const) {
      const answer = await post(gateway, path, keyOf(tenant), body);
      expect(answer.status).toBe(403);
      expect(JSON.stringify(await answer.json())).toContain("model_not_in_tier");
    }
  });

  test("are listed among the models a client can name, and each of them can be looked up", async () => {
    const ids = async (tenant: string, headers = {}): Promise<string[]> =>
      ((await (await read(tenant, "/v1/models", headers)).json()) as { data: { id: string }[] }).data.map(
        ({ id }) => id,
      );
    const own = ["gpt-4o-mini", "claude-haiku-4-5", "text-embedding-3-small"];
    const expected = [...own, "fast", "smart", "gpt-3.5-turbo", "vectors"];
    expect(await ids("one")).toEqual(expected);
    expect(await ids("one", { "anthropic-version": "2023-06-01" })).toEqual(expected);
    expect(await ids("two")).toEqual([...own, "fast"]);
    expect(await ids("three")).toEqual(["gpt-4o-mini"]);
    for (const id of expected) {
      expect(await (await read("one", `/v1/models/${id}`)).json()).toMatchObject({ id, object: "model" });
    }
    expect((await read("three", "/v1/models/fast")).status).toBe(404);
  });

  test("are told to the tenant and with the tiers", async () => {
    const me = (await (await read("two", "/api/v1/me")).json()) as { policy: unknown };
    expect(me.policy).toMatchObject({ aliases: { fast: "anthropic/claude-haiku-4-5" }, store: false });
  });
});

describe("what means something in the account all tenants share", () => {
  let upstream: FixedUpstream;
  let gateway: TestGateway;
  beforeAll(async () => {
    upstream = await openFixedUpstream();
    gateway = await openTestGateway({
      isSimulated: false,
      yaml: `
tiers:
  t: { models: [openai/gpt-4o-mini] }
  keeping: { models: [openai/gpt-4o-mini], store: true }
tenants: { one: { tier: t }, two: { tier: t }, three: { tier: keeping } }
providers: { openai: { apiKey: sk-ours, baseUrl: "${upstream.url}/v1" } }
`,
    });
    const answer = { id: "c", model: "gpt-4o-mini", choices: [{ index: 0, message: { content: "hi" } }] };
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    upstream.answer = {
      headers: { "content-type": "application/json" },
      pieces: [Buffer.from(JSON.stringify({ ...answer, usage }))],
    };
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  const sentFor = async (tenant: string, body: object): Promise<Record<string, unknown>> => {
    const answer = await post(gateway, "/v1/chat/completions", gateway.keys[tenant] ?? "", { ...hello, ...body });
    expect(answer.status).toBe(200);
    await answer.text();
    return JSON.parse(upstream.received.at(-1)?.body.toString() ?? "") as Record<string, unknown>;
  };

  test("is not shared: one tenant's key of the cache is never another's", async () => {
    const names = { prompt_cache_key: "support", safety_identifier: "user-7" };
    const [mine, again, theirs] = [
      await sentFor("one", names),
      await sentFor("one", names),
      await sentFor("two", names),
    ];
    for (const name of ["prompt_cache_key", "safety_identifier"]) {
      expect(mine[name]).toBe(again[name]);
      expect(mine[name]).not.toBe(theirs[name]);
    }
    expect(JSON.stringify([mine, theirs])).not.toMatch(/support|user-7/);
  });

  test("is kept only where the tier leaves that to the caller", async () => {
    expect(await sentFor("one", { store: true })).toMatchObject({ store: false });
    expect(await sentFor("three", { store: true })).toMatchObject({ store: true });
  });
});
