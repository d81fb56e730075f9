import OpenAI from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { booksOf, type Installation, openInstallation, reconciled } from "./support/installation.ts";

let installation: Installation;
let client: OpenAI;
beforeAll(async () => {
  installation = await openInstallation();
  client = installation.openai({ tenantId: "acme", userId: "u-1", feature: "summary" });
});
afterEach(() => installation.simulator.plan([]));
afterAll(async () => await installation.close());

const model = "gpt-4o-mini";
const messages = [{ role: "user" as const, content: "Say hello in one sentence." }];
const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const tools = [{ type: "function" as const, function: { name: "weather", parameters } }];

describe("the official openai client, told nothing but a fetch", () => {
  test("chats, and the answer says what it was and came to", async () => {
    const { data, response } = await client.chat.completions.create({ model, messages }).withResponse();
    expect(data.choices[0]?.message.content).not.toBe("");
    expect(data.usage?.total_tokens).toBeGreaterThan(0);
    expect(response.headers.get("x-tenantry-model")).toBe("openai/gpt-4o-mini");
    expect(response.headers.get("x-tenantry-attempts")).toBe("1");
    expect(Number(response.headers.get("x-ratelimit-remaining-requests"))).toBeGreaterThan(0);
    const callId = response.headers.get("x-tenantry-call-id") ?? "";
    const detail = await installation.app.reader.call({ kind: "tenant", tenantId: "acme" }, callId);
    expect(detail?.call).toMatchObject({ tenantId: "acme", userId: "u-1", feature: "summary", outcome: "ok" });
    expect(response.headers.get("x-tenantry-cost-usd")).toMatch(/^0\.0000\d+$/);
  });

  test("streams, with and without usage, and through its own helper", async () => {
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    let text = "";
    for await (const chunk of stream) {
      expect(chunk).not.toHaveProperty("usage");
      text += chunk.choices[0]?.delta.content ?? "";
    }
    expect(text).not.toBe("");
    const helper = client.chat.completions.stream({ model, messages, stream_options: { include_usage: true } });
    expect((await helper.finalChatCompletion()).choices[0]?.message.content).toBe(text);
    expect((await helper.totalUsage()).total_tokens).toBeGreaterThan(0);
  });

  test("calls tools, whole and streamed", async () => {
    const asked = { model, messages, tools, tool_choice: "required" as const };
    const whole = await client.chat.completions.create(asked);
    expect(whole.choices[0]?.message.tool_calls?.[0]).toMatchObject({ function: { name: "weather" } });
    const streamed = await client.chat.completions.stream(asked).finalChatCompletion();
    expect(streamed.choices[0]?.message.tool_calls?.[0]).toMatchObject({ function: { name: "weather" } });
  });

  test("runs tools to the end, each round a call of its own", async () => {
    const rival = installation.openai({ tenantId: "rival", sessionId: "run" });
    const runner = rival.chat.completions.runTools({
      model,
      messages: [{ role: "user", content: 'call tool weather {"city":"Oslo"}' }],
      tools: [
        {
          type: "function",
          function: {
            name: "weather",
            parameters,
            parse: JSON.parse,
            function: () => "It rains.",
            description: "weather",
          },
        },
      ],
    });
    await runner.finalChatCompletion();
    const { calls } = await booksOf(installation, "rival");
    expect(calls).toHaveLength(2);
  });

  test("makes responses, whole and streamed", async () => {
    expect((await client.responses.create({ model, input: "Say hello." })).output_text).not.toBe("");
    const types: string[] = [];
    for await (const event of await client.responses.create({ model, input: "Say hello.", stream: true })) {
      types.push(event.type);
    }
    expect(types.at(-1)).toBe("response.completed");
  });

  test("makes embeddings, with the model named or left to the tier", async () => {
    const answer = await client.embeddings.create({ model: "text-embedding-3-small", input: ["one", "two"] });
    expect(answer.data).toHaveLength(2);
    const { data, response } = await client.embeddings.create({ model: "default", input: "one" }).withResponse();
    expect(data.model).toBe("text-embedding-3-small");
    expect(response.headers.get("x-tenantry-attempts")).toBe("1");
  });

  test("gets the raw response with asResponse", async () => {
    const raw = await client.chat.completions.create({ model, messages, stream: true }).asResponse();
    expect(raw.headers.get("content-type")).toMatch(/^text\/event-stream/);
    expect(await raw.text()).toMatch(/data: \[DONE\]\n\n$/);
  });
});

describe("what the provider does wrong", () => {
  test("a failure that the tier's retries heal is not seen, and both attempts are in the books", async () => {
    installation.simulator.plan([{ fault: { kind: "status", status: 500 }, times: 1 }]);
    const { response } = await client.chat.completions.create({ model: "gpt-4o", messages }).withResponse();
    expect(response.headers.get("x-tenantry-attempts")).toBe("2");
  });

  test("a failure that remains is the client's own error class", async () => {
    installation.simulator.plan([{ fault: { kind: "status", status: 500 } }]);
    const failing = client.chat.completions.create({ model: "gpt-4o", messages });
    await expect(failing).rejects.toBeInstanceOf(OpenAI.InternalServerError);
    await expect(failing).rejects.toMatchObject({ status: 502, code: "upstream_error" });
  });

  test("a chat never falls back to a model for embeddings", async () => {
    installation.simulator.plan([{ fault: { kind: "status", status: 500 } }]);
    const failing = client.chat.completions.create({ model: "gpt-4o", messages });
    const { headers } = (await failing.catch((error: unknown) => error)) as InstanceType<typeof OpenAI.APIError>;
    expect(headers?.get("x-tenantry-model")).toBe("openai/gpt-4o");
  });

  test("a request the provider finds wrong is a BadRequestError", async () => {
    installation.simulator.plan([{ fault: { kind: "status", status: 400 } }]);
    const failing = client.chat.completions.create({ model, messages });
    await expect(failing).rejects.toBeInstanceOf(OpenAI.BadRequestError);
  });

  test("a stream that is cut off ends in an APIError with a code, chat and responses alike", async () => {
    installation.simulator.plan([{ fault: { kind: "stream-cut", afterEvents: 3 } }]);
    const chat = await client.chat.completions.create({ model, messages, stream: true });
    const reading = (async () => {
      for await (const _chunk of chat);
    })();
    await expect(reading).rejects.toMatchObject({ name: expect.stringMatching(/Error$/), code: "upstream_error" });
    const response = await client.responses.create({ model, input: "Say hello.", stream: true });
    const reread = (async () => {
      for await (const _event of response);
    })();
    await expect(reread).rejects.toBeInstanceOf(OpenAI.APIError);
  });
});

test("the cost is for the tiers to show, the charge for all to see", async () => {
  const hidden = installation.openai({ tenantId: "slow-one" });
  const { response } = await hidden.chat.completions.create({ model, messages }).withResponse();
  expect(response.headers.get("x-tenantry-charge-usd")).toMatch(/^0\.0000\d+$/);
  expect(response.headers.get("x-tenantry-cost-usd")).toBeNull();
});

test("each retry of the client is a call of its own", async () => {
  installation.simulator.plan([{ fault: { kind: "status", status: 500 }, times: 1 }]);
  const retrying = installation.openai({ tenantId: "single-one" }, { maxRetries: 1 });
  await retrying.chat.completions.create({ model, messages });
  const { calls } = await booksOf(installation, "single-one");
  expect(calls.map(({ outcome, attempts }) => [outcome, attempts])).toEqual([
    ["ok", 1],
    ["failed", 1],
  ]);
});

test("the books are the provider's invoice", async () => {
  const { balanced, unexplainedPico, billedPico, matched } = await reconciled(installation);
  expect({ balanced, unexplainedPico }).toEqual({ balanced: true, unexplainedPico: 0n });
  expect(billedPico).toBeGreaterThan(0n);
  expect(matched).toBeGreaterThan(10);
});
