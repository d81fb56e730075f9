import { createRequire } from "node:module";
import Anthropic from "@anthropic-ai/sdk";
import type { ChatModel, ChatRequest } from "@tenantry/core";
import {
  answerOf,
  openWireServer,
  scenarioOf,
  scenarios,
  writeScenario,
  type Scenario,
  type WireServer,
} from "@tenantry/testkit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createAnthropicChatModel } from "../src/index.ts";
import { anthropicWireDialect } from "./wire-dialect.ts";

const apiKey = "sk-ant-made-up-0123456789abcdef";
const tracing = ["traceparent", "tracestate", "baggage"];
const deprecatedModel = "claude-sonnet-4-5";

let server: WireServer;
beforeEach(async () => void (server = await openWireServer()));
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await server.close();
});

function playing(scenario: Scenario): void {
  server.play((request) => writeScenario(anthropicWireDialect, scenario, request));
}

/** One call each way; failures are fine, what is asked is what they leave behind. */
async function callBothWays(model: ChatModel, some: Partial<ChatRequest> = {}): Promise<void> {
  const request: ChatRequest = {
    messages: [{ role: "user", content: "secret minutes" }],
    maxOutputTokens: 64,
    ...some,
  };
  const send = { model: deprecatedModel, attemptId: "attempt-1", signal: new AbortController().signal };
  await model.complete(request, send).catch(() => {});
  const read = async (): Promise<void> => {
    for await (const event of await model.stream(request, send)) void event;
  };
  await read().catch(() => {});
}

async function callBareSdk(): Promise<void> {
  const client = new Anthropic({ apiKey, baseURL: server.origin, maxRetries: 0 });
  await client.messages.create({ model: deprecatedModel, max_tokens: 64, messages: [{ role: "user", content: "x" }] });
}

/** The copy of OpenTelemetry's API that the SDK uses. */
interface OpenTelemetryApi {
  readonly trace: {
    setGlobalTracerProvider(provider: unknown): boolean;
    disable(): void;
    wrapSpanContext(context: object): object;
  };
  readonly propagation: { setGlobalPropagator(propagator: unknown): boolean; disable(): void };
}

const requireFromHere = createRequire(import.meta.url);
const requireFromSdk = createRequire(requireFromHere.resolve("@anthropic-ai/sdk"));
const { trace, propagation } = requireFromSdk("@opentelemetry/api") as OpenTelemetryApi;

describe("in a process that is traced", () => {
  let spans: string[];

  beforeEach(() => {
    spans = [];
    const context = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", traceFlags: 1 };
    const startSpan = (name: string): object => {
      spans.push(name);
      return trace.wrapSpanContext(context);
    };
    trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan }) });
    propagation.setGlobalPropagator({
      inject(_context: unknown, carrier: unknown, setter: { set(to: unknown, name: string, value: string): void }) {
        for (const name of tracing) setter.set(carrier, name, "tenant_id=apex-legal");
      },
      extract: (context: unknown) => context,
      fields: () => tracing,
    });
  });
  afterEach(() => {
    trace.disable();
    propagation.disable();
  });

  it("no span is made and no trace header leaves", async () => {
    playing(scenarioOf());
    await callBothWays(createAnthropicChatModel({ apiKey, baseUrl: server.origin }));
    expect(server.requests).toHaveLength(2);
    expect(spans).toEqual([]);
    for (const { headers } of server.requests) expect(tracing.filter((name) => name in headers)).toEqual([]);
  });

  it("the bare SDK would do both, so the proof above can fail", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    playing(scenarioOf());
    await callBareSdk();
    expect(spans.length).toBeGreaterThan(0);
    expect(server.requests[0]?.headers["baggage"]).toBe("tenant_id=apex-legal");
  });
});

describe("nothing is printed", () => {
  /** Everything a process can print passes one of these. */
  function listen(): () => string {
    const printed: unknown[] = [];
    for (const name of ["debug", "error", "info", "log", "warn"] as const) {
      vi.spyOn(console, name).mockImplementation((...words: unknown[]) => void printed.push(...words));
    }
    const keep = (words: unknown): boolean => printed.push(words) > 0;
    const out = vi.spyOn(process.stdout, "write").mockImplementation(keep);
    const err = vi.spyOn(process.stderr, "write").mockImplementation(keep);
    return () => {
      out.mockRestore();
      err.mockRestore();
      return printed.map(String).join("\n");
    };
  }

  it.each([
    ["for a model that is deprecated", scenarios.ok],
    ["for an answer that does not parse", scenarios.brokenJson],
    ["for an error", scenarios.serverError],
    ["for a reset", scenarios.billedThenReset],
  ])("%s, also when the SDK is told to print all", async (_name, scenario) => {
    vi.stubEnv("ANTHROPIC_LOG", "debug");
    playing(scenario);
    const heard = listen();
    const extra = { thinking: { type: "enabled", budget_tokens: 1024 } };
    await callBothWays(createAnthropicChatModel({ apiKey, baseUrl: server.origin }), { extra });
    expect(heard()).toBe("");
  });

  it("the bare SDK would, so the proof above can fail", async () => {
    playing(scenarioOf({ answer: answerOf() }));
    const heard = listen();
    await callBareSdk();
    expect(heard()).toContain("deprecated");
  });
});

it("the key is sent as a bearer token and only there; own headers are added", async () => {
  playing(scenarioOf());
  const headers = { "anthropic-beta": "context-1m-2025-08-07" };
  await callBothWays(createAnthropicChatModel({ apiKey, baseUrl: server.origin, headers }));
  for (const request of server.requests) {
    expect(request.headers).toMatchObject({ authorization: `Bearer ${apiKey}`, ...headers });
    const { authorization: _authorization, ...others } = request.headers;
    expect(JSON.stringify([others, request.path, request.text])).not.toContain(apiKey);
  }
});

it("the environment decides neither address nor key", async () => {
  vi.stubEnv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9");
  vi.stubEnv("ANTHROPIC_API_KEY", "sk-ant-of-the-environment");
  vi.stubEnv("ANTHROPIC_AUTH_TOKEN", "token-of-the-environment");
  vi.stubEnv("ANTHROPIC_CUSTOM_HEADERS", "authorization: Bearer of-the-environment");
  const asked: string[] = [];
  const spy: typeof fetch = async (input, init) => {
    const address = input instanceof Request ? input.url : input.toString();
    asked.push(address, new Headers(init?.headers).get("authorization") ?? "");
    return await fetch(address.replace("https://api.anthropic.com", server.origin), init);
  };
  playing(scenarioOf());
  await callBothWays(createAnthropicChatModel({ apiKey, fetch: spy }));
  expect(new Set(asked)).toEqual(new Set(["https://api.anthropic.com/v1/messages", `Bearer ${apiKey}`]));
});
