// Runs one scenario with the real netra-sdk, in a process of its own: the SDK is a singleton that cannot be undone.
// node --experimental-import-meta-resolve netra-sdk-scenario.ts <entry of the SDK> <scenario>; addresses from the environment.
import { setTimeout as delay } from "node:timers/promises";

// The SDK's types are not here: what is called is what its published typings have.
/* oxlint-disable typescript/no-explicit-any */
type Anything = any;

const [entry = "", scenario = ""] = process.argv.slice(2);
const load = async (name: string): Promise<Anything> => await import(import.meta.resolve(name, entry));
const sdk: Anything = await import(entry);
const { Netra, NetraInstruments, SpanType } = sdk;
const { default: OpenAI } = await load("openai");
const { default: Anthropic } = await load("@anthropic-ai/sdk");
const api: Anything = await load("@opentelemetry/api");

const transcript = [
  { role: "system", content: "You are an expert meeting summarizer." },
  { role: "user", content: "Summarize this meeting transcript." },
];
const question = { model: "gpt-4", messages: transcript, temperature: 0.3 };
const clauseTool = {
  type: "function",
  function: { name: "find_clause", parameters: { type: "object", properties: { section: { type: "string" } } } },
};
const claude = {
  ...{ model: "claude-sonnet-4-5", max_tokens: 200, temperature: 0.3 },
  system: "You are an expert meeting summarizer.",
  messages: [transcript[1]],
};

function identify(): void {
  Netra.setTenantId("apex-legal");
  Netra.setSessionId("session-1");
  Netra.setUserId("john.smith@apexlegal.example");
}

async function init(options: object = {}): Promise<Anything> {
  const instruments = new Set([NetraInstruments.OPENAI, NetraInstruments.ANTHROPIC]);
  await Netra.init({ appName: "meetingmind", environment: "production", instruments, ...options });
  identify();
  return new OpenAI({ maxRetries: 0 });
}

/** The cookbook's span; `usage` as the cookbook has it, or as the SDK's typings do. */
function describe(span: Anything, usage: object): void {
  span.setAttribute("tenant_id", "apex-legal");
  span.setAttribute("tier", "enterprise");
  span.setAttribute("model", "gpt-4");
  span.setUsage([usage]);
  span.setAttribute("sla_met", false);
  span.addEvent("sla-breach", { actual_ms: 2_345, sla_ms: 2_000 });
}

const typedUsage = { model: "gpt-4", usage_type: "chat", units_used: 150, cost_in_usd: 0.0054 };

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  await collect(stream);
}

const scenarios: Readonly<Record<string, () => Promise<void>>> = {
  "seed-flow": async () => {
    const openai = await init();
    const span = Netra.startSpan("meeting-summarization").start();
    await delay(5);
    await openai.chat.completions.create(question);
    describe(span, { model: "gpt-4", costInUsd: 0.0054, usageType: "chat", unitsUsed: 150 });
    span.setSuccess();
    span.end();
  },
  "active-parent": async () => {
    const openai = await init();
    await Netra.startActiveSpan("meeting-summarization", async (span: Anything) => {
      await openai.chat.completions.create(question);
      describe(span, typedUsage);
      span.setSuccess();
    });
  },
  "manual-span": async () => {
    await init();
    const span = Netra.startSpan("meeting-summarization", { attributes: { tier: "enterprise" } });
    describe(span, typedUsage);
    span.setAttribute("attempts", 2);
    span.setAttribute("ratio", 0.5);
    span.setAttribute("features", ["summary", "decisions"]);
    await delay(20);
    span.end();
  },
  "manual-error": async () => {
    await init();
    const span = Netra.startSpan("meeting-summarization", { asType: SpanType.AGENT });
    await delay(20);
    span.setError("The transcript is empty");
    span.end();
  },
  "chat-tools": async () => {
    const openai = await init();
    const last = { role: "user", content: "What does section 7.2 say?" };
    await openai.chat.completions.create({ ...question, messages: [last], tools: [clauseTool] });
  },
  "chat-multimodal": async () => {
    const openai = await init();
    const image = { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } };
    const content = [{ type: "text", text: "What is on the whiteboard?" }, image];
    await openai.chat.completions.create({ ...question, messages: [{ role: "user", content }], max_tokens: 100 });
  },
  "chat-stream": async () => {
    const openai = await init();
    await drain(await openai.chat.completions.create({ ...question, stream: true }));
  },
  "chat-stream-usage": async () => {
    const openai = await init();
    const asked = { ...question, stream: true, stream_options: { include_usage: true } };
    await drain(await openai.chat.completions.create(asked));
  },
  "chat-error": async () => {
    const openai = await init();
    await openai.chat.completions.create({ ...question, model: "no-such-model" }).catch(() => null);
  },
  "chat-seventy-messages": async () => {
    const openai = await init();
    const messages = Array.from({ length: 70 }, (_, index) => ({ role: "user", content: `message ${index}` }));
    await openai.chat.completions.create({ ...question, messages });
  },
  "chat-long-prompt": async () => {
    const openai = await init();
    await openai.chat.completions.create({ ...question, messages: [{ role: "user", content: "x".repeat(40_000) }] });
  },
  "chat-without-content": async () => {
    const openai = await init({ traceContent: false });
    await openai.chat.completions.create({ ...question, tools: [clauseTool] });
  },
  "chat-http-instrumented": async () => {
    const instruments = new Set([NetraInstruments.OPENAI, NetraInstruments.HTTP]);
    const openai = await init({ instruments });
    // Set in the function that calls, the ids are in the baggage; set in a function that is awaited, they are not.
    identify();
    await Netra.startActiveSpan("meeting-summarization", async () => {
      await openai.chat.completions.create(question);
    });
  },
  embeddings: async () => {
    const openai = await init();
    await openai.embeddings.create({ model: "text-embedding-3-small", input: "The deposition is in 3 weeks." });
  },
  responses: async () => {
    const openai = await init();
    await openai.responses.create({ model: "gpt-4o", input: "Summarize.", max_output_tokens: 200 });
  },
  "responses-stream": async () => {
    const openai = await init();
    await drain(await openai.responses.create({ model: "gpt-4o", input: "Summarize.", stream: true }));
  },
  "anthropic-create": async () => {
    await init();
    await new Anthropic({ maxRetries: 0, openTelemetry: false }).messages.create(claude);
  },
  "anthropic-create-native": async () => {
    await init();
    identify();
    await new Anthropic({ maxRetries: 0 }).messages.create(claude);
  },
  "anthropic-stream": async () => {
    await init();
    const client = new Anthropic({ maxRetries: 0, openTelemetry: false });
    await drain(await client.messages.create({ ...claude, stream: true }));
  },
  "anthropic-stream-native": async () => {
    await init();
    await new Anthropic({ maxRetries: 0 }).messages.stream(claude).finalMessage();
  },
  "anthropic-without-content": async () => {
    await init({ traceContent: false });
    await new Anthropic({ maxRetries: 0, openTelemetry: false }).messages.create(claude);
  },
  endpoint: async () => {
    const headers = process.env["RECORDED_HEADERS"];
    await init(headers === undefined ? {} : { headers });
    Netra.startSpan("meeting-summarization").end();
    await flush();
    await Netra.usage.getTenantUsage("apex-legal", from, to);
  },
  "usage-api": async () => {
    await init();
    const period = { startTime: from, endTime: to };
    await tell("usage", "getTenantUsage", "apex-legal", from, to);
    await tell("usage", "getTenantUsage", "nobody", from, to);
    await tell("usage", "getSessionUsage", "session-1", from, to);
    const sorted = { limit: 1, sortField: "start_time", sortOrder: "desc" };
    await tell("usage", "listTraces", { ...period, tenantId: "apex-legal", ...sorted });
    await tell("usage", "listTraces", { ...period, traceId: "trace-1", sessionId: "session-1" });
    await tell("usage", "listTraces", period);
    await tell("usage", "iterTraces", { ...period, userId: "john", limit: 1 });
    await tell("usage", "listSpansByTraceId", { traceId: "trace-1" });
    await tell("usage", "listSpansByTraceId", {
      traceId: "trace-1",
      direction: "down",
      spanName: "openai.chat & more",
    });
    await tell("usage", "iterSpansByTraceId", { traceId: "trace-1", limit: 1 });
  },
  "dashboard-api": async () => {
    await init();
    const tenant = { field: "tenant_id", operator: "equals", type: "string", value: "apex-legal" };
    const filter = { startTime: from, endTime: to, groupBy: "hour", filters: [tenant] };
    const cost = { measure: "Total Cost", aggregation: "Total Count" };
    await tell("dashboard", "queryData", { scope: "Traces", chartType: "Line Time Series", metrics: cost, filter });
    const latency = { measure: "Latency", aggregation: "p95" };
    const byModel = { metrics: latency, filter, dimension: { field: "model_name" } };
    await tell("dashboard", "queryData", { scope: "Spans", chartType: "Horizontal Bar", ...byModel });
    await tell("dashboard", "queryData", { scope: "Spans", chartType: "Number", metrics: latency, filter });
    const whose = [{ field: "tenant_id", operator: "any_of", type: "arrayOptions", value: ["apex-legal"] }];
    await tell("dashboard", "getSessionStats", from, to, 1, whose, undefined, "totalCost", "desc");
    await tell("dashboard", "getSessionStats", from, to);
    await tell("dashboard", "iterSessionStats", from, to, whose, "start_time", "asc");
    await tell("dashboard", "getSessionSummary", { startTime: from, endTime: to, filters: whose });
  },
};

const plainFetch = globalThis.fetch;
let fetches = 0;
/** The SDK's API clients send with the global `fetch`. */
globalThis.fetch = (...request: Parameters<typeof fetch>): Promise<Response> => {
  fetches += 1;
  return plainFetch(...request);
};

const from = "2026-11-01T00:00:00.000Z";
const to = "2026-12-01T00:00:00.000Z";

/** One line a call: what was called, with how many requests, and what the SDK made of the answers. */
async function tell(part: "usage" | "dashboard", method: string, ...args: readonly unknown[]): Promise<void> {
  const before = fetches;
  const result: unknown = Netra[part][method](...args);
  const returned = method.startsWith("iter") ? await collect(result as AsyncIterable<unknown>) : await result;
  console.log(`@call ${JSON.stringify({ method, args, requests: fetches - before, returned: returned ?? null })}`);
}

async function collect(items: AsyncIterable<unknown>): Promise<readonly unknown[]> {
  const collected: unknown[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** The only way to be sure: `Netra.shutdown()` does not flush. */
async function flush(): Promise<void> {
  await api.trace.getTracerProvider().getDelegate().forceFlush();
}

await scenarios[scenario]?.();
await flush();
process.exit(0);
