import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestGateway, post, type TestGateway } from "./support/gateway.ts";

let gateway: TestGateway;
let client: OpenAI;
beforeAll(async () => {
  gateway = await openTestGateway();
  client = new OpenAI({ apiKey: gateway.keys["acme"] ?? "", baseURL: `${gateway.url}/v1`, maxRetries: 0 });
});
afterAll(async () => await gateway.close());

const messages = [{ role: "user" as const, content: "Say hello in one sentence." }];

describe.each(["gpt-4o-mini", "claude-haiku-4-5"])("the official openai client on %s", (model) => {
  test("chats", async () => {
    const answer = await client.chat.completions.create({ model, messages });
    expect(answer.choices[0]?.message.content).not.toBe("");
    expect(answer.choices[0]?.finish_reason).toBe("stop");
    expect(answer.usage?.total_tokens).toBeGreaterThan(0);
    expect(answer._request_id).toEqual(expect.any(String));
  });

  test("streams", async () => {
    const stream = await client.chat.completions.create({
      model,
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = "";
    let total = 0;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      total = chunk.usage?.total_tokens ?? total;
    }
    expect(text).not.toBe("");
    expect(total).toBeGreaterThan(0);
  });

  test("streams through its own helper", async () => {
    const stream = client.chat.completions.stream({ model, messages });
    const final = await stream.finalChatCompletion();
    expect(final.choices[0]?.message.content).not.toBe("");
  });

  test("answers in JSON of a schema", async () => {
    const answer = await client.chat.completions.create({
      model,
      messages,
      response_format: {
        type: "json_schema",
        json_schema: {
          name: "greeting",
          strict: true,
          schema: {
            type: "object",
            properties: { text: { type: "string" } },
            required: ["text"],
            additionalProperties: false,
          },
        },
      },
    });
    expect(JSON.parse(answer.choices[0]?.message.content ?? "")).toEqual({ text: expect.any(String) });
  });

  test("calls tools, whole and streamed", async () => {
    const tools = [
      {
        type: "function" as const,
        function: {
          name: "weather",
          parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
        },
      },
    ];
    const asked = { model, messages, tools, tool_choice: "required" as const };
    const whole = await client.chat.completions.create(asked);
    const [call] = whole.choices[0]?.message.tool_calls ?? [];
    expect(whole.choices[0]?.finish_reason).toBe("tool_calls");
    expect(call).toMatchObject({ type: "function", function: { name: "weather" } });
    const streamed = await client.chat.completions.stream(asked).finalChatCompletion();
    expect(streamed.choices[0]?.message.tool_calls?.[0]).toMatchObject({ function: { name: "weather" } });
  });

  test("makes responses, whole and streamed", async () => {
    const whole = await client.responses.create({ model, input: "Say hello." });
    expect(whole.output_text).not.toBe("");
    const stream = await client.responses.create({ model, input: "Say hello.", stream: true });
    const types: string[] = [];
    for await (const event of stream) types.push(event.type);
    expect(types.at(-1)).toBe("response.completed");
  });

  test("gives the raw response with our headers", async () => {
    const { data, response, request_id } = await client.chat.completions.create({ model, messages }).withResponse();
    expect(data.object).toBe("chat.completion");
    expect(request_id).toEqual(expect.any(String));
    expect(response.headers.get("x-tenantry-call-id")).toMatch(/^call_/);
    expect(response.headers.get("x-tenantry-model")).toContain(model);
    expect(response.headers.get("x-tenantry-attempts")).toBe("1");
    const raw = await client.chat.completions.create({ model, messages, stream: true }).asResponse();
    expect(raw.headers.get("content-type")).toMatch(/^text\/event-stream/);
    expect(await raw.text()).toMatch(/data: \[DONE\]\n\n$/);
  });
});

test("embeddings pass through", async () => {
  const answer = await client.embeddings.create({ model: "text-embedding-3-small", input: ["one", "two"] });
  expect(answer.data).toHaveLength(2);
  expect(answer.usage.total_tokens).toBeGreaterThan(0);
  const asked = { input: "one" } as unknown as OpenAI.EmbeddingCreateParams;
  expect((await client.embeddings.create(asked)).model).toBe("text-embedding-3-small");
});

test("texts to embed may be token numbers, as many as a request may have", async () => {
  const ask = async (tokens: number): Promise<Response> =>
    await post(gateway, "/v1/embeddings", gateway.keys["acme"] as string, {
      model: "text-embedding-3-small",
      input: Array.from({ length: tokens / 1_000 }, () => Array.from({ length: 1_000 }, () => 9_906)),
    });
  expect((await ask(300_000)).status).toBe(200);
  expect((await ask(320_000)).status).toBe(400);
});

test("a chat never falls back to a model for embeddings, nor an embedding to another model", async () => {
  gateway.simulator.plan([{ fault: { kind: "status", status: 500 } }]);
  const chat = client.chat.completions.create({ model: "claude-haiku-4-5", messages });
  await expect(chat).rejects.toMatchObject({ status: 502 });
  const embedding = client.embeddings.create({ model: "text-embedding-3-small", input: "one" });
  await expect(embedding).rejects.toMatchObject({ status: 502 });
  gateway.simulator.reset();
});

test("the models are those of the tier", async () => {
  const ids: string[] = [];
  for await (const model of client.models.list()) ids.push(model.id);
  expect(ids).toEqual(["gpt-4o-mini", "gpt-4o", "claude-haiku-4-5", "text-embedding-3-small"]);
  expect(await client.models.retrieve("gpt-4o")).toMatchObject({ id: "gpt-4o", object: "model" });
  await expect(client.models.retrieve("gpt-5")).rejects.toBeInstanceOf(OpenAI.NotFoundError);
});

test("the model may be left out, or be the default", async () => {
  const asked = { messages } as unknown as OpenAI.ChatCompletionCreateParamsNonStreaming;
  expect((await client.chat.completions.create(asked)).model).toContain("gpt-4o-mini");
  expect((await client.chat.completions.create({ ...asked, model: "default" })).model).toContain("gpt-4o-mini");
});
