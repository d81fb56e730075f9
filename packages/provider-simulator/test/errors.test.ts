import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { question, start } from "./running.ts";

async function failure(call: PromiseLike<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error("the call did not fail");
}

describe("errors the OpenAI client understands", () => {
  test("a wrong key is a 401", async () => {
    const { openai, simulator } = await start({ apiKeys: ["another"] });
    const error = await failure(openai.chat.completions.create({ model: "gpt-4o", messages: [question] }));
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(error).toMatchObject({ code: "invalid_api_key", requestID: expect.stringMatching(/^req_/) });
    expect(String(error)).not.toContain("sk-test");
    expect(simulator.invoice().lines).toEqual([]);
  });

  test("an unknown model is a 404 with its code", async () => {
    const { openai } = await start();
    const error = await failure(openai.chat.completions.create({ model: "gpt-99", messages: [question] }));
    expect(error).toBeInstanceOf(OpenAI.NotFoundError);
    expect(error).toMatchObject({ code: "model_not_found", type: "invalid_request_error" });
  });

  test.each<[string, Record<string, unknown>, string]>([
    ["no messages", { messages: undefined }, "messages"],
    ["no model", { model: undefined }, "model"],
    ["an empty conversation", { messages: [] }, "messages"],
    ["a wrong role", { messages: [{ role: "king", content: "x" }] }, "messages[0].role"],
    ["a wrong part", { messages: [{ role: "user", content: [{ type: "smell" }] }] }, "messages[0].content[0].type"],
    ["a hot temperature", { temperature: 3 }, "temperature"],
    ["temperature in words", { temperature: "hot" }, "temperature"],
    ["n of zero", { n: 0 }, "n"],
    ["too many tokens asked for", { max_tokens: 1_000_000 }, "max_tokens"],
    ["both limits", { max_tokens: 5, max_completion_tokens: 5 }, "max_tokens"],
    ["stream options without a stream", { stream_options: { include_usage: true } }, "stream_options"],
    [
      "a schema without a name",
      { response_format: { type: "json_schema", json_schema: {} } },
      "response_format.json_schema.name",
    ],
    ["JSON that nobody mentions", { response_format: { type: "json_object" } }, "response_format"],
    [
      "a choice of a tool that is not there",
      { tool_choice: { type: "function", function: { name: "x" } } },
      "tool_choice",
    ],
  ])("%s is a 400 naming the field", async (_, change, param) => {
    const { openai, simulator } = await start();
    const body = { model: "gpt-4o", messages: [question], ...change };
    const error = await failure(openai.chat.completions.create(body as OpenAI.ChatCompletionCreateParamsNonStreaming));
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({ param });
    expect(simulator.invoice().lines).toEqual([]);
  });

  test("reasoning models refuse max_tokens and temperature as the real ones do", async () => {
    const { openai } = await start();
    for (const change of [{ max_tokens: 10 }, { temperature: 0.3 }]) {
      const error = await failure(openai.chat.completions.create({ model: "gpt-5", messages: [question], ...change }));
      expect(error).toMatchObject({ status: 400, param: Object.keys(change)[0] });
    }
  });

  test("a prompt longer than the context is a 400", async () => {
    const { openai } = await start();
    const messages = [{ role: "user" as const, content: "word ".repeat(9000) }];
    const error = await failure(openai.chat.completions.create({ model: "gpt-4", messages }));
    expect(error).toMatchObject({ code: "context_length_exceeded" });
  });

  test("a body over 32 MB is a 413, a body that is no JSON a 400 that repeats nothing", async () => {
    const { simulator } = await start();
    const url = `${simulator.openaiBaseUrl}/chat/completions`;
    const headers = { authorization: "Bearer k", "content-type": "application/json" };
    const large = await fetch(url, { method: "POST", headers, body: "x".repeat(33 * 1024 * 1024) });
    expect(large.status).toBe(413);
    const broken = await fetch(url, { method: "POST", headers, body: '{"secret' });
    expect(broken.status).toBe(400);
    expect(await broken.text()).not.toContain("secret");
  });

  test("paths and methods that do not exist are a 404 and a 405", async () => {
    const { simulator } = await start();
    const headers = { authorization: "Bearer k" };
    const unknown = await fetch(`${simulator.url}/v1/toString`, { headers });
    expect(unknown.status).toBe(404);
    const wrong = await fetch(`${simulator.url}/v1/chat/completions`, { headers });
    expect(wrong.status).toBe(405);
  });
});

describe("errors the Anthropic client understands", () => {
  const body = { model: "claude-haiku-4-5", max_tokens: 100, messages: [question] };

  test("a wrong key is a 401, an unknown model a 404", async () => {
    const { anthropic } = await start({ apiKeys: ["another"] });
    const error = await failure(anthropic.messages.create(body));
    expect(error).toBeInstanceOf(Anthropic.AuthenticationError);
    expect(error).toMatchObject({ type: "authentication_error" });
    const other = await start();
    const missing = await failure(other.anthropic.messages.create({ ...body, model: "claude-9" }));
    expect(missing).toBeInstanceOf(Anthropic.NotFoundError);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ["no max_tokens", { max_tokens: undefined }, "max_tokens: Field required"],
    ["no messages", { messages: undefined }, "messages: Field required"],
    ["a wrong role", { messages: [{ role: "king", content: "x" }] }, "messages.0.role"],
    ["a hot temperature", { temperature: 1.5 }, "temperature"],
    ["too many tokens asked for", { max_tokens: 70_000 }, "max_tokens"],
    ["a tool without a schema", { tools: [{ name: "x" }] }, "tools.0.input_schema: Field required"],
  ])("%s is a 400 naming the field", async (_, change, text) => {
    const { anthropic } = await start();
    const bad = { ...body, ...change } as Anthropic.MessageCreateParamsNonStreaming;
    const error = await failure(anthropic.messages.create(bad));
    expect(error).toBeInstanceOf(Anthropic.BadRequestError);
    expect(error).toMatchObject({ type: "invalid_request_error" });
    expect(String(error)).toContain(text);
  });

  test("the version header is required and both key headers are taken", async () => {
    const { simulator } = await start();
    const post = (headers: Record<string, string>) =>
      fetch(`${simulator.url}/v1/messages`, { method: "POST", headers, body: JSON.stringify(body) });
    const unversioned = await post({ "x-api-key": "k" });
    expect(unversioned.status).toBe(400);
    expect(await unversioned.json()).toMatchObject({
      type: "error",
      error: { type: "invalid_request_error" },
      request_id: expect.stringMatching(/^req_/),
    });
    expect((await post({ "x-api-key": "k", "anthropic-version": "2023-06-01" })).status).toBe(200);
    expect((await post({ "anthropic-version": "2023-06-01" })).status).toBe(401);
  });
});
