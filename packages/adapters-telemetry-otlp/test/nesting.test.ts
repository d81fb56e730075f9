import assert from "node:assert/strict";
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import { combineTelemetry } from "@tenantry/core";
import { sampleAttemptEnd, sampleAttemptStart, sampleCallEnd, sampleCallStart } from "@tenantry/testkit";
import { afterEach, beforeEach, describe, it } from "vitest";
import { openOtlp, type OpenedOtlp } from "./open-otlp.ts";
import { spanNamed } from "./read-attributes.ts";

let otlp: OpenedOtlp;
beforeEach(async () => {
  otlp = await openOtlp();
});
afterEach(async () => {
  context.disable();
  trace.disable();
  await otlp.close();
});

describe("one trace with the application's own spans", () => {
  it("registers nothing in the process", () => {
    assert.equal(trace.setGlobalTracerProvider(new TracerProvider()), true);
    assert.equal(context.setGlobalContextManager(new AsyncLocalStorageContextManager()), true);
  });

  it("a call is below the application's active span; its spans inside an attempt are below that, calls in them below them", async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager());
    const tracer = new TracerProvider().getTracer("app");
    const request = tracer.startSpan("GET /meetings");
    const tool = context.with(trace.setSpan(context.active(), request), () => {
      const call = otlp.telemetry.startCall(sampleCallStart());
      const attempt = call.startAttempt(sampleAttemptStart());
      const made = attempt.within(() =>
        tracer.startActiveSpan("tool", (span) => {
          otlp.telemetry.startCall(sampleCallStart({ operation: "inner" })).end(sampleCallEnd());
          return span;
        }),
      );
      attempt.end(sampleAttemptEnd());
      call.end(sampleCallEnd());
      return made;
    });
    const spans = await otlp.spans();
    const outer = spanNamed(spans, "meeting-summarization");
    assert.deepEqual(
      [outer.traceId, outer.parentSpanId],
      [request.spanContext().traceId, request.spanContext().spanId],
    );
    const { parentSpanContext } = tool as unknown as { parentSpanContext: { spanId: string } };
    assert.equal(parentSpanContext.spanId, spanNamed(spans, "chat gpt-4o-mini").spanId);
    assert.equal(spanNamed(spans, "inner").parentSpanId, tool.spanContext().spanId);
  });
});

describe("two telemetries around the same calls", () => {
  for (const registered of [true, false]) {
    it(`each nests a call below its own attempt, ${registered ? "with" : "without"} a context manager`, async () => {
      if (registered) context.setGlobalContextManager(new AsyncLocalStorageContextManager());
      const other = await openOtlp();
      const telemetry = combineTelemetry([otlp.telemetry, other.telemetry]);
      const call = telemetry.startCall(sampleCallStart({ operation: "outer" }));
      const attempt = call.startAttempt(sampleAttemptStart());
      const active = await attempt.within(async () => {
        await Promise.resolve();
        telemetry.startCall(sampleCallStart({ operation: "inner" })).end(sampleCallEnd());
        return trace.getSpan(context.active())?.spanContext();
      });
      attempt.end(sampleAttemptEnd());
      call.end(sampleCallEnd());
      for (const opened of [otlp, other]) {
        const spans = await opened.spans();
        const [own, inner] = [spanNamed(spans, "chat gpt-4o-mini"), spanNamed(spans, "inner")];
        assert.deepEqual([inner.traceId, inner.parentSpanId], [own.traceId, own.spanId]);
      }
      const first = spanNamed(await otlp.spans(), "chat gpt-4o-mini");
      assert.equal(active?.spanId, registered ? first.spanId : undefined, "the first one's span is the active one");
      await other.close();
    });
  }
});
