import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { context, propagation, ROOT_CONTEXT } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  type CollectorBehaviour,
  sampleAttemptEnd,
  sampleAttemptStart,
  sampleCallEnd,
  sampleCallStart,
} from "@tenantry/testkit";
import { afterEach, describe, it } from "vitest";
import type { OtlpTelemetryOptions } from "../src/index.ts";
import { openOtlp, type OpenedOtlp } from "./open-otlp.ts";
import { rejectingAnswer } from "./read-otlp.ts";

let otlp: OpenedOtlp;
afterEach(async () => await otlp?.close());

async function open(options: Partial<OtlpTelemetryOptions> = {}): Promise<OpenedOtlp> {
  otlp = await openOtlp({ metrics: false, ...options });
  return otlp;
}

function makeCalls(count: number, from = 0): void {
  for (let index = from; index < from + count; index++) {
    otlp.telemetry.startCall(sampleCallStart({ callId: `call-${index}` })).end(sampleCallEnd());
  }
}

describe("a collector that misbehaves, with metrics on", () => {
  const ways: readonly (readonly [string, CollectorBehaviour, "later" | "lost"])[] = [
    ["refuses connections", { kind: "refuse" }, "later"],
    ["closes mid-way", { kind: "break" }, "later"],
    ["hangs", { kind: "hang" }, "later"],
    ["answers 500", { kind: "answer", status: 500 }, "later"],
    ["answers 429", { kind: "answer", status: 429 }, "later"],
    ["answers 401", { kind: "answer", status: 401 }, "lost"],
    ["redirects", { kind: "answer", status: 307, headers: { location: "http://127.0.0.1:9/" } }, "lost"],
  ];
  it.each(ways)("and %s: calls go on, what it did not take is counted, and it recovers", async (_, behaviour, fate) => {
    await open({ metrics: true, requestTimeoutMs: 50, metricsIntervalMs: 100 });
    await otlp.collector.behave(behaviour);
    const startedMs = performance.now();
    makeCalls(200);
    assert.ok(performance.now() - startedMs < 200, "calls waited");
    await otlp.telemetry.flush(60);
    const during = otlp.telemetry.counts();
    assert.equal(during.sent + during.dropped + during.queued, 200);
    assert.equal(during.sent, 0);
    assert.equal(fate === "lost" ? during.dropped : during.queued, 200);
    await otlp.collector.behave({ kind: "accept" });
    makeCalls(1, 200);
    await otlp.telemetry.flush(5_000);
    assert.deepEqual(otlp.telemetry.counts(), {
      sent: fate === "lost" ? 1 : 201,
      dropped: fate === "lost" ? 200 : 0,
      queued: 0,
    });
    const ids = (await otlp.spans()).map(({ span }) => span.spanId);
    assert.equal(new Set(ids).size, ids.length, "a span arrived twice");
  });

  it("keeps memory bounded in bytes while it hangs, contents included", async () => {
    await open({ maxQueueBytes: 1_000_000 });
    await otlp.collector.behave({ kind: "hang" });
    const text = "x".repeat(20_000);
    for (let index = 0; index < 200; index++) {
      const call = otlp.telemetry.startCall(sampleCallStart());
      call.startAttempt(sampleAttemptStart()).end(sampleAttemptEnd({ text }));
    }
    const { queued, dropped } = otlp.telemetry.counts();
    assert.ok(queued > 10 && queued <= 25, `${queued} spans of over 40,000 bytes in 1,000,000`);
    assert.equal(queued + dropped, 200);
    assert.equal(otlp.log.length, 1, "one entry for all drops");
  });

  it("is told when to come back, and then is not asked before, also when somebody flushes", async () => {
    await open();
    await otlp.collector.behave({ kind: "answer", status: 429, headers: { "retry-after": "0.4" } });
    makeCalls(1);
    await otlp.telemetry.flush(100);
    await otlp.collector.behave({ kind: "accept" });
    await otlp.telemetry.flush(50);
    assert.equal(otlp.collector.requests.length, 1);
    await otlp.telemetry.flush(3_000);
    assert.equal(otlp.telemetry.counts().sent, 1);
  });
});

describe("what a collector takes", () => {
  it("in part is counted in part: protobuf", async () => {
    await open({
      request: () => Promise.resolve({ kind: "answered", status: 200, retryAfter: null, body: rejectingAnswer(3) }),
    });
    makeCalls(10);
    await otlp.telemetry.flush(2_000);
    assert.deepEqual(otlp.telemetry.counts(), { sent: 7, dropped: 3, queued: 0 });
    assert.deepEqual(
      otlp.log.map(({ event, fields }) => [event, fields["spans"]]),
      [["telemetry_spans_rejected", 3]],
    );
  });

  it("in part is counted in part: JSON", async () => {
    await open({ protocol: "http/json" });
    const body = '{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too many"}}';
    await otlp.collector.behave({ kind: "answer", status: 200, body });
    makeCalls(10);
    await otlp.telemetry.flush(2_000);
    assert.deepEqual(otlp.telemetry.counts(), { sent: 7, dropped: 3, queued: 0 });
  });

  it.each(["", "{}", "not protobuf", '{"partialSuccess":{}}', "\u0000\u0000", "\u00ff".repeat(100)])(
    "is taken whole when a 2xx says %j",
    async (body) => {
      await open();
      await otlp.collector.behave({ kind: "answer", status: 202, body });
      makeCalls(2);
      await otlp.telemetry.flush(2_000);
      assert.deepEqual(otlp.telemetry.counts(), { sent: 2, dropped: 0, queued: 0 });
    },
  );

  it("is at most 512 spans at a time, in order, and nothing of 5000 is lost", async () => {
    await open();
    makeCalls(5_000);
    await otlp.telemetry.flush(10_000);
    assert.deepEqual(otlp.telemetry.counts(), { sent: 5_000, dropped: 0, queued: 0 });
    const spans = await otlp.spans();
    assert.equal(spans.length, 5_000);
    assert.ok(otlp.collector.requests.length >= 10);
    const ids = spans.map(({ span }) => span.attributes.find(({ key }) => key === "tenantry.call_id")?.value);
    assert.deepEqual(
      ids,
      Array.from({ length: 5_000 }, (_, index) => ({ stringValue: `call-${index}` })),
    );
  });
});

describe("what a collector is given at once", () => {
  it("is at most a MiB, contents included, where one span is not more", async () => {
    await open();
    const text = "x".repeat(30_000);
    for (let index = 0; index < 200; index++) {
      const call = otlp.telemetry.startCall(sampleCallStart());
      call.startAttempt(sampleAttemptStart()).end(sampleAttemptEnd({ text }));
    }
    await otlp.telemetry.flush(5_000);
    const sizes = otlp.collector.requests.map(({ bytes }) => bytes.length);
    assert.equal(otlp.telemetry.counts().sent, 200);
    assert.ok(Math.max(...sizes) <= 2 ** 20 && sizes.length > 5, sizes.join());
  });
});

describe("nothing of ours travels further than it should", () => {
  it("no baggage of the application reaches the collector or the context of an attempt's work", async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager());
    try {
      await open();
      const baggage = propagation.createBaggage({ tenant_id: { value: "apex-legal" } });
      await context.with(propagation.setBaggage(ROOT_CONTEXT, baggage), async () => {
        makeCalls(1);
        await otlp.telemetry.flush(1_000);
      });
      const [request] = otlp.collector.requests;
      assert.deepEqual(
        request?.headerNames.filter((name) => /baggage|traceparent|tracestate|user-agent/i.test(name)),
        [],
      );
      const attempt = otlp.telemetry.startCall(sampleCallStart()).startAttempt(sampleAttemptStart());
      assert.equal(
        attempt.within(() => propagation.getBaggage(context.active())),
        undefined,
      );
    } finally {
      context.disable();
    }
  });

  it("a log that throws harms nobody", async () => {
    await open({ metrics: true });
    (otlp.log as unknown[]).push = () => {
      throw new Error("disk full");
    };
    await otlp.collector.behave({ kind: "answer", status: 401 });
    makeCalls(1);
    await otlp.telemetry.flush(1_000);
    await delay(0);
    assert.equal(otlp.telemetry.counts().dropped, 1);
  });
});
