import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { usageOf } from "@tenantry/core";
import { sampleAttemptEnd, sampleAttemptStart, sampleCallEnd, sampleCallStart, sampleLine } from "@tenantry/testkit";
import { afterEach, describe, it } from "vitest";
import type { OtlpTelemetryOptions } from "../src/index.ts";
import { openOtlp, type OpenedOtlp } from "./open-otlp.ts";
import { pointsOf, valuesOf } from "./read-attributes.ts";
import { metricsIn, type ReadMetric } from "./read-otlp.ts";

let otlp: OpenedOtlp;
afterEach(async () => await otlp.close());

async function open(options: Partial<OtlpTelemetryOptions> = {}): Promise<OpenedOtlp> {
  otlp = await openOtlp(options);
  return otlp;
}

interface Made {
  readonly tenantId?: string;
  readonly attempt?: Parameters<typeof sampleAttemptStart>[0];
  readonly end?: Parameters<typeof sampleAttemptEnd>[0];
}

function makeCall({ tenantId = "apex-legal", attempt, end }: Made = {}): void {
  const call = otlp.telemetry.startCall(sampleCallStart({ tenantId }));
  call.startAttempt(sampleAttemptStart(attempt)).end(sampleAttemptEnd(end));
  call.end(sampleCallEnd());
}

function exports(): readonly (readonly ReadMetric[])[] {
  return otlp.collector.requests.filter(({ path }) => path === "/v1/metrics").map(metricsIn);
}

const seconds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const tokens = Array.from({ length: 14 }, (_, index) => 4 ** index);

describe("the client metrics", () => {
  for (const protocol of ["http/protobuf", "http/json"] as const) {
    it(`of both conventions have their names, units, kinds and boundaries: ${protocol}`, async () => {
      await open({ protocol });
      const usage = usageOf({ input: 100, cacheRead: 20, cacheWrite5m: 3, output: 30, reasoning: 5, audioInput: 2 });
      makeCall({ attempt: { streamed: true }, end: { ttftMs: 250, line: sampleLine({ usage }) } });
      makeCall({ attempt: { kind: "embedding" }, end: { line: sampleLine({ usage: usageOf({ input: 8 }) }) } });
      const metrics = await otlp.metrics();
      const told = metrics.map(({ name, unit, kind, points }) => [name, unit, kind, points[0]?.bounds ?? []]);
      const inference = "gen_ai.client.inference";
      assert.deepEqual(
        told.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
        [
          ["gen_ai.client.embeddings.duration", "s", "histogram", seconds],
          ["gen_ai.client.embeddings.operation.input_tokens", "{token}", "histogram", tokens],
          [`${inference}.duration`, "s", "histogram", seconds],
          [`${inference}.time_to_first_chunk`, "s", "histogram", seconds],
          [`${inference}.usage.cache_read.input_tokens`, "{token}", "counter", []],
          [`${inference}.usage.cache_write.input_tokens`, "{token}", "counter", []],
          [`${inference}.usage.input_tokens`, "{token}", "counter", []],
          [`${inference}.usage.output_tokens`, "{token}", "counter", []],
          [`${inference}.usage.reasoning.output_tokens`, "{token}", "counter", []],
          ["gen_ai.client.operation.duration", "s", "histogram", seconds],
          ["gen_ai.client.operation.time_to_first_chunk", "s", "histogram", seconds],
          ["gen_ai.client.token.usage", "{token}", "histogram", tokens],
        ],
      );
    });
  }

  it("count tokens by kind, whole and in parts, and audio apart", async () => {
    await open({ conventions: "current" });
    const usage = usageOf({ input: 100, cacheRead: 20, cacheWrite1h: 3, output: 30, reasoning: 5, audioInput: 2 });
    makeCall({ end: { line: sampleLine({ usage }) } });
    makeCall({ end: { line: sampleLine({ usage }) } });
    const metrics = await otlp.metrics();
    const counted = (name: string): unknown =>
      Object.fromEntries(
        pointsOf(metrics, `gen_ai.client.inference.usage.${name}`).map(({ attributes, value }) => [
          valuesOf(attributes)["gen_ai.token.modality"],
          value,
        ]),
      );
    assert.deepEqual(counted("input_tokens"), { unknown: 246, audio: 4 });
    assert.deepEqual(counted("output_tokens"), { unknown: 70 });
    assert.deepEqual(counted("cache_read.input_tokens"), { unknown: 40 });
    assert.deepEqual(counted("cache_write.input_tokens"), { unknown: 6 });
    assert.deepEqual(counted("reasoning.output_tokens"), { unknown: 10 });
    assert.ok(!metrics.some(({ name }) => /token\.usage|client\.operation/.test(name)));
  });

  it("of v1.41 have input and output in one histogram, in the right buckets", async () => {
    await open({ conventions: "v1.41" });
    makeCall();
    makeCall();
    const metrics = await otlp.metrics();
    const told = pointsOf(metrics, "gen_ai.client.token.usage").map(({ attributes, count, sum, buckets }) => [
      valuesOf(attributes)["gen_ai.token.type"],
      count,
      sum,
      buckets.indexOf(2),
    ]);
    // 120 is above 64 and at most 256; 30 above 16 and at most 64.
    assert.deepEqual(told, [
      ["input", 2, 240, 4],
      ["output", 2, 60, 3],
    ]);
    assert.ok(!metrics.some(({ name }) => name.startsWith("gen_ai.client.inference")));
  });

  it("measure each attempt as long as its span, with its labels, and errors by type", async () => {
    let monotonicMs = 0;
    const clock = { now: () => 1_795_000_000_000, monotonicMs: () => monotonicMs, sleep: () => Promise.resolve() };
    otlp = await openOtlp(
      { conventions: "current", providers: { openai: { kind: "openai", url: "https://api.openai.com/v1" } } },
      { clock },
    );
    const call = otlp.telemetry.startCall(sampleCallStart());
    for (const outcome of ["refused", "ok"] as const) {
      const attempt = call.startAttempt(sampleAttemptStart());
      monotonicMs += 1_500;
      attempt.end(sampleAttemptEnd({ line: sampleLine({ outcome, status: outcome === "ok" ? 200 : 429 }) }));
    }
    const points = pointsOf(await otlp.metrics(), "gen_ai.client.inference.duration");
    const common = {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "gpt-4o-mini",
      "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
      "server.address": "api.openai.com",
      "server.port": 443,
      "tenantry.tier": "enterprise",
    };
    assert.deepEqual(
      points.map(({ attributes, count, sum }) => [valuesOf(attributes), count, sum]),
      [
        [{ ...common, "error.type": "429" }, 1, 1.5],
        [common, 1, 1.5],
      ],
    );
  });

  it("are by tenant only where that is asked for", async () => {
    await open({ metricsPerTenant: true, conventions: "current" });
    makeCall({ tenantId: "a" });
    makeCall({ tenantId: "b" });
    const points = pointsOf(await otlp.metrics(), "gen_ai.client.inference.duration");
    assert.deepEqual(points.map(({ attributes }) => valuesOf(attributes)["tenantry.tenant_id"]).toSorted(), ["a", "b"]);
  });

  it("keep memory bounded whatever names come: past 2000 series the rest is counted together", async () => {
    await open({ metricsPerTenant: true, conventions: "current" });
    for (let index = 0; index < 2_500; index++) makeCall({ tenantId: `tenant-${index}` });
    const points = pointsOf(await otlp.metrics(), "gen_ai.client.inference.duration");
    assert.equal(points.length, 2_000);
    const overflow = points.filter(({ attributes }) => valuesOf(attributes)["otel.metric.overflow"] === true);
    assert.equal(overflow[0]?.count, 501);
  });

  it("are not spoilt by a value that is none", async () => {
    await open();
    makeCall({ attempt: { streamed: true }, end: { ttftMs: Number.NaN } });
    makeCall({ attempt: { streamed: true }, end: { ttftMs: -5 } });
    makeCall({ attempt: { streamed: true }, end: { ttftMs: Infinity } });
    makeCall({ attempt: { streamed: true }, end: { ttftMs: 500 } });
    const [point, ...rest] = pointsOf(await otlp.metrics(), "gen_ai.client.inference.time_to_first_chunk");
    assert.deepEqual([point?.count, point?.sum, rest.length], [1, 0.5, 0]);
  });
});

describe("an export of metrics", () => {
  it("is made every interval, by itself, and once more when telemetry closes", async () => {
    await open({ metricsIntervalMs: 100 });
    makeCall();
    await otlp.collector.waitForRequests(1, 2_000);
    assert.equal(exports().length, 1);
    await otlp.telemetry.close(2_000);
    const after = exports().length;
    assert.ok(after >= 2);
    await delay(250);
    assert.equal(exports().length, after, "went on after close");
  });

  it("sums up since the start, or since the last one where that is asked for", async () => {
    for (const [temporality, expected, code] of [
      ["cumulative", [150, 300], 2],
      ["delta", [150, 150], 1],
    ] as const) {
      await open({ temporality, conventions: "v1.41" });
      for (let round = 0; round < 2; round++) {
        makeCall();
        await otlp.telemetry.flush(2_000);
      }
      const sums = exports().map((metrics) =>
        pointsOf(metrics, "gen_ai.client.token.usage").reduce((total, { sum }) => total + sum, 0),
      );
      assert.deepEqual(sums, expected);
      assert.equal(exports()[0]?.[0]?.temporality, code);
      await otlp.close();
    }
  });

  it("is not made where there is nothing to tell, nor where metrics are off, nor without an address", async () => {
    await open();
    await otlp.telemetry.flush(2_000);
    assert.equal(otlp.collector.requests.length, 0);
    await otlp.close();
    await open({ metrics: false });
    makeCall();
    await otlp.telemetry.close(2_000);
    assert.deepEqual(
      otlp.collector.requests.map(({ path }) => path),
      ["/v1/traces"],
    );
  });

  for (const temporality of ["cumulative", "delta"] as const) {
    it(`that cannot be delivered loses nothing when the collector is back: ${temporality}`, async () => {
      await open({ temporality, conventions: "v1.41" });
      await otlp.collector.behave({ kind: "refuse" });
      for (let round = 0; round < 20; round++) {
        makeCall();
        await otlp.telemetry.flush(5);
      }
      await otlp.collector.behave({ kind: "accept" });
      await otlp.telemetry.flush(5_000);
      makeCall();
      await otlp.telemetry.flush(5_000);
      const sums = exports().map((metrics) =>
        pointsOf(metrics, "gen_ai.client.token.usage").reduce((total, { sum }) => total + sum, 0),
      );
      const total = temporality === "delta" ? sums.reduce((all, sum) => all + sum, 0) : Math.max(...sums);
      assert.equal(total, 21 * 150);
    });
  }

  it("that is refused costs that export, is logged once, and counts in no span", async () => {
    await open({
      request: ({ url }) => {
        const status = url.pathname === "/v1/metrics" ? 401 : 200;
        return Promise.resolve({ kind: "answered", status, retryAfter: null, body: "" });
      },
    });
    makeCall();
    await otlp.telemetry.flush(2_000);
    assert.deepEqual(otlp.telemetry.counts(), { sent: 2, dropped: 0, queued: 0 });
    assert.deepEqual(
      otlp.log.map(({ event, fields }) => [event, fields["reason"], fields["metrics"]]),
      [["telemetry_metrics_dropped", "status 401", 1]],
    );
  });
});
