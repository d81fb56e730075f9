import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestGateway, post, type TestGateway } from "./support/gateway.ts";

let gateway: TestGateway;
let client: Anthropic;
beforeAll(async () => {
  gateway = await openTestGateway();
  client = new Anthropic({ apiKey: gateway.keys["acme"] ?? "", baseURL: gateway.url, maxRetries: 0 });
});
afterAll(async () => await gateway.close());

const messages = [{ role: "user" as const, content: "Say hello in one sentence." }];
const max_tokens = 64;

function textOf(message: Anthropic.Message): string {
  return message.content.map((block) => (block.type === "text" ? block.text : "")).join("");
}

describe.each(["claude-haiku-4-5", "gpt-4o-mini"])("the official Anthropic client on %s", (model) => {
  test("makes messages", async () => {
    const message = await client.messages.create({ model, max_tokens, messages });
    expect(textOf(message)).not.toBe("");
    expect(message.stop_reason).toBe("end_turn");
    expect(message.usage.output_tokens).toBeGreaterThan(0);
    expect(message._request_id).toEqual(expect.any(String));
  });

  test("streams", async () => {
    const stream = client.messages.stream({ model, max_tokens, messages });
    const types = new Set<string>();
    for await (const event of stream) types.add(event.type);
    const message = await stream.finalMessage();
    expect([...types]).toEqual(expect.arrayContaining(["message_start", "content_block_delta", "message_stop"]));
    expect(textOf(message)).not.toBe("");
  });

  test("calls tools, whole and streamed", async () => {
    const tools = [
      {
        name: "weather",
        input_schema: { type: "object" as const, properties: { city: { type: "string" } }, required: ["city"] },
      },
    ];
    const asked = { model, max_tokens, messages, tools, tool_choice: { type: "any" as const } };
    const whole = await client.messages.create(asked);
    expect(whole.stop_reason).toBe("tool_use");
    expect(whole.content).toContainEqual(expect.objectContaining({ type: "tool_use", name: "weather" }));
    const streamed = await client.messages.stream(asked).finalMessage();
    expect(streamed.content).toContainEqual(expect.objectContaining({ type: "tool_use", name: "weather" }));
  });

  test("counts tokens, which is no call and costs nothing", async () => {
    const before = gateway.simulator.invoice().lines.length;
    const { input_tokens } = await client.messages.countTokens({ model, messages });
    expect(input_tokens).toBeGreaterThan(3);
    expect(gateway.simulator.invoice().lines).toHaveLength(before);
  });

  test("gives the raw response with our headers", async () => {
    const { response } = await client.messages.create({ model, max_tokens, messages }).withResponse();
    expect(response.headers.get("x-tenantry-call-id")).toMatch(/^call_/);
    expect(response.headers.get("x-tenantry-model")).toContain(model);
  });
});

test("the models are listed in Anthropic's form", async () => {
  const page = await client.models.list();
  expect(page.data.map(({ id }) => id)).toContain("claude-haiku-4-5");
  expect(page.data[0]).toMatchObject({ type: "model", id: "gpt-4o-mini" });
  expect(page.has_more).toBe(false);
});

test("both header styles and any anthropic-version are taken", async () => {
  const body = { model: "claude-haiku-4-5", max_tokens, messages };
  const key = gateway.keys["acme"] ?? "";
  for (const headers of [{ "x-api-key": key }, { authorization: `bearer ${key}` }]) {
    for (const version of ["2023-06-01", "2026-10-21"]) {
      const answer = await post(gateway, "/v1/messages", null, body, { ...headers, "anthropic-version": version });
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ type: "message" });
    }
  }
});

test("errors are Anthropic's classes in Anthropic's envelope", async () => {
  const as = (tenant: string): Anthropic =>
    new Anthropic({ apiKey: gateway.keys[tenant] ?? "tnt_wrong", baseURL: gateway.url, maxRetries: 0 });
  const create = async (tenant: string, model: string): Promise<unknown> =>
    await as(tenant).messages.create({ model, max_tokens, messages });
  await expect(create("nobody", "claude-haiku-4-5")).rejects.toBeInstanceOf(Anthropic.AuthenticationError);
  await expect(create("acme", "claude-fable-9")).rejects.toBeInstanceOf(Anthropic.PermissionDeniedError);
  await expect(create("gone-one", "claude-haiku-4-5")).rejects.toBeInstanceOf(Anthropic.PermissionDeniedError);
  const bad = as("acme").messages.create({ model: "claude-haiku-4-5", max_tokens, messages: [] });
  await expect(bad).rejects.toBeInstanceOf(Anthropic.BadRequestError);
  const answer = await post(gateway, "/v1/messages", "tnt_wrong", {});
  expect(await answer.json()).toMatchObject({
    type: "error",
    error: { type: "authentication_error" },
    request_id: expect.any(String),
  });
});
