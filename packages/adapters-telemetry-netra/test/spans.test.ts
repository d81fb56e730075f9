import assert from "node:assert/strict";
import { usageOf, type Objective } from "@tenantry/core";
import {
  sampleAttemptEnd,
  sampleAttemptStart,
  sampleCallEnd,
  sampleCallStart,
  sampleDenial,
  sampleLine,
  sampleRecord,
  type ReceivedSpan,
} from "@tenantry/testkit";
import { afterEach, beforeEach, describe, it } from "vitest";
import { openNetra, type OpenedNetra } from "./open-netra.ts";
import { attribute, attributesOf, attributeTypes, spanNamed } from "./read-span.ts";

const p95: Objective = { id: "p95", metric: "latency", quantile: 0.95, thresholdMs: 2_000, minCalls: 20 };

let netra: OpenedNetra;
beforeEach(async () => {
  netra = await openNetra();
});
afterEach(async () => await netra.close());

interface Sample {
  readonly start?: Parameters<typeof sampleCallStart>[0];
  readonly attempt?: Parameters<typeof sampleAttemptStart>[0];
  readonly attemptEnd?: Parameters<typeof sampleAttemptEnd>[0];
  readonly end?: Parameters<typeof sampleCallEnd>[0];
}

async function call({ start, attempt, attemptEnd, end }: Sample): Promise<readonly ReceivedSpan[]> {
  const span = netra.telemetry.startCall(sampleCallStart(start));
  span.startAttempt(sampleAttemptStart(attempt)).end(sampleAttemptEnd(attemptEnd));
  span.end(sampleCallEnd(end));
  return await netra.spans();
}

describe("check 5: the cookbook's flow", () => {
  it("is one call span and one LLM span below it, in one trace, marked on the root", async () => {
    const spans = await call({});
    assert.equal(spans.length, 2);
    const root = spanNamed(spans, "meeting-summarization");
    const llm = spanNamed(spans, "openai.chat");
    assert.deepEqual(root.scope, { name: "netra", version: "1.8.0" });
    assert.deepEqual(llm.scope, { name: "netra.instrumentation.openai", version: "1.0.0" });
    assert.deepEqual([root.span.kind, llm.span.kind], [3, 3]);
    assert.equal(llm.span.traceId, root.span.traceId);
    assert.equal(llm.span.parentSpanId, root.span.spanId);
    assert.equal(attribute(root.span, "netra.trace.llm.call"), true);
    assert.equal(attribute(llm.span, "netra.trace.llm.call"), undefined);
  });
});

describe("a share of a budget that the call's spending reached", () => {
  it("is an event of the call's span, with budget, share, limit and spent, exact", async () => {
    const reached = {
      tenantId: "apex-legal",
      budgetId: "budget-month",
      scopeId: null,
      percent: 80,
      limitPico: 500_000_000_000_000n,
      spentPico: 400_000_000_000_001n,
      resetAt: Date.UTC(2026, 11, 1),
    };
    const forUser = { ...reached, budgetId: "budget-1d-user", scopeId: "ann", resetAt: null };
    const spans = await call({ end: { budgetEvents: [reached, forUser] } });
    const events = spanNamed(spans, "meeting-summarization").span.events ?? [];
    const told = events.filter(({ name }) => name === "budget-reached").map((event) => attributesOf(event));
    const figures = { percent: 80, limit_usd: "500", spent_usd: "400.000000000001" };
    assert.deepEqual(told, [
      { budget: "budget-month", ...figures, reset_at: "2026-12-01T00:00:00.000Z" },
      { budget: "budget-1d-user", ...figures, scope_id: "ann" },
    ]);
    assert.equal((spanNamed(spans, "openai.chat").span.events ?? []).length, 0);
  });
});

describe("check 6: what every span carries", () => {
  it("has the constants, the placeholders and the ids that are known", async () => {
    for (const { span } of await call({})) {
      const { library, version, sdk, input, output, conversation, tenant, session, user } = {
        library: attribute(span, "library.name"),
        version: attribute(span, "library.version"),
        sdk: attribute(span, "sdk.name"),
        input: attribute(span, "input"),
        output: attribute(span, "output"),
        conversation: attribute(span, "conversation"),
        tenant: attribute(span, "netra.tenant_id"),
        session: attribute(span, "netra.session_id"),
        user: attribute(span, "netra.user_id"),
      };
      assert.deepEqual([library, version, sdk], ["netra", "1.8.0", "netra"]);
      assert.deepEqual([input, output, conversation], ["", "", "[]"]);
      assert.deepEqual([tenant, session, user], ["apex-legal", "session-1", "john.smith@apexlegal.example"]);
    }
  });

  it("has no user and no session where none is known", async () => {
    for (const { span } of await call({ start: { userId: null, sessionId: null } })) {
      assert.equal(attribute(span, "netra.user_id"), undefined);
      assert.equal(attribute(span, "netra.session_id"), undefined);
    }
  });
});

describe("check 7: the call's span", () => {
  it("has the cookbook's attributes, unprefixed and typed, and the SDK's status and duration", async () => {
    const record = sampleRecord({ verdicts: [{ objectiveId: "p95", verdict: "good" }] });
    const { span } = spanNamed(await call({ end: { record, objectives: [p95] } }), "meeting-summarization");
    const { tenant_id, tier, model, sla_met } = attributesOf(span);
    assert.deepEqual([tenant_id, tier, model, sla_met], ["apex-legal", "enterprise", "gpt-4o-mini", true]);
    assert.equal(attribute(span, "netra.span.type"), "SPAN");
    assert.equal(attribute(span, "netra.span.name"), "meeting-summarization");
    assert.equal(attribute(span, "netra.status"), "success");
    assert.match(String(attribute(span, "netra.duration_ms")), /^\d+\.\d\d$/);
    assert.deepEqual(span.status, { code: 1 });
  });

  it("states the duration in seconds, equal to the span's own", async () => {
    await netra.close();
    let nowMs = 1_795_000_000_000;
    const clock = { now: () => nowMs, monotonicMs: () => nowMs, sleep: () => Promise.resolve() };
    netra = await openNetra({}, { clock });
    const span = netra.telemetry.startCall(sampleCallStart());
    nowMs += 1_234;
    span.end(sampleCallEnd());
    const seen = (await netra.spans())[0]?.span;
    assert.ok(seen);
    assert.equal(attribute(seen, "netra.duration_ms"), "1.23");
    assert.equal(seen.startTimeUnixNano, "1795000000000000000");
    assert.equal(seen.endTimeUnixNano, "1795000001234000000");
  });

  it("never ends before it starts, also when the wall clock steps back", async () => {
    await netra.close();
    let wallMs = 1_795_000_000_000;
    netra = await openNetra({}, { clock: { now: () => wallMs, monotonicMs: () => 5, sleep: () => Promise.resolve() } });
    const span = netra.telemetry.startCall(sampleCallStart());
    wallMs -= 86_400_000;
    span.end(sampleCallEnd());
    const seen = (await netra.spans())[0]?.span;
    assert.equal(seen?.endTimeUnixNano, seen?.startTimeUnixNano);
  });

  it("states usage as the SDK's JSON text with the exact digits of the cost", async () => {
    const { span } = spanNamed(await call({}), "meeting-summarization");
    assert.equal(
      attribute(span, "netra.usage"),
      '[{"model":"gpt-4o-mini","usage_type":"chat","units_used":150,"cost_in_usd":0.000036}]',
    );
  });

  it("marks a breach with whole milliseconds, rounded up past the promise", async () => {
    const record = sampleRecord({ latencyMs: 2_000.2, verdicts: [{ objectiveId: "p95", verdict: "bad" }] });
    const { span } = spanNamed(await call({ end: { record, objectives: [p95] } }), "meeting-summarization");
    assert.equal(attribute(span, "sla_met"), false);
    assert.deepEqual(
      span.events.map(({ name, attributes }) => ({ name, attributes })),
      [
        {
          name: "sla-breach",
          attributes: [
            { key: "actual_ms", value: { intValue: 2_001 } },
            { key: "sla_ms", value: { intValue: 2_000 } },
          ],
        },
      ],
    );
  });

  it("says nothing about a service level where there is none, or the call is excluded from it", async () => {
    const excluded = sampleRecord({ verdicts: [{ objectiveId: "p95", verdict: "excluded" }] });
    const spans = [...(await call({})), ...(await call({ end: { record: excluded, objectives: [p95] } }))];
    for (const { span } of spans) assert.equal(attribute(span, "sla_met"), undefined);
  });

  it("carries the failure in status, message and netra.status", async () => {
    const record = sampleRecord({ outcome: "failed", failure: "upstream_timeout" });
    const { span } = spanNamed(await call({ end: { record } }), "meeting-summarization");
    assert.deepEqual(span.status, { code: 2, message: "upstream_timeout" });
    assert.equal(attribute(span, "netra.status"), "error");
    assert.equal(attribute(span, "netra.error_message"), "upstream_timeout");
  });

  it("shows a denial as an error with its code, without usage", async () => {
    netra.telemetry.startCall(sampleCallStart()).deny(sampleDenial());
    const span = (await netra.spans())[0]?.span;
    assert.ok(span);
    assert.equal(span.status.message, "rate_limited: 60 calls per minute are used up; try again in 3 s");
    assert.equal(attribute(span, "tenantry.denied"), "rate_limited");
    assert.equal(attribute(span, "netra.usage"), undefined);
  });
});

const common =
  "conversation: stringValue|input: stringValue|library.name: stringValue|library.version: stringValue|netra.session_id: stringValue|netra.tenant_id: stringValue|netra.user_id: stringValue|output: stringValue|sdk.name: stringValue".split(
    "|",
  );
const ours =
  "tenantry.attempt: intValue|tenantry.attempt_id: stringValue|tenantry.call_id: stringValue|tenantry.outcome: stringValue|tenantry.usage_source: stringValue".split(
    "|",
  );

describe("check 8, as far as the port goes: the SDK's vocabulary on attempts", () => {
  it("openai.chat has the SDK's set and types, and our ids", async () => {
    const { span } = spanNamed(await call({}), "openai.chat");
    const sdk =
      "gen_ai.request.max_tokens: intValue|gen_ai.request.model: stringValue|gen_ai.request.temperature: doubleValue|gen_ai.response.finish_reason: stringValue|gen_ai.response.model: stringValue|gen_ai.system: stringValue|gen_ai.usage.cache_read_input_tokens: intValue|gen_ai.usage.completion_tokens: intValue|gen_ai.usage.prompt_tokens: intValue|gen_ai.usage.reasoning_tokens: intValue|llm.request.type: stringValue|llm.response.duration: doubleValue|llm.response.finish_reason: stringValue|llm.response.id: stringValue|llm.usage.total_tokens: intValue|netra.instrumentation.name: stringValue".split(
        "|",
      );
    assert.deepEqual(attributeTypes(span), [...common, ...ours, ...sdk].toSorted());
    assert.deepEqual(span.status, { code: 1 });
  });

  it("an OpenAI stream says so and has no response id, as the SDK's", async () => {
    const { span } = spanNamed(await call({ attempt: { streamed: true } }), "openai.chat");
    assert.equal(attribute(span, "llm.is_streaming"), true);
    assert.equal(attribute(span, "llm.response.id"), undefined);
    assert.equal(attribute(span, "gen_ai.usage.prompt_tokens"), 120);
  });

  const claude = { provider: "anthropic", model: "claude-sonnet-4-5" };
  const cached = usageOf({ input: 100, cacheRead: 20, cacheWrite5m: 10, cacheWrite1h: 3, output: 30, reasoning: 5 });

  it.each([
    ["anthropic.chat", false],
    ["anthropic.stream", true],
  ] as const)("%s has Anthropic's counts: input without cached tokens, no total", async (name, streamed) => {
    const line = sampleLine({ answered: claude, usage: cached });
    const spans = await call({
      attempt: { target: claude, streamed },
      attemptEnd: { line, finishReason: "length" },
      end: { lines: [line] },
    });
    const { span, scope } = spanNamed(spans, name);
    assert.deepEqual(scope, { name: "netra.instrumentation.anthropic", version: "1.0.0" });
    const seen = attributesOf(span);
    assert.equal(seen["gen_ai.usage.prompt_tokens"], 100);
    assert.equal(seen["gen_ai.usage.cache_read_input_tokens"], 20);
    assert.equal(seen["gen_ai.usage.cache_creation_input_tokens"], 13);
    assert.equal(seen["gen_ai.usage.completion_tokens"], 35);
    assert.equal(seen["llm.usage.total_tokens"], undefined);
    assert.equal(seen["netra.instrumentation.name"], undefined);
    assert.equal(seen["llm.streaming"], streamed ? true : undefined);
    assert.equal(seen["gen_ai.response.finish_reason"], "max_tokens");
  });

  it("OpenAI's counts include cached and reasoning tokens, as its own answer does", async () => {
    const line = sampleLine({ usage: cached });
    const seen = attributesOf(spanNamed(await call({ attemptEnd: { line } }), "openai.chat").span);
    assert.equal(seen["gen_ai.usage.prompt_tokens"], 133);
    assert.equal(seen["gen_ai.usage.completion_tokens"], 35);
    assert.equal(seen["llm.usage.total_tokens"], 168);
    assert.equal(seen["gen_ai.usage.reasoning_tokens"], 5);
  });

  it("another provider's attempt is named and scoped after it", async () => {
    const { scope } = spanNamed(
      await call({ attempt: { target: { provider: "mistral", model: "m" } } }),
      "mistral.chat",
    );
    assert.equal(scope.name, "netra.instrumentation.mistral");
  });

  it("deviation: a provider's error has no stack trace: it is status 2 with its message and an exception event", async () => {
    const line = sampleLine({ outcome: "refused", usage: null, status: 401, reportedModel: null, responseId: null });
    const { span } = spanNamed(
      await call({ attemptEnd: { line, error: "Incorrect API key provided", finishReason: null } }),
      "openai.chat",
    );
    assert.deepEqual(span.status, { code: 2, message: "Incorrect API key provided" });
    assert.deepEqual(
      span.events.map(({ name, attributes }) => [name, attributes.map(({ key }) => key)]),
      [["exception", ["exception.type", "exception.message"]]],
    );
  });
});

describe("check 17: usage", () => {
  it("tokens stand on the attempt only, cost on the call only", async () => {
    const spans = await call({});
    const withTokens = spans.filter(({ span }) => attribute(span, "gen_ai.usage.prompt_tokens") !== undefined);
    const withCost = spans.filter(({ span }) => attribute(span, "netra.usage") !== undefined);
    assert.deepEqual(
      withTokens.map(({ span }) => span.name),
      ["openai.chat"],
    );
    assert.deepEqual(
      withCost.map(({ span }) => span.name),
      ["meeting-summarization"],
    );
  });

  it("a chat of 300 messages keeps all its usage and its answer; the cap cuts the last prompts, counted", async () => {
    const messages = Array.from({ length: 300 }, (_, index) => ({
      role: "user" as const,
      content: `message ${index}`,
    }));
    const { span } = spanNamed(await call({ attempt: { messages }, attemptEnd: { text: "short" } }), "openai.chat");
    assert.equal(attribute(span, "gen_ai.usage.prompt_tokens"), 120);
    assert.equal(attribute(span, "llm.usage.total_tokens"), 150);
    assert.equal(attribute(span, "gen_ai.completion.0.content"), "short");
    assert.equal(attribute(span, "gen_ai.prompt.0.content"), "message 0");
    assert.equal(span.attributes.length, 128);
    assert.ok(span.droppedAttributesCount > 200);
  });

  it("an aborted stream is a span, with what was used", async () => {
    const line = sampleLine({ outcome: "aborted", source: "estimated" });
    const spans = await call({
      attempt: { streamed: true },
      attemptEnd: { line, finishReason: null },
      end: { record: sampleRecord({ outcome: "aborted", failure: "cancelled" }), lines: [line] },
    });
    const { span } = spanNamed(spans, "openai.chat");
    assert.deepEqual(span.status, { code: 2, message: "aborted (status 200)" });
    assert.equal(attribute(span, "gen_ai.usage.completion_tokens"), 30);
    assert.equal(attribute(span, "tenantry.usage_source"), "estimated");
  });
});
