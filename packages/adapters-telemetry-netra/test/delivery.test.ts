import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { context, propagation, ROOT_CONTEXT } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { isTracingSuppressed } from "@opentelemetry/core";
import { sampleAttemptEnd, sampleAttemptStart, sampleCallEnd, sampleCallStart } from "@tenantry/testkit";
import { afterEach, describe, it } from "vitest";
import { silentLog } from "@tenantry/core";
import { createNetraTelemetry, type NetraTelemetryOptions } from "../src/index.ts";
import { openNetra, type OpenedNetra, realClock } from "./open-netra.ts";

let netra: OpenedNetra;
afterEach(async () => await netra?.close());

async function open(options: Partial<NetraTelemetryOptions> = {}): Promise<OpenedNetra> {
  netra = await openNetra(options);
  return netra;
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** What is held on the heap and in buffers, garbage gone: buffers are let go some turns after their owners. */
async function memoryBytes(): Promise<number> {
  for (let round = 0; round < 4; round++) {
    collectGarbage();
    await delay(20);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function textOf(body: Uint8Array): string {
  return Buffer.from(body).toString("utf8");
}

function makeCalls(count: number, from = 0): void {
  for (let index = from; index < from + count; index++) {
    netra.telemetry.startCall(sampleCallStart({ callId: `call-${index}` })).end(sampleCallEnd());
  }
}

describe("check 4: batches", () => {
  it("sends at most 512 spans a request, one request at a time, in order", async () => {
    const { collector, telemetry } = await open();
    makeCalls(1_200);
    await telemetry.flush(5_000);
    const sizes = collector.requests.map(({ body }) => body.split('"traceId"').length - 1);
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      1_200,
    );
    assert.ok(
      sizes.every((size) => size <= 512),
      sizes.join(),
    );
    const ids = collector
      .spans()
      .map(({ span }) => span.attributes.find(({ key }) => key === "tenantry.call_id")?.value);
    assert.deepEqual(
      ids,
      Array.from({ length: 1_200 }, (_, index) => ({ stringValue: `call-${index}` })),
    );
  });

  it("sends a full batch without waiting for the interval", async () => {
    const { collector } = await open({ maxBatch: 10, flushIntervalMs: 3_600_000 });
    makeCalls(10);
    await collector.waitForRequests(1, 2_000);
  });

  it("sends what there is after the interval", async () => {
    const { collector } = await open({ flushIntervalMs: 20 });
    makeCalls(1);
    await collector.waitForRequests(1, 2_000);
  });

  it("loses nothing of 5000 spans ended in one turn, where the SDK keeps 2560", async () => {
    const { telemetry } = await open();
    makeCalls(5_000);
    await telemetry.flush(10_000);
    assert.deepEqual(telemetry.counts(), { sent: 5_000, dropped: 0, queued: 0 });
  });

  it("takes any 2xx with any body for success", async () => {
    const { collector, telemetry } = await open();
    for (const body of ["", "not json", "null", '{"partialSuccess":{"rejectedSpans":"x"}}']) {
      await collector.behave({ kind: "answer", status: 202, body });
      makeCalls(1);
      await telemetry.flush(2_000);
    }
    assert.deepEqual(telemetry.counts(), { sent: 4, dropped: 0, queued: 0 });
  });

  it("counts what a partial success rejects as dropped", async () => {
    const { collector, telemetry } = await open();
    await collector.behave({ kind: "answer", status: 200, body: '{"partialSuccess":{"rejectedSpans":"3"}}' });
    makeCalls(10);
    await telemetry.flush(2_000);
    assert.deepEqual(telemetry.counts(), { sent: 7, dropped: 3, queued: 0 });
  });

  it("halves a batch that is too large until it fits", async () => {
    const { collector, telemetry } = await open({
      request: async ({ body }) => {
        const spans = textOf(body).split('"traceId"').length - 1;
        return { kind: "answered", status: spans > 3 ? 413 : 200, retryAfter: null, body: "" };
      },
    });
    makeCalls(20);
    await telemetry.flush(2_000);
    assert.deepEqual(telemetry.counts(), { sent: 20, dropped: 0, queued: 0 });
    assert.equal(collector.requests.length, 0);
  });
});

describe("deviation: a 429 obeys Retry-After, where the SDK stops for 900 s and drops", () => {
  it("waits the time it is told, also when somebody flushes, and then delivers", async () => {
    const { collector, telemetry } = await open();
    await collector.behave({ kind: "answer", status: 429, headers: { "retry-after": "0.4" } });
    makeCalls(1);
    await telemetry.flush(100);
    await collector.behave({ kind: "accept" });
    await telemetry.flush(50);
    assert.equal(collector.requests.length, 1, "asked again too early");
    await telemetry.flush(3_000);
    const [first, second] = collector.requests;
    assert.ok(first && second && second.atMs - first.atMs >= 390);
    assert.deepEqual(telemetry.counts(), { sent: 1, dropped: 0, queued: 0 });
  });
});

describe("check 4: a quota that is used up, whatever the status beside it", () => {
  it.each([
    ["a 403 whose JSON says 429", 403, '{"error":{"code":429,"message":"slow down"}}'],
    ["a 402 in words", 402, "Quota exceeded for this project"],
  ])("%s is waited for, and nothing is lost", async (_name, status, body) => {
    const { collector, telemetry } = await open();
    await collector.behave({ kind: "answer", status, body, headers: { "retry-after": "0.05" } });
    makeCalls(3);
    await telemetry.flush(40);
    assert.deepEqual(telemetry.counts(), { sent: 0, dropped: 0, queued: 3 });
    await collector.behave({ kind: "accept" });
    await telemetry.flush(3_000);
    assert.deepEqual(telemetry.counts(), { sent: 3, dropped: 0, queued: 0 });
  });
});

describe("deviation: failures are retried, logged and counted, where the SDK drops in silence", () => {
  it.each([500, 502, 503, 504, 408])("status %i is tried again and delivered once", async (status) => {
    const { collector, telemetry } = await open();
    await collector.behave({ kind: "answer", status });
    makeCalls(3);
    await telemetry.flush(40);
    await collector.behave({ kind: "accept" });
    await telemetry.flush(3_000);
    assert.deepEqual(telemetry.counts(), { sent: 3, dropped: 0, queued: 0 });
    assert.equal(collector.spans().length, 3);
  });

  it.each([400, 401, 403, 404, 301])(
    "status %i loses that batch, counted and logged; the next one is tried",
    async (status) => {
      const { collector, telemetry, log } = await open();
      await collector.behave({ kind: "answer", status, headers: { location: "http://127.0.0.1:9/elsewhere" } });
      makeCalls(3);
      await telemetry.flush(3_000);
      assert.deepEqual(telemetry.counts(), { sent: 0, dropped: 3, queued: 0 });
      assert.deepEqual(log, [
        {
          level: "error",
          event: "telemetry_spans_dropped",
          fields: { reason: `status ${status}`, spans: 3, suppressed: 0 },
        },
      ]);
      await collector.behave({ kind: "accept" });
      makeCalls(1);
      await telemetry.flush(3_000);
      assert.equal(telemetry.counts().sent, 1);
    },
  );

  it("a batch that makes the collector fail each time is given up, and does not block the rest", async () => {
    let requests = 0;
    const { telemetry } = await open({
      retryDelayMs: 1,
      maxBatch: 1,
      request: async ({ body }) => {
        requests++;
        return { kind: "answered", status: textOf(body).includes('"call-0"') ? 500 : 200, retryAfter: null, body: "" };
      },
    });
    makeCalls(2);
    await telemetry.flush(5_000);
    assert.deepEqual(telemetry.counts(), { sent: 1, dropped: 1, queued: 0 });
    assert.equal(requests, 11);
  });

  it("a connection that is closed mid-way, or refused, costs nothing but time", async () => {
    const { collector, telemetry } = await open();
    for (const kind of ["break", "refuse"] as const) {
      await collector.behave({ kind });
      makeCalls(2);
      await telemetry.flush(30);
    }
    await collector.behave({ kind: "accept" });
    await telemetry.flush(3_000);
    assert.deepEqual(telemetry.counts(), { sent: 4, dropped: 0, queued: 0 });
  });

  it("a request that hangs is ended by its time limit and tried again", async () => {
    const { collector, telemetry } = await open({ requestTimeoutMs: 50 });
    await collector.behave({ kind: "hang" });
    makeCalls(1);
    await telemetry.flush(30);
    await collector.behave({ kind: "accept" });
    await telemetry.flush(3_000);
    assert.deepEqual(telemetry.counts(), { sent: 1, dropped: 0, queued: 0 });
  });

  it("an answer whose body never ends has still been given: nothing is sent twice", async () => {
    let requests = 0;
    const server = createServer((incoming, response) => {
      requests++;
      incoming.resume().on("end", () => response.writeHead(200).write("{"));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const telemetry = createNetraTelemetry(
      { endpoint: `http://127.0.0.1:${port}`, apiKey: "k", requestTimeoutMs: 50, retryDelayMs: 1 },
      { clock: realClock, log: silentLog },
    );
    telemetry.startCall(sampleCallStart()).end(sampleCallEnd());
    await telemetry.flush(3_000);
    assert.deepEqual(telemetry.counts(), { sent: 1, dropped: 0, queued: 0 });
    assert.equal(requests, 1);
    await telemetry.close(0);
    server.closeAllConnections();
    server.close();
  });

  it("a sender that throws, or answers nonsense, is a failed request", async () => {
    let thrown = 0;
    const { telemetry } = await open({
      request: () => {
        thrown++;
        if (thrown === 1) throw new Error("no");
        if (thrown === 2) return undefined as never;
        return Promise.resolve({ kind: "answered", status: 200, retryAfter: null, body: "" });
      },
    });
    makeCalls(1);
    await telemetry.flush(3_000);
    assert.equal(telemetry.counts().sent, 1);
  });
});

describe("check 16: telemetry that is down changes nothing", () => {
  it("keeps memory bounded in bytes, and counts what does not fit", async () => {
    const { collector, telemetry, log } = await open({ maxQueueBytes: 100_000 });
    await collector.behave({ kind: "hang" });
    const text = "x".repeat(20_000);
    for (let index = 0; index < 100; index++) {
      const call = telemetry.startCall(sampleCallStart());
      call.startAttempt(sampleAttemptStart()).end(sampleAttemptEnd({ text }));
    }
    const { queued, dropped, sent } = telemetry.counts();
    assert.ok(queued > 0 && queued <= 2, `${queued} spans of over 40,000 bytes in 100,000`);
    assert.deepEqual({ sent, all: queued + dropped }, { sent: 0, all: 100 });
    assert.equal(log.length, 1, "one entry for all drops");
  });

  it("20,000 traced calls while the collector hangs take no more memory than the queue, however many come after", async () => {
    const maxQueueBytes = 2 ** 21;
    const { collector, telemetry } = await open({ maxQueueBytes, maxQueue: 1_000_000, requestTimeoutMs: 600_000 });
    await collector.behave({ kind: "hang" });
    const text = "An answer of some length. ".repeat(100);
    const makeTraced = async (count: number): Promise<void> => {
      for (let index = 0; index < count; index++) {
        const call = telemetry.startCall(sampleCallStart({ callId: `call-${index}` }));
        call.startAttempt(sampleAttemptStart()).end(sampleAttemptEnd({ text }));
        call.end(sampleCallEnd());
        if (index % 500 === 0) await delay(0);
      }
    };
    const atStart = await memoryBytes();
    await makeTraced(5_000);
    const whenFull = await memoryBytes();
    await makeTraced(15_000);
    const later = await memoryBytes();
    const { queued, dropped } = telemetry.counts();
    assert.equal(queued + dropped, 40_000);
    assert.ok(dropped > 35_000, `${dropped} dropped`);
    // All of it would be some 200 MB.
    assert.ok(whenFull - atStart < 32 * 2 ** 20, `${whenFull - atStart} bytes for ${maxQueueBytes} of spans`);
    assert.ok(later - whenFull < 4 * 2 ** 20, `${later - whenFull} bytes more`);
  });

  it("lets calls go on while the collector hangs", async () => {
    const { collector } = await open({ maxQueue: 500 });
    await collector.behave({ kind: "hang" });
    const startedMs = performance.now();
    makeCalls(2_000);
    await delay(0);
    const perCallMs = (performance.now() - startedMs) / 2_000;
    assert.ok(perCallMs < 1, `${perCallMs} ms a call`);
  });

  it("survives a log that throws", async () => {
    const { collector, telemetry } = await open();
    (netra.log as unknown[]).push = () => {
      throw new Error("disk full");
    };
    await collector.behave({ kind: "answer", status: 401 });
    makeCalls(1);
    await telemetry.flush(1_000);
    assert.equal(telemetry.counts().dropped, 1);
  });
});

describe("check 15: nothing of ours travels further than it should", () => {
  it("sends no baggage and no traceparent, and exports outside the application's tracing", async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager());
    try {
      const suppressed: boolean[] = [];
      await open({
        request: () => {
          suppressed.push(isTracingSuppressed(context.active()));
          return Promise.resolve({ kind: "answered", status: 200, retryAfter: null, body: "" });
        },
      });
      const baggage = propagation.createBaggage({ tenant_id: { value: "apex-legal" } });
      await context.with(propagation.setBaggage(ROOT_CONTEXT, baggage), async () => {
        makeCalls(1);
        await netra.telemetry.flush(1_000);
      });
      assert.deepEqual(suppressed, [true]);
    } finally {
      context.disable();
    }
  });

  it("puts no baggage into the context of an attempt's work", async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager());
    try {
      await open();
      const attempt = netra.telemetry.startCall(sampleCallStart()).startAttempt(sampleAttemptStart());
      assert.equal(
        attempt.within(() => propagation.getBaggage(context.active())),
        undefined,
      );
    } finally {
      context.disable();
    }
  });
});
