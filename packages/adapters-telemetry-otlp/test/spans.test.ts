import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Objective, usageOf } from "@tenantry/core";
import {
  sampleAttemptEnd,
  sampleAttemptStart,
  sampleCallEnd,
  sampleCallStart,
  sampleDenial,
  sampleLine,
  sampleRecord,
} from "@tenantry/testkit";
import { afterEach, describe, it } from "vitest";
import type { OtlpTelemetryOptions } from "../src/index.ts";
import { openOtlp, type OpenedOtlp } from "./open-otlp.ts";
import { spanNamed, valueIn, valuesOf } from "./read-attributes.ts";
import type { ReadSpan } from "./read-otlp.ts";

let otlp: OpenedOtlp;
afterEach(async () => await otlp.close());

interface Sample {
  readonly start?: Parameters<typeof sampleCallStart>[0];
  readonly attempt?: Parameters<typeof sampleAttemptStart>[0];
  readonly attemptEnd?: Parameters<typeof sampleAttemptEnd>[0];
  readonly end?: Parameters<typeof sampleCallEnd>[0];
  readonly options?: Partial<OtlpTelemetryOptions>;
}

async function call({ start, attempt, attemptEnd, end, options = {} }: Sample): Promise<readonly ReadSpan[]> {
  otlp = await openOtlp(options);
  const span = otlp.telemetry.startCall(sampleCallStart(start));
  span.startAttempt(sampleAttemptStart(attempt)).end(sampleAttemptEnd(attemptEnd));
  span.end(sampleCallEnd(end));
  return await otlp.spans();
}

describe("a call and its attempt", () => {
  for (const protocol of ["http/protobuf", "http/json"] as const) {
    it(`are an internal span and a client span below it, with exactly these attributes: ${protocol}`, async () => {
      const spans = await call({ options: { protocol } });
      const root = spanNamed(spans, "meeting-summarization");
      const attempt = spanNamed(spans, "chat gpt-4o-mini");
      assert.deepEqual([root.kind, attempt.kind], [1, 3]);
      assert.deepEqual([attempt.traceId, attempt.parentSpanId], [root.traceId, root.spanId]);
      assert.deepEqual(
        [root, attempt].map(({ status }) => status?.code ?? 0),
        [0, 0],
        "a success leaves the status unset",
      );
      const who = {
        "tenantry.tenant_id": "apex-legal",
        "tenantry.tier": "enterprise",
        "tenantry.call_id": "call-1",
        "tenantry.user_id": "john.smith@apexlegal.example",
        "tenantry.session_id": "session-1",
        "tenantry.feature": "meeting-summary",
      };
      assert.deepEqual(valuesOf(root.attributes), {
        ...who,
        "tenantry.cost_usd": "0.000036",
        "tenantry.outcome": "ok",
        "tenantry.attempts": 1,
        "tenantry.model": "openai/gpt-4o-mini",
        "tenantry.latency_ms": 900,
      });
      assert.deepEqual(valuesOf(attempt.attributes), {
        ...who,
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.request.max_tokens": 500,
        "gen_ai.request.temperature": 0.3,
        "tenantry.attempt_id": "attempt-1",
        "tenantry.attempt": 1,
        "tenantry.provider": "openai",
        "gen_ai.conversation.id": "session-1",
        "gen_ai.usage.input_tokens": 120,
        "gen_ai.usage.output_tokens": 30,
        "tenantry.usage_source": "measured",
        "tenantry.outcome": "ok",
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.response.finish_reasons": ["stop"],
      });
    });
  }

  it("have times of the wall clock that differ by the monotonic one, to the nanosecond", async () => {
    let [wallMs, monotonicMs] = [1_795_000_000_123, 5_000.25];
    const clock = { now: () => wallMs, monotonicMs: () => monotonicMs, sleep: () => Promise.resolve() };
    otlp = await openOtlp({}, { clock });
    const span = otlp.telemetry.startCall(sampleCallStart());
    wallMs -= 3_600_000;
    monotonicMs += 1_500.500001;
    span.end(sampleCallEnd());
    const { startTimeUnixNano, endTimeUnixNano } = spanNamed(await otlp.spans(), "meeting-summarization");
    assert.equal(startTimeUnixNano, "1795000000123000000");
    assert.ok(Math.abs(Number(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)) - 1_500_500_001) < 1_000);
  });

  it("have the scope, the resource, and the flags of a local or remote parent", async () => {
    otlp = await openOtlp({ serviceName: "meetingmind", resourceAttributes: "region=eu%20west,service.name=other" });
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    otlp.telemetry.startCall(sampleCallStart({ traceparent })).end(sampleCallEnd());
    const [{ span, scope, resource } = assert.fail()] = await otlp.spans();
    assert.deepEqual(scope, { name: "@tenantry/adapters-telemetry-otlp", version: "0.1.0" });
    assert.deepEqual(valuesOf(resource), { "service.name": "meetingmind", region: "eu west" });
    assert.deepEqual([span.flags, span.parentSpanId], [0x301, "00f067aa0ba902b7"]);
  });

  it("have no id that is not known", async () => {
    const spans = await call({ start: { userId: null, sessionId: null, feature: null } });
    for (const { span } of spans) {
      const keys = span.attributes.map(({ key }) => key);
      assert.ok(!keys.some((key) => /user_id|session_id|feature|conversation/.test(key)), keys.join());
    }
  });
});

describe("usage", () => {
  it("has totals with their parts in them, whoever the provider is, and parts only where there are any", async () => {
    const usage = usageOf({
      ...{ input: 100, cacheRead: 40, cacheWrite5m: 20, cacheWrite1h: 5, audioInput: 7 },
      ...{ output: 30, reasoning: 11, audioOutput: 3 },
    });
    const spans = await call({ attemptEnd: { line: sampleLine({ usage }) } });
    const told = valuesOf(spanNamed(spans, "chat gpt-4o-mini").attributes);
    const counts = Object.fromEntries(Object.entries(told).filter(([key]) => key.startsWith("gen_ai.usage.")));
    assert.deepEqual(counts, {
      "gen_ai.usage.input_tokens": 172,
      "gen_ai.usage.output_tokens": 44,
      "gen_ai.usage.cache_read.input_tokens": 40,
      "gen_ai.usage.cache_write.input_tokens": 25,
      "gen_ai.usage.cache_creation.input_tokens": 25,
      "gen_ai.usage.reasoning.output_tokens": 11,
      "gen_ai.usage.audio.input_tokens": 7,
      "gen_ai.usage.audio.output_tokens": 3,
    });
  });

  for (const [conventions, expected] of [
    ["current", ["gen_ai.usage.cache_write.input_tokens"]],
    ["v1.41", ["gen_ai.usage.cache_creation.input_tokens"]],
  ] as const) {
    it(`is named after ${conventions} alone where that is asked for`, async () => {
      const usage = usageOf({ input: 1, cacheWrite5m: 9, output: 1 });
      const spans = await call({ attemptEnd: { line: sampleLine({ usage }) }, options: { conventions } });
      const keys = spanNamed(spans, "chat gpt-4o-mini").attributes.map(({ key }) => key);
      assert.deepEqual(
        keys.filter((key) => /cache_(write|creation)/.test(key)),
        expected,
      );
    });
  }

  it("of nothing is stated as nothing, and unknown usage is not stated", async () => {
    const none = await call({ attemptEnd: { line: sampleLine({ usage: usageOf({}) }) } });
    assert.equal(valueIn(spanNamed(none, "chat gpt-4o-mini"), "gen_ai.usage.input_tokens"), 0);
    await otlp.close();
    const line = sampleLine({ usage: null, source: "unknown", outcome: "timeout" });
    const unknown = await call({ attemptEnd: { line, finishReason: null } });
    const span = spanNamed(unknown, "chat gpt-4o-mini");
    assert.equal(valueIn(span, "gen_ai.usage.input_tokens"), undefined);
    assert.equal(valueIn(span, "tenantry.usage_source"), "unknown");
  });
});

describe("an attempt", () => {
  it.each([
    ["chat", "chat"],
    ["response", "chat"],
    ["embedding", "embeddings"],
    ["rerank", "rerank"],
  ])("of kind %s is operation %s, in its name too", async (kind, operation) => {
    const spans = await call({ attempt: { kind } });
    assert.equal(valueIn(spanNamed(spans, `${operation} gpt-4o-mini`), "gen_ai.operation.name"), operation);
  });

  it.each([
    ["openai", undefined, "openai", undefined, undefined],
    ["openai", { kind: "openai", url: "https://api.openai.com/v1" }, "openai", "api.openai.com", 443],
    ["local", { kind: "openai", url: "http://[::1]:11434/v1" }, "openai", "::1", 11_434],
    ["groq", { kind: "openai", url: "http://groq.example" }, "groq", "groq.example", 80],
    ["claude-eu", { kind: "anthropic", url: null }, "anthropic", undefined, undefined],
    ["unheard-of", undefined, "unheard-of", undefined, undefined],
  ] as const)("of provider %s, %j, is of %s at %s:%s", async (provider, known, name, address, port) => {
    const spans = await call({
      attempt: { target: { provider, model: "m" } },
      options: { providers: known === undefined ? {} : { [provider]: known } },
    });
    const { attributes } = spanNamed(spans, "chat m");
    const told = valuesOf(attributes);
    assert.deepEqual(
      ["gen_ai.provider.name", "server.address", "server.port", "tenantry.provider"].map((key) => told[key]),
      [name, address, port, provider],
    );
  });

  it("that streams says so, and how long its first byte took, in seconds", async () => {
    const streamed = spanNamed(
      await call({ attempt: { streamed: true }, attemptEnd: { ttftMs: 250 } }),
      "chat gpt-4o-mini",
    );
    assert.equal(valueIn(streamed, "gen_ai.request.stream"), true);
    assert.equal(valueIn(streamed, "gen_ai.response.time_to_first_chunk"), 0.25);
    await otlp.close();
    const whole = spanNamed(await call({ attemptEnd: { ttftMs: 250 } }), "chat gpt-4o-mini");
    assert.equal(valueIn(whole, "gen_ai.request.stream"), undefined);
    assert.equal(valueIn(whole, "gen_ai.response.time_to_first_chunk"), undefined);
  });

  it.each([
    ["stop", "ok", ["stop"]],
    ["length", "ok", ["length"]],
    ["tool-calls", "ok", ["tool_call"]],
    ["filtered", "ok", ["content_filter"]],
    ["refusal", "ok", ["refusal"]],
    [null, "cut", ["error"]],
    [null, "aborted", ["error"]],
    [null, "refused", undefined],
    [null, "not-sent", undefined],
  ] as const)("that ended with %s and is %s has the reasons %j", async (finishReason, outcome, expected) => {
    const spans = await call({ attemptEnd: { finishReason, line: sampleLine({ outcome }) } });
    assert.deepEqual(valueIn(spanNamed(spans, "chat gpt-4o-mini"), "gen_ai.response.finish_reasons"), expected);
  });

  it.each([
    ["refused", 429, "429"],
    ["failed", 500, "500"],
    ["timeout", null, "timeout"],
    ["aborted", null, "aborted"],
  ] as const)(
    "that is %s with status %s is of error type %s, with the error's words",
    async (outcome, status, type) => {
      const line = sampleLine({ outcome, status });
      const spans = await call({ attemptEnd: { line, error: "slow down", finishReason: null } });
      const span = spanNamed(spans, "chat gpt-4o-mini");
      assert.equal(valueIn(span, "error.type"), type);
      assert.deepEqual(span.status, { code: 2, message: "slow down" });
    },
  );
});

describe("a call", () => {
  const latency: Objective = { id: "p95", metric: "latency", quantile: 0.95, thresholdMs: 2_000, minCalls: 20 };
  const ttft: Objective = { id: "ttft", metric: "ttft", quantile: 0.99, thresholdMs: 800, minCalls: 100 };
  const errors: Objective = { id: "errors", metric: "errors", quantile: 0.99, thresholdMs: null, minCalls: 100 };

  it("tells each promise's verdict, and a broken one as an event with what was measured", async () => {
    const verdicts = [
      { objectiveId: "p95", verdict: "bad" },
      { objectiveId: "ttft", verdict: "excluded" },
      { objectiveId: "errors", verdict: "good" },
    ] as const;
    const record = sampleRecord({ verdicts, latencyMs: 2_000.4, ttftMs: 300 });
    const root = spanNamed(
      await call({ end: { record, objectives: [latency, ttft, errors] } }),
      "meeting-summarization",
    );
    const told = valuesOf(root.attributes);
    assert.equal(told["tenantry.sla_met"], false);
    assert.deepEqual(told["tenantry.sla_good"], ["errors"]);
    assert.deepEqual(told["tenantry.sla_bad"], ["p95"]);
    assert.deepEqual(told["tenantry.sla_excluded"], ["ttft"]);
    assert.equal(told["tenantry.ttft_ms"], 300);
    assert.deepEqual(
      root.events.map(({ name, attributes }) => [name, valuesOf(attributes)]),
      [
        [
          "tenantry.sla_breach",
          {
            "tenantry.objective": "p95",
            "tenantry.metric": "latency",
            "tenantry.actual_ms": 2_000.4,
            "tenantry.threshold_ms": 2_000,
          },
        ],
      ],
    );
    assert.equal(root.events[0]?.timeUnixNano, root.endTimeUnixNano);
  });

  it("without a promise that counts it says nothing about promises met", async () => {
    const record = sampleRecord({ verdicts: [{ objectiveId: "p95", verdict: "excluded" }] });
    const root = spanNamed(await call({ end: { record, objectives: [latency] } }), "meeting-summarization");
    assert.equal(valueIn(root, "tenantry.sla_met"), undefined);
    assert.deepEqual(root.events, []);
  });

  it("tells a share of a budget that it reached, in exact digits", async () => {
    const reached = {
      ...{ tenantId: "apex-legal", budgetId: "budget-month", scopeId: "john", percent: 80 },
      ...{ limitPico: 5_000_000_000_000n, spentPico: 4_000_000_000_001n, resetAt: Date.UTC(2026, 11, 1) },
    };
    const root = spanNamed(await call({ end: { budgetEvents: [reached] } }), "meeting-summarization");
    assert.deepEqual(
      root.events.map(({ name, attributes }) => [name, valuesOf(attributes)]),
      [
        [
          "tenantry.budget_reached",
          {
            "tenantry.budget": "budget-month",
            "tenantry.scope_id": "john",
            "tenantry.percent": 80,
            "tenantry.limit_usd": "5",
            "tenantry.spent_usd": "4.000000000001",
            "tenantry.reset_at": "2026-12-01T00:00:00.000Z",
          },
        ],
      ],
    );
  });

  it("that failed has the reason of its failure as error type", async () => {
    const record = sampleRecord({ outcome: "failed", failure: "upstream_timeout" });
    const root = spanNamed(await call({ end: { record } }), "meeting-summarization");
    assert.equal(valueIn(root, "error.type"), "upstream_timeout");
    assert.deepEqual(root.status, { code: 2, message: "upstream_timeout" });
  });

  it("that was denied says why and by which limit", async () => {
    otlp = await openOtlp();
    otlp.telemetry.startCall(sampleCallStart()).deny(sampleDenial());
    const root = spanNamed(await otlp.spans(), "meeting-summarization");
    const told = valuesOf(root.attributes);
    assert.deepEqual(
      ["tenantry.denied", "tenantry.limit_id", "error.type", "tenantry.cost_usd"].map((key) => told[key]),
      ["rate_limited", "calls-per-minute", "rate_limited", undefined],
    );
    assert.match(root.status.message ?? "", /^rate_limited: 60 calls per minute/);
  });

  it("carries nothing that a backend would take for a model call of its own", async () => {
    const root = spanNamed(await call({}), "meeting-summarization");
    assert.deepEqual(
      root.attributes.filter(({ key }) => key.startsWith("gen_ai.")),
      [],
    );
  });
});

describe("the guide", () => {
  it("names every attribute and event of our own", () => {
    const root = join(import.meta.dirname, "../../..");
    const guide = readFileSync(join(root, "docs/guides/opentelemetry.md"), "utf8");
    const sources = globSync("packages/adapters-telemetry-otlp/src/to-*.ts", { cwd: root });
    const names = sources.flatMap(
      (file) => readFileSync(join(root, file), "utf8").match(/(?<=")tenantry\.[a-z_]+(?=")/g) ?? [],
    );
    assert.ok(names.length > 20);
    assert.deepEqual(
      names.filter((name) => !guide.includes(`\`${name}\``)),
      [],
    );
  });
});
