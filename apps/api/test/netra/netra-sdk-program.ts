import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

/**
 * Netra's own SDK against a Tenantry: makes a span with the ids of a tenant, calls the provider through an instrumented
 * client, and reads back what the SDK's clients have for it. Started by a test, with the SDK's address in the environment.
 */
const sdkPath = process.env["NETRA_SDK_PATH"] ?? "";
const require = createRequire(`${sdkPath}/package.json`);

/** What is used of these packages: their types are not there where they are not. */
interface Packages {
  readonly "netra-sdk": {
    readonly Netra: {
      init(options: object): Promise<void>;
      setTenantId(id: string): void;
      setSessionId(id: string): void;
      setUserId(id: string): void;
      startSpan(name: string): { withActive(work: () => Promise<void>): Promise<void>; end(): void };
      readonly usage: {
        getTenantUsage(id: string, startTime: string, endTime: string): Promise<unknown>;
        getSessionUsage(id: string, startTime: string, endTime: string): Promise<unknown>;
        iterTraces(query: object): AsyncIterable<{ readonly id: string }>;
        iterSpansByTraceId(query: object): AsyncIterable<unknown>;
      };
      readonly dashboard: {
        queryData(query: object): Promise<unknown>;
        iterSessionStats(startTime: string, endTime: string, filters: readonly object[]): AsyncIterable<unknown>;
        getSessionSummary(query: object): Promise<unknown>;
      };
    };
    readonly NetraInstruments: { readonly OPENAI: string };
  };
  readonly openai: {
    readonly default: new (options: object) => {
      readonly chat: { readonly completions: { create(body: object): Promise<unknown> } };
    };
  };
  readonly "@opentelemetry/api": {
    readonly trace: { getTracerProvider(): { getDelegate(): { forceFlush(): Promise<void> } } };
  };
}

const load = async <Name extends keyof Packages>(name: Name): Promise<Packages[Name]> =>
  (await import(pathToFileURL(require.resolve(name)).href)) as Packages[Name];

const { Netra, NetraInstruments } = await load("netra-sdk");
const { default: OpenAI } = await load("openai");

await Netra.init({ appName: "sdk", instruments: new Set([NetraInstruments.OPENAI]) });
Netra.setTenantId("acme");
Netra.setSessionId("sdk-session");
Netra.setUserId("sdk-user");
const openai = new OpenAI({ apiKey: "key", baseURL: process.env["PROVIDER_URL"], maxRetries: 0 });
const span = Netra.startSpan("meeting-summarization");
await span.withActive(async () => {
  await openai.chat.completions.create({
    model: "gpt-4o-mini",
    messages: [{ role: "user", content: "Say hello in one sentence." }],
  });
});
span.end();
// Shutting down delivers nothing (its queue is not flushed), so the tracer's own provider is asked.
const { trace } = await load("@opentelemetry/api");
await trace.getTracerProvider().getDelegate().forceFlush();

const startTime = new Date(Date.now() - 3_600_000).toISOString();
const endTime = new Date(Date.now() + 60_000).toISOString();
const traces: { readonly id: string }[] = [];
for await (const one of Netra.usage.iterTraces({ startTime, endTime, tenantId: "acme", limit: 1 })) traces.push(one);
const spans: unknown[] = [];
for (const { id: traceId } of traces) {
  for await (const one of Netra.usage.iterSpansByTraceId({ traceId, limit: 1 })) spans.push(one);
}
const filters = [{ field: "tenant_id", operator: "any_of", type: "arrayOptions", value: ["acme"] }];
const sessions: unknown[] = [];
for await (const one of Netra.dashboard.iterSessionStats(startTime, endTime, filters)) sessions.push(one);
console.log(
  `RESULT ${JSON.stringify({
    tenant: await Netra.usage.getTenantUsage("acme", startTime, endTime),
    nobody: await Netra.usage.getTenantUsage("nobody", startTime, endTime),
    session: await Netra.usage.getSessionUsage("sdk-session", startTime, endTime),
    traces,
    spans,
    sessions,
    chart: await Netra.dashboard.queryData({
      scope: "Traces",
      chartType: "Line Time Series",
      metrics: { measure: "Total Cost", aggregation: "Total Count" },
      filter: { startTime, endTime, groupBy: "hour" },
    }),
    summary: await Netra.dashboard.getSessionSummary({ startTime, endTime, filters }),
  })}`,
);
process.exit(0);
