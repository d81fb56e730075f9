import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { bookedAfter, booksOf, isAtRest } from "../support/books.ts";
import { openTestGateway, type TestGateway, tiers, until } from "../support/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openTestGateway({
    yaml: `${tiers.replace(
      "tenants:",
      `  gpt-alone: { models: [openai/gpt-4o-mini], retries: 0 }
  claude-alone: { models: [anthropic/claude-haiku-4-5], retries: 0 }
tenants:`,
    )}  gpt-one: { tier: gpt-alone }
  claude-alone-one: { tier: claude-alone }
`,
  });
});
afterEach(() => {
  gateway.simulator.plan([]);
  gateway.simulator.setLatency({});
});
afterAll(async () => await gateway.close());

const gpt = "gpt-4o-mini";
const claude = "claude-haiku-4-5";
const messages = [{ role: "user" as const, content: "Say hello in one sentence." }];
const max_tokens = 64;

interface ClientOptions {
  readonly maxRetries?: number;
  readonly timeout?: number;
}

function openai(tenant: string, options: ClientOptions = {}): OpenAI {
  return new OpenAI({
    apiKey: gateway.keys[tenant] ?? "tnt_none",
    baseURL: `${gateway.url}/v1`,
    maxRetries: 0,
    ...options,
  });
}

function anthropic(tenant: string, options: ClientOptions = {}): Anthropic {
  return new Anthropic({ apiKey: gateway.keys[tenant] ?? "tnt_none", baseURL: gateway.url, maxRetries: 0, ...options });
}

/** The tenant whose only model it is, so that no attempt of ours repairs a failure. */
function aloneWith(model: string): string {
  return model === gpt ? "gpt-one" : "claude-alone-one";
}

async function aborted(leave: () => Promise<void>): Promise<void> {
  const booked = await bookedAfter(gateway, leave);
  expect(booked).toMatchObject([{ call: { tenantId: "acme", outcome: "aborted" }, lines: [{ outcome: "aborted" }] }]);
  await until(async () => await isAtRest(gateway.app, "acme"));
}

describe.each([gpt, claude])("OpenAI's client on %s", (model) => {
  const ask = { model, messages };

  test("withResponse gives the stream and the call it is, asResponse the bytes", async () => {
    const { result, booked } = await booksOf(gateway, "acme", 2, async () => {
      const { data, response } = await openai("acme")
        .chat.completions.create({ ...ask, stream: true })
        .withResponse();
      let text = "";
      for await (const chunk of data) text += chunk.choices[0]?.delta.content ?? "";
      const raw = await openai("acme").chat.completions.create(ask).asResponse();
      return {
        text,
        ids: [response, raw].map(({ headers }) => headers.get("x-tenantry-call-id")),
        body: await raw.json(),
      };
    });
    expect(result.text).not.toBe("");
    expect(result.ids).toEqual(booked.map(({ call }) => call.callId));
    expect(result.body).toMatchObject({ object: "chat.completion" });
  });

  test("runTools runs the tool and goes on", async () => {
    const runner = (): Promise<string | null> =>
      openai("acme")
        .chat.completions.runTools({
          model,
          messages: [{ role: "user", content: 'call tool weather {"city":"Oslo"}' }],
          tools: [
            {
              type: "function",
              function: {
                name: "weather",
                description: "The weather of a city.",
                parameters: { type: "object", properties: { city: { type: "string" } } },
                parse: (text: string) => JSON.parse(text) as { city: string },
                function: ({ city }: { city: string }) => `rain in ${city}`,
              },
            },
          ],
        })
        .finalContent();
    const { result } = await booksOf(gateway, "acme", 2, runner);
    expect(result).not.toBe("");
  });

  test("the stream helpers tell of every piece, of chat and of responses", async () => {
    const { result } = await booksOf(gateway, "acme", 2, async () => {
      const pieces: string[] = [];
      const chat = openai("acme")
        .chat.completions.stream(ask)
        .on("content", (delta) => void pieces.push(delta));
      const content = await chat.finalContent();
      const deltas: string[] = [];
      const response = openai("acme").responses.stream({ model, input: "Say hello." });
      response.on("response.output_text.delta", ({ delta }) => void deltas.push(delta));
      const { output_text: text } = await response.finalResponse();
      return { pieces, content, deltas, text };
    });
    expect(result.pieces.join("")).toBe(result.content);
    expect(result.deltas.join("")).toBe(result.text);
    expect(Math.min(result.pieces.length, result.deltas.length)).toBeGreaterThan(1);
  });

  test("its time-out is its own, and ends the call", async () => {
    gateway.simulator.plan([{ fault: { kind: "slow", ms: 5_000 } }]);
    await aborted(async () => {
      const late = openai("acme", { timeout: 150 }).chat.completions.create(ask);
      await expect(late).rejects.toBeInstanceOf(OpenAI.APIConnectionTimeoutError);
    });
  });

  test("its abort ends a whole answer and a stream", async () => {
    gateway.simulator.setLatency({ timeToFirstByteMs: 20, perTokenMs: 20 });
    const controllers = [new AbortController(), new AbortController()] as const;
    await aborted(async () => {
      gateway.simulator.plan([{ fault: { kind: "slow", ms: 5_000 } }]);
      const whole = openai("acme").chat.completions.create(ask, { signal: controllers[0].signal });
      setTimeout(() => controllers[0].abort(), 100);
      await expect(whole).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
      gateway.simulator.plan([]);
    });
    await aborted(async () => {
      const stream = await openai("acme").chat.completions.create({ ...ask, stream: true });
      for await (const _chunk of stream) break;
      const other = openai("acme").chat.completions.stream(ask);
      other.abort();
      await expect(other.finalContent()).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    });
  });

  test("it retries when it is told to, and each try is a call of its own", async () => {
    const retryAfterMs = 40;
    gateway.simulator.plan([{ fault: { kind: "status", status: 503, retryAfterMs }, times: 1 }]);
    const client = openai(aloneWith(model), { maxRetries: 1 });
    const { result, booked } = await booksOf(
      gateway,
      aloneWith(model),
      2,
      async () => await client.chat.completions.create(ask),
    );
    expect(result.choices[0]?.message.content).not.toBe("");
    const [failed, ok] = booked;
    expect([failed?.call.outcome, ok?.call.outcome]).toEqual(["failed", "ok"]);
    expect((ok?.call.admittedAt ?? 0) - (failed?.call.admittedAt ?? 0)).toBeGreaterThanOrEqual(retryAfterMs);
  });

  test("it raises the class that the provider's own status has", async () => {
    // That our account is at the provider's limit is not that the tenant is at theirs.
    const classes = [
      [400, OpenAI.BadRequestError],
      [413, OpenAI.APIError],
      [422, OpenAI.UnprocessableEntityError],
      [429, OpenAI.InternalServerError],
      [500, OpenAI.InternalServerError],
      [529, OpenAI.InternalServerError],
    ] as const;
    for (const [status, expected] of classes) {
      gateway.simulator.plan([{ fault: { kind: "status", status } }]);
      const failing = openai(aloneWith(model)).chat.completions.create(ask);
      await expect(failing, `${status}`).rejects.toBeInstanceOf(expected);
    }
  });
});

describe.each([claude, gpt])("Anthropic's client on %s", (model) => {
  const ask = { model, max_tokens, messages };

  test("withResponse gives the stream and the call it is, asResponse the bytes", async () => {
    const { result, booked } = await booksOf(gateway, "acme", 2, async () => {
      const { data, response } = await anthropic("acme")
        .messages.create({ ...ask, stream: true })
        .withResponse();
      const types: string[] = [];
      for await (const event of data) types.push(event.type);
      const raw = await anthropic("acme").messages.create(ask).asResponse();
      return {
        types,
        ids: [response, raw].map(({ headers }) => headers.get("x-tenantry-call-id")),
        body: await raw.json(),
      };
    });
    expect([result.types[0], result.types.at(-1)]).toEqual(["message_start", "message_stop"]);
    expect(result.ids).toEqual(booked.map(({ call }) => call.callId));
    expect(result.body).toMatchObject({ type: "message", role: "assistant" });
  });

  test("the stream helper tells of every piece, and of the message they make", async () => {
    const { result, booked } = await booksOf(gateway, "acme", 1, async () => {
      const pieces: string[] = [];
      const stream = anthropic("acme")
        .messages.stream(ask)
        .on("text", (delta) => void pieces.push(delta));
      return { pieces, text: await stream.finalText(), usage: (await stream.finalMessage()).usage };
    });
    expect(result.pieces.join("")).toBe(result.text);
    expect(result.pieces.length).toBeGreaterThan(1);
    expect(result.usage.output_tokens).toBe(booked[0]?.lines[0]?.usage?.tokens.output);
  });

  test("its time-out is its own, and ends the call", async () => {
    gateway.simulator.plan([{ fault: { kind: "slow", ms: 5_000 } }]);
    await aborted(async () => {
      const late = anthropic("acme", { timeout: 150 }).messages.create(ask);
      await expect(late).rejects.toBeInstanceOf(Anthropic.APIConnectionTimeoutError);
    });
  });

  test("its abort ends a stream", async () => {
    gateway.simulator.setLatency({ perTokenMs: 20 });
    await aborted(async () => {
      const stream = anthropic("acme").messages.stream(ask);
      stream.once("text", () => stream.abort());
      await expect(stream.finalMessage()).rejects.toBeInstanceOf(Anthropic.APIUserAbortError);
    });
  });

  test("a stream that breaks off is an error it raises", async () => {
    gateway.simulator.plan([{ fault: { kind: "stream-cut", afterEvents: 4 } }]);
    const booked = await bookedAfter(gateway, async () => {
      await expect(anthropic("acme").messages.stream(ask).finalMessage()).rejects.toBeInstanceOf(
        Anthropic.AnthropicError,
      );
    });
    expect(booked).toMatchObject([{ call: { outcome: "failed" }, lines: [{ outcome: "cut", source: "estimated" }] }]);
  });

  test("it raises the class that the provider's own status has", async () => {
    // That our account is at the provider's limit is not that the tenant is at theirs.
    const classes = [
      [400, Anthropic.BadRequestError],
      [413, Anthropic.APIError],
      [422, Anthropic.UnprocessableEntityError],
      [429, Anthropic.InternalServerError],
      [500, Anthropic.InternalServerError],
      [529, Anthropic.InternalServerError],
    ] as const;
    for (const [status, expected] of classes) {
      gateway.simulator.plan([{ fault: { kind: "status", status } }]);
      const failing = anthropic(aloneWith(model)).messages.create(ask);
      await expect(failing, `${status}`).rejects.toBeInstanceOf(expected);
    }
  });
});
