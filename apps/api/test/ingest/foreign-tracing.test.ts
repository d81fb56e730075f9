import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { LegacyOpenTelemetry, OpenTelemetry } from "@ai-sdk/otel";
import Anthropic from "@anthropic-ai/sdk";
import { OpenAIInstrumentation as OpenInference } from "@arizeai/openinference-instrumentation-openai";
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { JsonTraceSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { OpenAIInstrumentation as OpenLlmetry } from "@traceloop/instrumentation-openai";
import { generateText } from "ai";
import OpenAI from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { readBooks } from "../support/books.ts";
import { bookedOf, type IngestGateway, openIngestGateway, sendExport } from "./installation.ts";

/** Applications that call the provider themselves and only export their traces here. */
let gateway: IngestGateway;
const exporter = new InMemorySpanExporter();
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
beforeAll(async () => {
  vi.stubGlobal("AI_SDK_LOG_WARNINGS", false);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  gateway = await openIngestGateway();
});
afterEach(() => exporter.reset());
afterAll(async () => {
  trace.disable();
  context.disable();
  vi.unstubAllGlobals();
  await gateway.close();
});

const encodings = [
  ["application/json", (spans: ReadableSpan[]) => JsonTraceSerializer.serializeRequest(spans)],
  ["application/x-protobuf", (spans: ReadableSpan[]) => ProtobufTraceSerializer.serializeRequest(spans)],
] as const;

/** Runs work below a request's span that names the tenant, as a server's middleware makes it; waits for its spans. */
async function traced(tenantId: string, work: () => Promise<unknown>, least: number): Promise<ReadableSpan[]> {
  const tracer = trace.getTracer("app");
  await tracer.startActiveSpan("POST /summaries", { attributes: { "tenantry.tenant_id": tenantId } }, async (span) => {
    try {
      await work();
    } finally {
      span.end();
    }
  });
  await vi.waitFor(() => expect(exporter.getFinishedSpans().length).toBeGreaterThanOrEqual(least), 5_000);
  return [...exporter.getFinishedSpans()];
}

/**
 * One call of the program, then its spans in either encoding and in both orders: what the ledger grew by is what the
 * provider billed, to the last digit, once.
 */
async function costedOnce(run: () => Promise<unknown>, spansAtLeast: number): Promise<void> {
  for (const [type, serialize] of encodings) {
    for (const isReversed of [false, true]) {
      exporter.reset();
      const before = await bookedOf(gateway, "acme");
      const billed = gateway.simulator.invoice().totalPico;
      const spans = await traced("acme", run, spansAtLeast);
      const ordered = isReversed ? spans.toReversed() : spans;
      // One by one and then all at once: whatever comes first, and again.
      for (const part of [...ordered.map((span) => [span]), ordered]) {
        const { status } = await sendExport(gateway, gateway.ingestKey, serialize(part) ?? "", {
          "content-type": type,
        });
        expect(status).toBe(200);
      }
      const after = await bookedOf(gateway, "acme");
      const grown = gateway.simulator.invoice().totalPico - billed;
      expect(grown).toBeGreaterThan(0n);
      expect([after.calls - before.calls, after.costPico - before.costPico]).toEqual([1, grown]);
    }
  }
}

const messages = [{ role: "user" as const, content: "Say hello in one sentence." }];
const prompt = "Say hello in one sentence.";

/** OpenAI's client, patched by these. */
function openaiWith(...instrumentations: readonly { manuallyInstrument(module: unknown): void }[]): OpenAI {
  // Each test a class of its own: what is patched stays patched.
  class Client extends OpenAI {}
  for (const one of instrumentations) one.manuallyInstrument(Client);
  return new Client({ apiKey: "key", baseURL: gateway.simulator.openaiBaseUrl, maxRetries: 0 });
}

describe("each call is costed once, at what the provider billed", () => {
  test("Anthropic's client with the spans it makes by itself", async () => {
    const client = new Anthropic({ apiKey: "key", baseURL: gateway.simulator.anthropicBaseUrl, maxRetries: 0 });
    await costedOnce(
      async () => await client.messages.create({ model: "claude-haiku-4-5", max_tokens: 60, messages }),
      2,
    );
  });

  test.each([
    ["its current names", () => new OpenTelemetry({ usage: true, runtimeContext: true })],
    ["its legacy names", () => new LegacyOpenTelemetry()],
  ])("the Vercel AI SDK, %s: a framework's span around each", async (_names, integration) => {
    const openai = createOpenAI({ apiKey: "key", baseURL: gateway.simulator.openaiBaseUrl });
    const anthropic = createAnthropic({ apiKey: "key", baseURL: `${gateway.simulator.anthropicBaseUrl}/v1` });
    const telemetry = { isEnabled: true, integrations: integration() };
    for (const model of [openai.chat("gpt-4o-mini"), anthropic("claude-haiku-4-5")]) {
      await costedOnce(
        async () => await generateText({ model, prompt, maxRetries: 0, maxOutputTokens: 60, telemetry }),
        3,
      );
    }
  });

  test("OpenLLMetry's instrumentation of OpenAI", async () => {
    const client = openaiWith(new OpenLlmetry());
    await costedOnce(async () => await client.chat.completions.create({ model: "gpt-4o-mini", messages }), 2);
  });

  test("OpenInference's instrumentation of OpenAI", async () => {
    const client = openaiWith(new OpenInference());
    await costedOnce(async () => await client.chat.completions.create({ model: "gpt-4o-mini", messages }), 2);
  });

  test("two instrumentations of one client, which both tell of each call", async () => {
    const client = openaiWith(new OpenLlmetry(), new OpenInference());
    await costedOnce(async () => await client.chat.completions.create({ model: "gpt-4o-mini", messages }), 3);
  });
});

test("nothing of what was asked and answered is kept of any of these spans", async () => {
  const { items } = await gateway.app.storage.spans.traces(
    { kind: "installation" },
    { period: { from: 0, to: Date.now() + 1_000 }, order: "newest-first", limit: 100 },
  );
  expect(items.length).toBeGreaterThan(20);
  for (const { item } of items) {
    const { items: spans } = await gateway.app.storage.spans.spans(
      { kind: "installation" },
      { traceId: item.traceId, limit: 100 },
    );
    const text = JSON.stringify(spans, (_key, value: unknown) => (typeof value === "bigint" ? `${value}` : value));
    expect(text).not.toContain("hello in one sentence");
  }
});

test("every booked call says which line it was priced by", async () => {
  for (const { call, lines } of await readBooks(gateway.app)) {
    if (call.origin !== "ingest") continue;
    expect(lines.map(({ costPico, priceId }) => [costPico === null, priceId === null])).toEqual([[false, false]]);
  }
});
