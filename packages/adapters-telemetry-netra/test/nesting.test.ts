import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { context, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import { sampleAttemptEnd, sampleAttemptStart, sampleCallEnd, sampleCallStart } from "@tenantry/testkit";
import { afterEach, beforeEach, describe, it } from "vitest";
import { openNetra, type OpenedNetra } from "./open-netra.ts";
import { attribute, spanNamed } from "./read-span.ts";

let netra: OpenedNetra;
beforeEach(async () => {
  netra = await openNetra();
});
afterEach(async () => {
  context.disable();
  trace.disable();
  await netra.close();
});

describe("one trace with the application's own spans", () => {
  it("registers nothing in the process", () => {
    const provider = new TracerProvider();
    assert.equal(trace.setGlobalTracerProvider(provider), true);
    assert.equal(context.setGlobalContextManager(new AsyncLocalStorageContextManager()), true);
  });

  it("check 14: no handler of signals, exceptions or exits is installed", async () => {
    const events = ["SIGTERM", "SIGINT", "beforeExit", "exit", "uncaughtException", "unhandledRejection"];
    const before = events.map((event) => process.listenerCount(event));
    const another = await openNetra();
    another.telemetry.startCall(sampleCallStart()).end(sampleCallEnd());
    await another.spans();
    assert.deepEqual(
      events.map((event) => process.listenerCount(event)),
      before,
    );
    await another.close();
  });

  it("deviation: a call is a child of the application's active span, where the SDK starts another trace", async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager());
    const request = new TracerProvider().getTracer("app").startSpan("GET /meetings");
    context.with(trace.setSpan(context.active(), request), () =>
      netra.telemetry.startCall(sampleCallStart()).end(sampleCallEnd()),
    );
    const { span } = spanNamed(await netra.spans(), "meeting-summarization");
    assert.equal(span.traceId, request.spanContext().traceId);
    assert.equal(span.parentSpanId, request.spanContext().spanId);
    assert.equal(span.flags, 257);
  });

  it("the application's spans inside an attempt are its children, and calls inside those are theirs", async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager());
    const tracer = new TracerProvider().getTracer("app");
    const call = netra.telemetry.startCall(sampleCallStart());
    const attempt = call.startAttempt(sampleAttemptStart());
    const tool = await attempt.within(async () => {
      await Promise.resolve();
      return tracer.startActiveSpan("tool", (span) => {
        netra.telemetry.startCall(sampleCallStart({ operation: "inner" })).end(sampleCallEnd());
        return span;
      });
    });
    attempt.end(sampleAttemptEnd());
    call.end(sampleCallEnd());
    const spans = await netra.spans();
    const { span } = spanNamed(spans, "openai.chat");
    assert.equal(tool.spanContext().traceId, span.traceId);
    assert.equal((tool as unknown as { parentSpanContext: { spanId: string } }).parentSpanContext.spanId, span.spanId);
    assert.equal(spanNamed(spans, "inner").span.parentSpanId, tool.spanContext().spanId);
  });

  it("check 13: work of no tenant beside 150 calls of three gets neither their spans, nor ids, nor baggage", async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager());
    const beside: unknown[] = [];
    const healthCheck = async (): Promise<void> => {
      for (let turn = 0; turn < 5; turn++) {
        await nextTurn();
        beside.push(trace.getSpan(context.active())?.spanContext(), propagation.getBaggage(context.active()));
      }
    };
    const tenants = ["apex-legal", "stratex-consulting", "techstart-inc"];
    const oneCall = async (index: number): Promise<void> => {
      const ids = { tenantId: tenants[index % 3] as string, userId: `user-${index}`, sessionId: null };
      const call = netra.telemetry.startCall(sampleCallStart({ callId: `call-${index}`, ...ids }));
      const attempt = call.startAttempt(sampleAttemptStart({ attemptId: `call-${index}/1` }));
      await attempt.within(async () => {
        await nextTurn();
        assert.equal(propagation.getBaggage(context.active()), undefined);
      });
      attempt.end(sampleAttemptEnd());
      call.end(sampleCallEnd());
    };
    const calls = Array.from({ length: 150 }, async (_, index) => await oneCall(index));
    await Promise.all([...calls, ...Array.from({ length: 30 }, healthCheck)]);
    assert.deepEqual(beside, Array(300).fill(undefined));
    const spans = await netra.spans();
    assert.equal(spans.length, 300);
    assert.equal(new Set(spans.map(({ span }) => span.traceId)).size, 150);
    for (const { span } of spans) {
      const index = Number(String(attribute(span, "tenantry.call_id")).slice("call-".length));
      assert.equal(attribute(span, "netra.tenant_id"), tenants[index % 3]);
      assert.equal(attribute(span, "netra.user_id"), `user-${index}`);
      assert.equal(attribute(span, "netra.session_id"), undefined);
    }
  });

  it("marks the topmost call of a nest, not the inner one", async () => {
    const outer = netra.telemetry.startCall(sampleCallStart({ operation: "outer" }));
    const attempt = outer.startAttempt(sampleAttemptStart());
    attempt.within(() => {
      const inner = netra.telemetry.startCall(sampleCallStart({ operation: "inner" }));
      inner.startAttempt(sampleAttemptStart({ attemptId: "inner/1" })).end(sampleAttemptEnd());
      inner.end(sampleCallEnd());
    });
    attempt.end(sampleAttemptEnd());
    outer.end(sampleCallEnd());
    const spans = await netra.spans();
    assert.equal(attribute(spanNamed(spans, "outer").span, "netra.trace.llm.call"), true);
    assert.equal(attribute(spanNamed(spans, "inner").span, "netra.trace.llm.call"), undefined);
  });
});
