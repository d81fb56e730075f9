import assert from "node:assert/strict";
import { context, trace } from "@opentelemetry/api";
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
