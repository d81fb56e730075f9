import type { CallInput, ChatRequest, LedgerLine } from "@tenantry/core";
import { formatUsd, inputTokens, outputTokens } from "@tenantry/core";
import type { OtlpSpan, ReceivedSpan } from "@tenantry/testkit";
import { describe, expect, test } from "vitest";
import { openTraced, read, spansOf, type TracedInstallation } from "./traced-installation.ts";

const input: CallInput = {
  tenantId: "apex-legal",
  userId: "john.smith@apexlegal.example",
  sessionId: "session-1",
  operation: "meeting-summarization",
};
const prompt = "The bridge is closed until May. Which way should we go?";
const plain: ChatRequest = { messages: [{ role: "user", content: prompt }], maxOutputTokens: 32 };
const weather = { name: "weather", parameters: { type: "object", properties: { city: { type: "string" } } } };
const picture = `data:image/png;base64,${"iVBORw0KGgo".repeat(400)}`;

const requests: readonly (readonly [string, ChatRequest])[] = [
  ["plain", plain],
  ["tools", { ...plain, tools: [weather], toolChoice: "required" }],
  [
    "a picture",
    {
      ...plain,
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: prompt },
            { type: "image", url: picture },
          ],
        },
      ],
    },
  ],
];
const vendors = [
  ["openai", "openai/gpt-4o-mini", "openai.chat", "openai.chat"],
  ["anthropic", "anthropic/claude-haiku-4-5", "anthropic.chat", "anthropic.stream"],
] as const;

async function stream(
  { app }: TracedInstallation,
  asked: CallInput,
  request: ChatRequest,
  leaveAfter = Infinity,
): Promise<string> {
  const result = await app.tenantry.stream(asked, request);
  if (result.kind !== "answering") return result.callId;
  let seen = 0;
  try {
    for await (const _event of result.events) if (++seen >= leaveAfter) break;
  } catch {
    // A provider that fails in the middle; the call is recorded all the same.
  }
  await result.ended;
  return result.callId;
}

async function linesOf({ app }: TracedInstallation, callId: string): Promise<readonly LedgerLine[]> {
  return (await app.reader.call({ kind: "installation" }, callId))?.lines ?? [];
}

function keysLike(spans: readonly ReceivedSpan[], pattern: RegExp): readonly string[] {
  return spans.flatMap(({ span }) => span.attributes.map(({ key }) => key)).filter((key) => pattern.test(key));
}

/** What holds for every call that was answered: the books, told once. */
async function expectBooked(installation: TracedInstallation, callId: string): Promise<void> {
  const { call, attempts } = spansOf(await installation.spans(), callId);
  const lines = await linesOf(installation, callId);
  expect(attempts).toHaveLength(lines.length);
  for (const [index, { span }] of attempts.entries()) {
    const { usage } = lines[index] as LedgerLine;
    const provider = read(span, "gen_ai.system");
    const asked = usage === null ? undefined : provider === "openai" ? inputTokens(usage.tokens) : usage.tokens.input;
    expect(read(span, "gen_ai.usage.prompt_tokens")).toBe(asked);
    expect(read(span, "gen_ai.usage.completion_tokens")).toBe(usage === null ? undefined : outputTokens(usage.tokens));
    expect(span.parentSpanId).toBe(call.span.spanId);
    expect(span.traceId).toBe(call.span.traceId);
  }
  expect(keysLike([call], /^(?:gen_ai|llm)\.usage\./)).toEqual([]);
  expect(keysLike(attempts, /^netra\.usage$|cost/)).toEqual([]);
  const costs = lines.map(({ costPico }) => costPico);
  const text = String(read(call.span, "netra.usage"));
  const stated = [...text.matchAll(/"cost_in_usd":([\d.]+)/g)].map((match) => match[1]);
  expect(stated).toEqual(
    costs.includes(null) ? [] : [formatUsd(costs.reduce((sum, cost) => (sum ?? 0n) + (cost ?? 0n), 0n) ?? 0n)],
  );
}

describe.each(vendors)("calls of %s by its own SDK", (_vendor, model, wholeName, streamName) => {
  test.each(requests)(
    "checks 5, 8 and 17: %s, whole and streamed, is one call and one LLM span",
    async (_name, request) => {
      const installation = await openTraced();
      const asked = { ...input, model };
      const whole = (await installation.app.tenantry.call(asked, request)).callId;
      const streamed = await stream(installation, asked, request);
      const received = await installation.spans();
      expect(received).toHaveLength(4);
      for (const [callId, name] of [
        [whole, wholeName],
        [streamed, streamName],
      ] as const) {
        const { call, attempts } = spansOf(received, callId);
        expect(call.span).toMatchObject({ name: "meeting-summarization", kind: 3, status: { code: 1 }, flags: 257 });
        expect(attempts.map(({ span }) => [span.name, span.kind, span.status.code])).toEqual([[name, 3, 1]]);
        expect(call.span).not.toHaveProperty("parentSpanId");
        expect(read(call.span, "netra.trace.llm.call")).toBe(true);
        expect(read(call.span, "sla_met")).toBe(true);
        expect(read(call.span, "tier")).toBe("enterprise");
        expect(read(call.span, "model")).toBe(model.split("/")[1]);
        await expectBooked(installation, callId);
      }
    },
  );

  test("check 8: tools offered, and tools called, are told as the SDK tells them, whole and streamed, and only where content is", async () => {
    const installation = await openTraced();
    const messages = [{ role: "user" as const, content: 'call tool weather {"city":"Oslo"}' }];
    const request: ChatRequest = { messages, tools: [weather] };
    for (const tenantId of ["tells-all", "apex-legal"]) {
      const asked = { ...input, tenantId, model };
      const made = [
        (await installation.app.tenantry.call(asked, request)).callId,
        await stream(installation, asked, request),
      ];
      const received = await installation.spans();
      for (const callId of made) {
        const { attempts } = spansOf(received, callId);
        if (tenantId === "apex-legal") {
          expect(keysLike(attempts, /^tools$|completion\.\d/)).toEqual([]);
          expect(JSON.stringify(attempts)).not.toContain("Oslo");
          continue;
        }
        const told = attempts[0]?.span as OtlpSpan;
        const openai = { function: { name: "weather", parameters: weather.parameters }, type: "function" };
        const anthropic = { name: "weather", input_schema: weather.parameters };
        expect(JSON.parse(String(read(told, "tools")))).toEqual([model.startsWith("openai") ? openai : anthropic]);
        const index = keysLike(attempts, /^gen_ai\.completion\.0\.content$/).length;
        expect(read(told, `gen_ai.response.completion.${index}.role`)).toBe("tool");
        const called = JSON.parse(String(read(told, `gen_ai.response.completion.${index}.content`))) as object;
        if (model.startsWith("openai")) expect(called).toEqual({ name: "weather", arguments: '{"city":"Oslo"}' });
        else expect(called).toEqual({ name: "weather", id: expect.any(String), input: { city: "Oslo" } });
        expect(JSON.parse(String(read(told, "output")))).toHaveLength(index + 1);
      }
    }
  });

  test("deviation: a stream has no event for each of its chunks", async () => {
    const installation = await openTraced();
    const callId = await stream(installation, { ...input, model }, plain);
    const { call, attempts } = spansOf(await installation.spans(), callId);
    expect([call, ...attempts].flatMap(({ span }) => span.events)).toEqual([]);
  });

  test("checks 8 and 17: a stream that its reader leaves is a span with what was used", async () => {
    const installation = await openTraced({}, { latency: { timeToFirstByteMs: 5, perTokenMs: 5 } });
    const callId = await stream(installation, { ...input, model }, plain, 3);
    const { call, attempts } = spansOf(await installation.spans(), callId);
    expect(call.span.status).toEqual({ code: 2, message: "cancelled" });
    expect(read(call.span, "tenantry.outcome")).toBe("aborted");
    expect(attempts.map(({ span }) => [span.name, span.status.code])).toEqual([[streamName, 2]]);
    expect(read(attempts[0]?.span as OtlpSpan, "tenantry.usage_source")).toBe("estimated");
    await expectBooked(installation, callId);
  });

  test("checks 8 and 17: a call that its caller gives up on is a span", async () => {
    const installation = await openTraced({}, { latency: { timeToFirstByteMs: 400 } });
    const { signal, abort } = withAbort();
    const calling = installation.app.tenantry.call({ ...input, model, signal }, plain);
    setTimeout(abort, 50);
    const { callId } = await calling;
    const { call, attempts } = spansOf(await installation.spans(), callId);
    expect(call.span.status).toEqual({ code: 2, message: "cancelled" });
    expect(attempts).toHaveLength(1);
    expect(attempts[0]?.span.status.code).toBe(2);
  });

  test("check 8: a provider's error is status 2 with an exception event, on the attempt that met it alone", async () => {
    const installation = await openTraced();
    installation.simulator.plan([{ fault: { kind: "status", status: 500, message: "it broke" }, times: 1 }]);
    const { callId } = await installation.app.tenantry.call({ ...input, model }, plain);
    const { call, attempts } = spansOf(await installation.spans(), callId);
    expect(call.span.status).toEqual({ code: 1 });
    expect(attempts.map(({ span }) => span.status.code)).toEqual([2, 1]);
    const [failed] = attempts;
    expect(failed?.span.events.map(({ name }) => name)).toEqual(["exception"]);
    expect(JSON.stringify(failed)).toContain("HTTP 500");
    // The vendor's words may quote the prompt: they go out where content does.
    expect(JSON.stringify(failed)).not.toContain("it broke");
    expect(attempts.map(({ span }) => read(span, "tenantry.attempt"))).toEqual([1, 2]);
    await expectBooked(installation, callId);
  });
});

test("check 7: a call that fails is an error span with the reason, and a breach is an event with whole numbers", async () => {
  const installation = await openTraced({}, { latency: { timeToFirstByteMs: 20 } });
  installation.simulator.plan([{ fault: { kind: "status", status: 401 } }]);
  const failed = (await installation.app.tenantry.call(input, plain)).callId;
  installation.simulator.plan([]);
  const slow = (await installation.app.tenantry.call({ ...input, tenantId: "in-a-hurry" }, plain)).callId;
  const received = await installation.spans();
  const failedCall = spansOf(received, failed).call.span;
  expect(failedCall.status.code).toBe(2);
  expect(read(failedCall, "netra.status")).toBe("error");
  expect(read(failedCall, "netra.error_message")).toBe(failedCall.status.message);
  const slowCall = spansOf(received, slow).call.span;
  expect(read(slowCall, "sla_met")).toBe(false);
  expect(slowCall.status).toEqual({ code: 1 });
  const [breach] = slowCall.events;
  expect(breach?.name).toBe("sla-breach");
  expect(breach?.attributes.map(({ key, value }) => [key, Object.keys(value)])).toEqual([
    ["actual_ms", ["intValue"]],
    ["sla_ms", ["intValue"]],
  ]);
});

test("check 7: an amount that no float holds arrives digit by digit as a JSON number", async () => {
  const installation = await openTraced();
  const { callId } = await installation.app.tenantry.call({ ...input, model: "openai/gpt-4o-mini" }, plain);
  const [line] = await linesOf(installation, callId);
  const { call } = spansOf(await installation.spans(), callId);
  const { tokens } = line?.usage ?? { tokens: { input: 0, output: 0 } };
  // 0.15 and 0.60 USD a million: 150,000 and 600,000 pico a token.
  const costPico = BigInt(tokens.input) * 150_000n + BigInt(tokens.output) * 600_000n;
  expect(String(read(call.span, "netra.usage"))).toBe(
    `[{"model":"gpt-4o-mini","usage_type":"chat","units_used":${tokens.input + tokens.output},"cost_in_usd":${formatUsd(costPico)}}]`,
  );
});

test("check 9: without a word of the tier no prompt, answer or provider's message leaves, with one all of them do", async () => {
  const installation = await openTraced();
  const secret = "PROMPTSECRET is the word of the day, and it is long enough to be quoted in an answer.";
  const request: ChatRequest = { messages: [{ role: "user", content: secret }] };
  for (const tenantId of ["apex-legal", "tells-all"]) {
    await installation.app.tenantry.call({ ...input, tenantId }, request);
    await stream(installation, { ...input, tenantId }, request);
    installation.simulator.plan([{ fault: { kind: "status", status: 400, message: "PROMPTSECRET is not allowed" } }]);
    await installation.app.tenantry.call({ ...input, tenantId }, request);
    installation.simulator.plan([]);
  }
  const received = await installation.spans();
  const ofTenant = (tenantId: string): readonly ReceivedSpan[] =>
    received.filter(({ span }) => read(span, "netra.tenant_id") === tenantId);
  const quiet = ofTenant("apex-legal");
  expect(JSON.stringify(quiet)).not.toContain("PROMPTSECRET");
  expect(keysLike(quiet, /^gen_ai\.(?:prompt|completion)/)).toEqual([]);
  expect(quiet.every(({ span }) => read(span, "input") === "" && read(span, "output") === "")).toBe(true);
  const attempts = ofTenant("tells-all").filter(({ scope }) => scope.name !== "netra");
  expect(attempts).toHaveLength(3);
  for (const { span } of attempts) expect(read(span, "gen_ai.prompt.0.content")).toBe(secret);
  for (const { span } of attempts.slice(0, 2)) expect(read(span, "gen_ai.completion.0.content")).toContain("PROMPT");
  expect(attempts[2]?.span.status.message).toContain("PROMPTSECRET is not allowed");
});

test("check 9: what the scrubbing hook changes leaves changed: prompts, answers, tools and providers' messages", async () => {
  const scrub = (text: string): string => text.replaceAll("PROMPTSECRET", "[SCRUBBED]");
  const installation = await openTraced({}, {}, null, { scrub });
  const content = "PROMPTSECRET is the word of the day, and it is long enough to be quoted in an answer.";
  const told = { ...input, tenantId: "tells-all" };
  await installation.app.tenantry.call(told, { messages: [{ role: "user", content }] });
  await stream(installation, told, {
    messages: [{ role: "user", content: 'call tool weather {"city":"PROMPTSECRET"}' }],
    tools: [{ ...weather, description: "Not for PROMPTSECRET." }],
  });
  installation.simulator.plan([{ fault: { kind: "status", status: 400, message: "PROMPTSECRET is not allowed" } }]);
  await installation.app.tenantry.call(told, { messages: [{ role: "user", content }] });
  const received = await installation.spans();
  expect(received).toHaveLength(6);
  expect(JSON.stringify(received)).not.toContain("PROMPTSECRET");
  for (const key of ["input", "output", "tools", "exception.message"]) {
    const values = received.flatMap(({ span }) => [span, ...span.events].flatMap(({ attributes }) => attributes));
    const own = values.filter((attribute) => attribute.key === key);
    expect(JSON.stringify(own), key).toContain("[SCRUBBED]");
  }
});

test("check 17: a chat of 70 messages with content keeps every count", async () => {
  const installation = await openTraced();
  const messages = Array.from({ length: 70 }, (_, index) => ({ role: "user" as const, content: `Message ${index}.` }));
  const { callId } = await installation.app.tenantry.call({ ...input, tenantId: "tells-all" }, { messages });
  const { attempts } = spansOf(await installation.spans(), callId);
  const [attempt] = attempts;
  expect(attempt?.span.attributes.length).toBeLessThanOrEqual(128);
  const counts = keysLike(attempts, /usage/);
  expect(counts).toEqual([
    "gen_ai.usage.prompt_tokens",
    "gen_ai.usage.completion_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "llm.usage.total_tokens",
    "gen_ai.usage.reasoning_tokens",
    "tenantry.usage_source",
  ]);
  await expectBooked(installation, callId);
});

function withAbort(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
