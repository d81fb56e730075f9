import Anthropic from "@anthropic-ai/sdk";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { booksOf, type Installation, openInstallation, reconciled } from "./support/installation.ts";

let installation: Installation;
let client: Anthropic;
beforeAll(async () => {
  installation = await openInstallation();
  client = installation.anthropic({ tenantId: "acme" });
});
afterEach(() => installation.simulator.plan([]));
afterAll(async () => await installation.close());

const asked = {
  model: "claude-haiku-4-5",
  max_tokens: 64,
  messages: [{ role: "user" as const, content: "Say hello in one sentence." }],
};

test("makes messages, and the answer says what it was", async () => {
  const { data, response } = await client.messages.create(asked).withResponse();
  expect(data.content[0]).toMatchObject({ type: "text" });
  expect(data.stop_reason).toBe("end_turn");
  expect(response.headers.get("x-tenantry-model")).toBe("anthropic/claude-haiku-4-5");
  expect(response.headers.get("x-tenantry-call-id")).toMatch(/^call_/);
});

test("streams", async () => {
  const types = new Set<string>();
  const stream = client.messages.stream(asked);
  for await (const event of stream) types.add(event.type);
  expect([...types]).toEqual(expect.arrayContaining(["message_start", "content_block_delta", "message_stop"]));
  expect((await stream.finalMessage()).usage.output_tokens).toBeGreaterThan(0);
});

test("calls tools, whole and streamed", async () => {
  const schema = { type: "object" as const, properties: { city: { type: "string" } }, required: ["city"] };
  const withTools = {
    ...asked,
    tools: [{ name: "weather", input_schema: schema }],
    tool_choice: { type: "any" as const },
  };
  expect((await client.messages.create(withTools)).stop_reason).toBe("tool_use");
  const streamed = await client.messages.stream(withTools).finalMessage();
  expect(streamed.content).toContainEqual(expect.objectContaining({ type: "tool_use", name: "weather" }));
});

test("beta requests are metered like any other", async () => {
  const message = await client.beta.messages.create({ ...asked, betas: ["output-128k-2025-02-19"] });
  expect(message.type).toBe("message");
});

test("the end user of the body is the user of the call", async () => {
  await client.messages.create({ ...asked, metadata: { user_id: "u-body" } });
  const { calls } = await booksOf(installation, "acme");
  expect(calls.map(({ userId }) => userId)).toContain("u-body");
});

test("counting tokens is a call that costs nothing", async () => {
  const counting = installation.anthropic({ tenantId: "rival" });
  const { model, messages } = asked;
  expect((await counting.messages.countTokens({ model, messages })).input_tokens).toBeGreaterThan(3);
  const { lines } = await booksOf(installation, "rival");
  expect(lines).toMatchObject([{ costPico: 0n, source: "measured" }]);
});

test("failures are the client's own classes", async () => {
  installation.simulator.plan([{ fault: { kind: "status", status: 529 } }]);
  await expect(client.messages.create(asked)).rejects.toBeInstanceOf(Anthropic.InternalServerError);
  installation.simulator.plan([{ fault: { kind: "stream-cut", afterEvents: 3 } }]);
  const cut = client.messages.stream(asked).finalMessage();
  await expect(cut).rejects.toBeInstanceOf(Anthropic.APIError);
  await expect(cut).rejects.toThrow(/upstream_error/);
});

test("the books are the provider's invoice", async () => {
  const { balanced, unexplainedPico, billedPico } = await reconciled(installation);
  expect({ balanced, unexplainedPico }).toEqual({ balanced: true, unexplainedPico: 0n });
  expect(billedPico).toBeGreaterThan(0n);
});
