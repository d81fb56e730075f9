// Calls of three tenants through both vendors' packages while netra-sdk instruments them, in a process of its own.
// node --conditions=@tenantry/source netra-sdk-process.ts <entry of the SDK> <ledger>
import { randomUUID } from "node:crypto";
import { registerHooks } from "node:module";
import { setTimeout as wait } from "node:timers/promises";
import { createPriceBook, createTenantry, parseCatalogue, parsePrices, silentLog } from "@tenantry/core";
import { startProviderSimulator } from "@tenantry/provider-simulator";
import { openOtlpCollector, otlpAttribute } from "@tenantry/testkit";

const [entry = "", ledger = ""] = process.argv.slice(2);
const callsOfEach = 50;
const tenants = ["apex-legal", "stratex-consulting", "techstart-inc"];

// The vendors' packages that the SDK patches are those beside it: ours have to be the same.
registerHooks({
  resolve: (specifier, given, next) =>
    specifier === "openai" || specifier === "@anthropic-ai/sdk"
      ? next(specifier, { ...given, parentURL: entry })
      : next(specifier, given),
});

const collector = await openOtlpCollector();
const simulator = await startProviderSimulator();
process.env["NETRA_OTLP_ENDPOINT"] = `${collector.origin}/telemetry`;
process.env["NETRA_API_KEY"] = "key-for-tests";

interface Netra {
  init(options: object): Promise<void>;
  isInitialized(): boolean;
  getConfig(): { readonly traceContent?: boolean };
  startSpan(name: string): { setError(message: string): unknown; end(): unknown; getCurrentSpan(): undefined };
  setTenantId(id: string): void;
  setUserId(id: string): void;
}
const { Netra: netra, NetraInstruments } = (await import(entry)) as {
  readonly Netra: Netra;
  readonly NetraInstruments: Readonly<Record<string, string>>;
};
const instruments = new Set(["OPENAI", "ANTHROPIC", "HTTP"].map((name) => NetraInstruments[name]));
await netra.init({ appName: "meetingmind", environment: "production", instruments });

// After the SDK, so that they get what it has patched.
const { createOpenAIChatModel } = await import("@tenantry/adapters-llm-openai");
const { createAnthropicChatModel } = await import("@tenantry/adapters-llm-anthropic");
const { createNetraSdkTelemetry } = await import("@tenantry/adapters-telemetry-netra");
const { openSqliteStorage } = await import("@tenantry/adapters-storage-sqlite");

const clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (ms: number) => await wait(ms),
};
const storage = await openSqliteStorage({ path: ledger }, { clock });
const models = ["openai/gpt-4o-mini", "anthropic/claude-haiku-4-5"];
const { catalogue } = parseCatalogue({
  tiers: { starter: { models, limits: [{ concurrent: 500 }], maxOutputTokens: 64 } },
  tenants: Object.fromEntries(tenants.map((tenantId) => [tenantId, { tier: "starter" }])),
});
for (const tenant of catalogue.tenants) await storage.tenants.put(tenant);
const perMillionTokens = { input: "0.15", cacheRead: "0.075", cacheWrite5m: "0.20", output: "0.60" };
const prices = parsePrices({ prices: models.map((model) => ({ model, perMillionTokens })) }, "test");
if (!prices.ok) throw new Error(JSON.stringify(prices));
const book = createPriceBook("test", prices.prices);
const telemetry = createNetraSdkTelemetry({ netra }, { clock, log: silentLog });
const tenantry = createTenantry({
  ...{ tiers: catalogue.tiers, tenants: storage.tenants, limits: storage.limits, ledger: storage.ledger },
  prices: { current: () => book },
  models: [
    createOpenAIChatModel({ apiKey: "any", baseUrl: simulator.openaiBaseUrl }),
    createAnthropicChatModel({ apiKey: "any", baseUrl: simulator.anthropicBaseUrl }),
  ],
  ...{ clock, telemetry },
  ids: { next: (prefix) => `${prefix}_${randomUUID().replaceAll("-", "")}` },
});
await tenantry.recover();

/** What an application on the SDK does today, in the pattern in which it leaks. */
async function authenticate(index: number): Promise<void> {
  await wait(index % 3);
  netra.setTenantId("stranger");
  netra.setUserId(`stranger-${index}`);
}

const whose = new Map<string, string>();
async function makeCall(index: number): Promise<void> {
  const tenantId = tenants[index % tenants.length] ?? "";
  await authenticate(index);
  const model = models[index % 2] ?? "";
  // A third of the calls have no user: those the SDK would give somebody else's.
  const user = index % 3 === 0 ? {} : { userId: `user-${index}` };
  const input = { tenantId, ...user, model, feature: "standup" };
  const request = { messages: [{ role: "user" as const, content: `What is a standup for, number ${index}?` }] };
  if (index % 5 === 0) {
    const result = await tenantry.stream(input, request);
    if (result.kind !== "answering") throw new Error(result.kind);
    for await (const event of result.events) void event;
    whose.set(result.callId, `${tenantId} ${user.userId ?? "nobody"}`);
    return;
  }
  const result = await tenantry.call(input, request);
  if (result.kind !== "ok") throw new Error(JSON.stringify(result));
  whose.set(result.callId, `${tenantId} ${user.userId ?? "nobody"}`);
}
await Promise.all(Array.from({ length: callsOfEach * tenants.length }, (_, index) => makeCall(index)));
await telemetry.flush(10_000);

const spans = collector.spans();
const sum = (key: string): number =>
  spans.reduce((total, { span }) => total + Number(otlpAttribute(span.attributes, key) ?? 0), 0);
const wrong = spans.filter(({ span }) => {
  const text = (key: string): string => String(otlpAttribute(span.attributes, key) ?? "nobody");
  return whose.get(text("tenantry.call_id")) !== `${text("netra.tenant_id")} ${text("netra.user_id")}`;
});
const billed = simulator.invoice().lines;
console.log(
  JSON.stringify({
    spans: Object.fromEntries(
      [...Map.groupBy(spans, ({ span }) => span.name)].map(([name, all]) => [name, all.length]),
    ),
    wrong: wrong.length,
    promptTokens: sum("gen_ai.usage.prompt_tokens"),
    completionTokens: sum("gen_ai.usage.completion_tokens"),
    billedInput: billed.reduce((total, { tokens }) => total + tokens.input, 0),
    billedOutput: billed.reduce((total, { tokens }) => total + tokens.output, 0),
    billedCalls: billed.length,
    counts: telemetry.counts(),
  }),
);
process.exit(0);
