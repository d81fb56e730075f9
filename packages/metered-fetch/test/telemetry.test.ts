import { setImmediate as nextTurn } from "node:timers/promises";
import Anthropic from "@anthropic-ai/sdk";
import {
  type CollectorBehaviour,
  openOtlpCollector,
  type OtlpCollector,
  otlpAttribute,
  type PlannedRequest,
  type ReceivedSpan,
  requestPatterns,
  wrongSpanIds,
} from "@tenantry/testkit";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CallScope } from "../src/index.ts";
import { type Installation, openInstallation } from "./support/installation.ts";

let collector: OtlpCollector;
let installation: Installation;
let openai: OpenAI;
let anthropic: Anthropic;

beforeAll(async () => {
  collector = await openOtlpCollector();
  installation = await openInstallation(`
  apex-legal: { tier: open }
  stratex-consulting: { tier: open }
  techstart-inc: { tier: open }
  spoken-one: { tier: open, overrides: { traceContent: true, maxOutputTokens: 4096 } }
telemetry: { netra: { endpoint: "${collector.origin}/telemetry", apiKey: key-for-tests } }
`);
  const { fetch } = installation.metered;
  openai = new OpenAI({ apiKey: "unused", maxRetries: 0, fetch });
  // Its own spans and headers are the program's affair; what is proven here is ours.
  anthropic = new Anthropic({ apiKey: "unused", maxRetries: 0, fetch, openTelemetry: false });
  installation.simulator.setLatency({ timeToFirstByteMs: 2, perTokenMs: 0, jitterRatio: 0.9 });
});
afterAll(async () => {
  await collector.behave({ kind: "accept" });
  await installation.close();
  await collector.close();
});

async function run<T>(work: () => Promise<T>, scope: CallScope = { tenantId: "acme" }): Promise<T> {
  return await installation.metered.run(scope, work);
}

/** Delivers, and gives what has arrived since the call before. */
let taken = 0;
async function newSpans(): Promise<readonly ReceivedSpan[]> {
  // Longer than the time limit of a request that hangs.
  await installation.app.telemetry.flush(20_000);
  const all = collector.spans();
  const fresh = all.slice(taken);
  taken = all.length;
  return fresh;
}

function keys(spans: readonly ReceivedSpan[], pattern: RegExp): readonly string[] {
  return spans.flatMap(({ span }) => span.attributes.map(({ key }) => key)).filter((key) => pattern.test(key));
}

const model = "gpt-4o-mini";
const claude = "claude-haiku-4-5";
const messages = [{ role: "user" as const, content: "Say hello in one sentence." }];
const chat = { model, messages };
const message = { model: claude, max_tokens: 32, messages };
const schema = {
  type: "json_schema" as const,
  json_schema: {
    name: "answer",
    strict: true,
    schema: {
      type: "object",
      properties: { city: { type: "string" } },
      required: ["city"],
      additionalProperties: false,
    },
  },
};

/** What a program does with the clients beyond `await create()`; each answers with what it got. */
const helpers: readonly (readonly [name: string, span: string, use: () => Promise<unknown>])[] = [
  [
    "openai withResponse",
    "openai.chat",
    async () => (await openai.chat.completions.create(chat).withResponse()).response.status,
  ],
  [
    "openai asResponse",
    "openai.chat",
    async () => (await (await openai.chat.completions.create(chat).asResponse()).text()).includes("chat.completion"),
  ],
  [
    "openai parse",
    "openai.chat",
    async () => (await openai.chat.completions.parse({ ...chat, response_format: schema })).choices[0]?.message.parsed,
  ],
  [
    "openai stream helper",
    "openai.chat",
    async () => (await openai.chat.completions.stream(chat).finalContent()) !== "",
  ],
  [
    "openai stream, its controller and tee",
    "openai.chat",
    async () => {
      const stream = await openai.chat.completions.create({ ...chat, stream: true });
      const [left, right] = stream.tee();
      const counts = [0, 0];
      for await (const _chunk of left) counts[0]! += 1;
      for await (const _chunk of right) counts[1]! += 1;
      return [stream.controller instanceof AbortController, counts[0] === counts[1] && counts[0]! > 1];
    },
  ],
  [
    "openai responses.parse",
    "openai.response",
    async () => (await openai.responses.parse({ model, input: "Say hello." })).output_text !== "",
  ],
  [
    "openai responses.stream",
    "openai.response",
    async () => (await openai.responses.stream({ model, input: "Say hello." }).finalResponse()).status,
  ],
  [
    "openai responses, streamed by hand",
    "openai.response",
    async () => {
      let last = "";
      for await (const event of await openai.responses.create({ model, input: "Say hello.", stream: true }))
        last = event.type;
      return last;
    },
  ],
  [
    "openai embeddings withResponse",
    "openai.embedding",
    async () =>
      (await openai.embeddings.create({ model: "text-embedding-3-small", input: ["one", "two"] }).withResponse()).data
        .data.length,
  ],
  [
    "anthropic withResponse",
    "anthropic.chat",
    async () => (await anthropic.messages.create(message).withResponse()).response.status,
  ],
  [
    "anthropic asResponse",
    "anthropic.chat",
    async () => (await (await anthropic.messages.create(message).asResponse()).text()).includes('"message"'),
  ],
  [
    "anthropic stream helper",
    "anthropic.stream",
    async () => (await anthropic.messages.stream(message).finalText()) !== "",
  ],
  [
    "anthropic stream, by hand",
    "anthropic.stream",
    async () => {
      let last = "";
      for await (const event of await anthropic.messages.create({ ...message, stream: true })) last = event.type;
      return last;
    },
  ],
];

describe.each<[string, CollectorBehaviour]>([
  ["works", { kind: "accept" }],
  ["hangs", { kind: "hang" }],
])("check 16: the clients' own helpers while telemetry %s", (_name, behaviour) => {
  test.each(helpers)("%s", async (_helper, span, use) => {
    await collector.behave(behaviour);
    const startedMs = performance.now();
    const got = await run(use);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    expect([got].flat()).not.toContain(false);
    expect(got).not.toBeFalsy();
    if (behaviour.kind !== "accept") return;
    const spans = await newSpans();
    expect(spans.map((received) => received.span.name).toSorted()).toEqual([callNameOf(spans), span].toSorted());
    expect(keys(spans, /^netra\.usage$/)).toHaveLength(1);
    expect(keys(spans, /^gen_ai\.usage\.prompt_tokens$/)).toHaveLength(1);
  });

  test("what they made is told once each, as soon as it can be", async () => {
    await collector.behave({ kind: "accept" });
    const spans = await newSpans();
    expect(spans).toHaveLength(behaviour.kind === "accept" ? 0 : 2 * helpers.length);
    expect(installation.app.telemetry.counts().dropped).toBe(0);
  });
});

test("check 8: the spans of embeddings and responses, whole and streamed, have the SDK's names and types of request", async () => {
  await newSpans();
  await run(async () => {
    await openai.embeddings.create({ model: "text-embedding-3-small", input: "one" });
    await openai.responses.create({ model, input: "Say hello." });
    for await (const _event of await openai.responses.create({ model, input: "Say hello.", stream: true }));
  });
  const attempts = (await newSpans()).filter(({ scope }) => scope.name !== "netra");
  const told = attempts.map(({ span, scope }) => {
    const read = (key: string): unknown => otlpAttribute(span.attributes, key);
    return [
      scope.name,
      span.name,
      read("llm.request.type"),
      read("llm.is_streaming"),
      typeof read("llm.usage.total_tokens"),
    ];
  });
  const scope = "netra.instrumentation.openai";
  expect(told).toEqual([
    [scope, "openai.embedding", "embedding", undefined, "number"],
    [scope, "openai.response", "response", undefined, "number"],
    [scope, "openai.response", "response", true, "number"],
  ]);
});

test("deviation: an embedding says neither how many nor how long, and a request no settings but the three that limit it", async () => {
  await newSpans();
  await run(async () => {
    await openai.embeddings.create({ model: "text-embedding-3-small", input: "one" });
    await openai.chat.completions.create({
      ...chat,
      temperature: 0.5,
      top_p: 0.9,
      presence_penalty: 1,
      stop: ["x"],
      n: 2,
    });
  });
  const attempts = (await newSpans()).filter(({ scope }) => scope.name !== "netra");
  expect(attempts).toHaveLength(2);
  expect(keys(attempts, /embedding_|penalty|stop|dimensions/)).toEqual([]);
  expect(keys(attempts.slice(1), /^gen_ai\.request\./)).toEqual([
    "gen_ai.request.model",
    "gen_ai.request.max_tokens",
    "gen_ai.request.temperature",
    "gen_ai.request.top_p",
  ]);
});

test("check 8: answers that are passed through say the same, whole and streamed: text, then tools, and no thinking", async () => {
  const city = { type: "object" as const, properties: { city: { type: "string" } } };
  const asked = [{ role: "user" as const, content: 'call tool weather {"city":"Oslo"}' }];
  const tools = [{ type: "function" as const, function: { name: "weather", parameters: city } }];
  const flat = [{ type: "function" as const, name: "weather", parameters: city, strict: null }];
  const claudes = [{ name: "weather", input_schema: city }];
  const question = {
    ...message,
    max_tokens: 2_048,
    messages: [{ role: "user" as const, content: "The bridge is closed." }],
  };
  const thinking = { type: "enabled" as const, budget_tokens: 1_024 };
  const pairs: readonly (() => Promise<unknown>)[] = [
    async () => await openai.chat.completions.create({ model, tools, messages: asked }),
    async () => await read(await openai.chat.completions.create({ model, tools, messages: asked, stream: true })),
    async () => await openai.responses.create({ model, tools: flat, input: asked }),
    async () => await read(await openai.responses.create({ model, tools: flat, input: asked, stream: true })),
    async () => await anthropic.messages.create({ ...message, tools: claudes, messages: asked }),
    async () =>
      await read(await anthropic.messages.create({ ...message, tools: claudes, messages: asked, stream: true })),
    async () => await anthropic.messages.create({ ...question, thinking }),
    async () => await read(await anthropic.messages.create({ ...question, thinking, stream: true })),
  ];
  await newSpans();
  for (const make of pairs) await run(make, { tenantId: "spoken-one" });
  const told = (await newSpans())
    .filter(({ scope }) => scope.name !== "netra")
    .map(({ span }) => String(otlpAttribute(span.attributes, "output")).replaceAll(/toolu_\w+/g, "#"));
  expect(told).toHaveLength(8);
  for (let index = 0; index < 8; index += 2) expect(told[index + 1]).toBe(told[index]);
  for (const output of told.slice(0, 6)) {
    const said = JSON.parse(output) as { role: string; content: string }[];
    expect(said.at(-1)?.role).toBe("tool");
    expect(JSON.parse(said.at(-1)?.content ?? "")).toMatchObject({ name: "weather" });
  }
  expect(JSON.parse(told[6] ?? "")).toEqual([{ role: "assistant", content: expect.stringContaining("bridge") }]);
});

async function read(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _event of stream);
}

function callNameOf(spans: readonly ReceivedSpan[]): string {
  return spans.find(({ scope }) => scope.name === "netra")?.span.name ?? "no call";
}

/** One request of one shared client: whole and streamed, of both vendors, by turns. */
async function serve(one: PlannedRequest): Promise<readonly string[]> {
  const { tenantId, userId, sessionId, index } = one;
  const scope = { tenantId, ...(userId === null ? {} : { userId }), ...(sessionId === null ? {} : { sessionId }) };
  return await run(async () => {
    await nextTurn();
    const asked =
      index % 2 === 0
        ? await openai.chat.completions.create({ ...chat, stream: index % 4 === 0 }).asResponse()
        : await anthropic.messages.create({ ...message, stream: index % 4 === 1 }).asResponse();
    await asked.text();
    return [asked.headers.get("x-tenantry-call-id") ?? ""];
  }, scope);
}

describe("check 13: one client for all tenants, in the scope of each request", () => {
  test.each(requestPatterns.map((pattern) => [pattern.name, pattern] as const))(
    "%s: 150 calls of three tenants carry no other's tenant, user or session",
    async (_name, pattern) => {
      await newSpans();
      const callIds = await pattern.run(serve);
      const spans = await newSpans();
      expect(spans).toHaveLength(300);
      expect(wrongSpanIds(spans, pattern.planned, callIds)).toEqual([]);
    },
  );

  test("work of no tenant beside them has no span, no tenant and no answer, and takes none of theirs", async () => {
    const [, pattern] = requestPatterns;
    expect(pattern).toBeDefined();
    if (pattern === undefined) return;
    await newSpans();
    const healthChecks = Array.from({ length: 30 }, async (_, index) => {
      for (let turn = 0; turn < index; turn++) await nextTurn();
      return await openai.chat.completions.create(chat).then(
        () => "answered",
        (error: unknown) => (error instanceof OpenAI.AuthenticationError ? "refused" : String(error)),
      );
    });
    const [callIds, checks] = await Promise.all([pattern.run(serve), Promise.all(healthChecks)]);
    expect(checks).toEqual(Array(30).fill("refused"));
    const spans = await newSpans();
    expect(spans).toHaveLength(300);
    expect(wrongSpanIds(spans, pattern.planned, callIds)).toEqual([]);
    expect(spans.every(({ span }) => typeof otlpAttribute(span.attributes, "netra.tenant_id") === "string")).toBe(true);
  });
});
