import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import type { ErrorFacts } from "../../src/protocols/protocol.ts";
import { answers, eventsOf } from "./answers.ts";
import { openTalk, sentEvents, type Talk } from "./support.ts";

const chat = { model: "m", messages: [{ role: "user" as const, content: "Hello" }] };
const message = { ...chat, max_tokens: 9 };

function factsOf(status: number, code: string): ErrorFacts {
  return { status, code, message: "in plain words", param: null, requestId: "call1" };
}

interface Row {
  readonly status: number;
  readonly code: string;
  readonly openai: { readonly type: string; readonly raised: abstract new (...args: never[]) => Error };
  readonly anthropic: { readonly type: string; readonly raised: abstract new (...args: never[]) => Error };
}

const { InternalServerError: OpenAIServerError } = OpenAI;
const { InternalServerError: AnthropicServerError } = Anthropic;

const rows: readonly Row[] = [
  {
    status: 400,
    code: "invalid_request",
    openai: { type: "invalid_request_error", raised: OpenAI.BadRequestError },
    anthropic: { type: "invalid_request_error", raised: Anthropic.BadRequestError },
  },
  {
    status: 401,
    code: "unauthenticated",
    openai: { type: "authentication_error", raised: OpenAI.AuthenticationError },
    anthropic: { type: "authentication_error", raised: Anthropic.AuthenticationError },
  },
  {
    status: 402,
    code: "budget_exceeded",
    openai: { type: "insufficient_quota", raised: OpenAI.APIError },
    anthropic: { type: "billing_error", raised: Anthropic.APIError },
  },
  {
    status: 403,
    code: "model_not_in_tier",
    openai: { type: "permission_error", raised: OpenAI.PermissionDeniedError },
    anthropic: { type: "permission_error", raised: Anthropic.PermissionDeniedError },
  },
  {
    status: 404,
    code: "not_found",
    openai: { type: "not_found_error", raised: OpenAI.NotFoundError },
    anthropic: { type: "not_found_error", raised: Anthropic.NotFoundError },
  },
  {
    status: 409,
    code: "conflict",
    openai: { type: "invalid_request_error", raised: OpenAI.ConflictError },
    anthropic: { type: "conflict_error", raised: Anthropic.ConflictError },
  },
  {
    status: 413,
    code: "payload_too_large",
    openai: { type: "invalid_request_error", raised: OpenAI.APIError },
    anthropic: { type: "request_too_large", raised: Anthropic.APIError },
  },
  {
    status: 429,
    code: "rate_limited",
    openai: { type: "rate_limit_error", raised: OpenAI.RateLimitError },
    anthropic: { type: "rate_limit_error", raised: Anthropic.RateLimitError },
  },
  {
    status: 502,
    code: "upstream_error",
    openai: { type: "server_error", raised: OpenAIServerError },
    anthropic: { type: "api_error", raised: AnthropicServerError },
  },
  {
    status: 503,
    code: "overloaded",
    openai: { type: "server_error", raised: OpenAIServerError },
    anthropic: { type: "overloaded_error", raised: AnthropicServerError },
  },
  {
    status: 504,
    code: "upstream_timeout",
    openai: { type: "server_error", raised: OpenAIServerError },
    anthropic: { type: "timeout_error", raised: AnthropicServerError },
  },
];

async function raisedBy(asking: PromiseLike<unknown>): Promise<unknown> {
  return await Promise.resolve(asking).then(
    () => null,
    (error: unknown) => error,
  );
}

const openAIWays: readonly [string, (talk: Talk) => PromiseLike<unknown>][] = [
  ["a chat completion", ({ openai }) => openai.chat.completions.create(chat)],
  ["a streamed chat completion", ({ openai }) => openai.chat.completions.stream(chat).done()],
  ["a response", ({ openai }) => openai.responses.create({ model: "m", input: "Hello" })],
  ["a streamed response", ({ openai }) => openai.responses.stream({ model: "m", input: "Hello" }).done()],
];

const anthropicWays: readonly [string, (talk: Talk) => PromiseLike<unknown>][] = [
  ["a message", ({ anthropic }) => anthropic.messages.create(message)],
  ["a streamed message", ({ anthropic }) => anthropic.messages.stream(message).done()],
];

describe.each(rows)("$status $code", ({ status, code, openai, anthropic }) => {
  it.each(openAIWays)("is raised by OpenAI's client for %s", async (_name, ask) => {
    const talk = await openTalk(() => ({ error: { ...factsOf(status, code), param: "messages[0]" } }));
    const error = await raisedBy(ask(talk));
    expect(error).toBeInstanceOf(openai.raised);
    expect(error).toMatchObject({ status, code, type: openai.type, param: "messages[0]" });
    expect((error as Error).message).toContain("in plain words");
  });

  it.each(anthropicWays)("is raised by Anthropic's client for %s", async (_name, ask) => {
    const talk = await openTalk(() => ({ error: { ...factsOf(status, code), param: "messages[0]" } }));
    const error = await raisedBy(ask(talk));
    expect(error).toBeInstanceOf(anthropic.raised);
    expect(error).toMatchObject({
      status,
      type: anthropic.type,
      errorCode: code,
      apiMessage: "in plain words",
      details: { error_code: code, param: "messages[0]" },
      error: { type: "error", error: { code }, request_id: "call1" },
    });
  });
});

describe("a failure in the middle of a stream", () => {
  const begun = eventsOf(answers.answer).slice(0, 3);
  const fail = factsOf(502, "upstream_error");

  it.each(openAIWays.filter(([name]) => name.includes("streamed")))(
    "is raised by OpenAI's client for %s",
    async (_name, ask) => {
      const talk = await openTalk(() => ({ events: begun, fail }));
      const error = await raisedBy(ask(talk));
      expect(error).toBeInstanceOf(OpenAI.APIError);
      expect(error).toMatchObject({ code: "upstream_error" });
      expect((error as Error).message).toContain("in plain words");
      expect(talk.streams[0]).not.toContain("[DONE]");
      expect(talk.streams[0]).not.toContain("response.completed");
    },
  );

  it("is raised by Anthropic's client", async () => {
    const talk = await openTalk(() => ({ events: begun, fail }));
    const error = await raisedBy(talk.anthropic.messages.stream(message).done());
    expect(error).toBeInstanceOf(Anthropic.APIError);
    expect(error).toMatchObject({ type: "api_error", errorCode: "upstream_error" });
    expect(talk.streams[0]).not.toContain("message_stop");
  });

  it("keeps the numbers of a response's events", async () => {
    const talk = await openTalk(() => ({ events: begun, fail }));
    await raisedBy(talk.openai.responses.stream({ model: "m", input: "Hello" }).done());
    const events = sentEvents(talk.streams[0] ?? "");
    expect(events.at(-1)).toEqual({
      name: "error",
      data: {
        type: "error",
        sequence_number: events.length - 1,
        code: "upstream_error",
        message: "in plain words",
        param: null,
      },
    });
  });
});

describe("a field that cannot be translated", () => {
  it("is a 400 whose param is the field, whatever the client", async () => {
    const talk = await openTalk(() => ({ result: answers.answer }));
    const wrong = { ...chat, seed: 7 };
    expect(await raisedBy(talk.openai.chat.completions.create(wrong))).toMatchObject({
      status: 400,
      code: "invalid_request",
      param: "seed",
    });
    const stored = { model: "m", input: "Hello", previous_response_id: "resp_1" };
    expect(await raisedBy(talk.openai.responses.create(stored))).toMatchObject({ param: "previous_response_id" });
    const hosted = { ...message, tools: [{ type: "web_search_20260318" as const, name: "web_search" as const }] };
    expect(await raisedBy(talk.anthropic.messages.create(hosted))).toMatchObject({
      status: 400,
      errorCode: "invalid_request",
      details: { param: "tools[0].type" },
    });
  });
});
