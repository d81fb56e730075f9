import assert from "node:assert/strict";
import { sampleAttemptEnd, sampleAttemptStart, sampleCallEnd, sampleCallStart } from "@tenantry/testkit";
import { afterEach, describe, it } from "vitest";
import type { OtlpTelemetryOptions } from "../src/index.ts";
import { readSettings } from "../src/settings.ts";
import { openOtlp, type OpenedOtlp } from "./open-otlp.ts";
import { metricsIn, spansIn } from "./read-otlp.ts";

let otlp: OpenedOtlp;
afterEach(async () => await otlp?.close());

async function exported(options: Partial<OtlpTelemetryOptions>): Promise<OpenedOtlp> {
  otlp = await openOtlp(options);
  const call = otlp.telemetry.startCall(sampleCallStart());
  call.startAttempt(sampleAttemptStart()).end(sampleAttemptEnd());
  call.end(sampleCallEnd());
  await otlp.telemetry.flush(5_000);
  return otlp;
}

describe("a request", () => {
  for (const protocol of ["http/protobuf", "http/json"] as const) {
    for (const compression of ["none", "gzip"] as const) {
      it(`is ${protocol}, ${compression}: one of spans and one of metrics, with no header but what it takes`, async () => {
        const { collector } = await exported({ protocol, compression, headers: "x-api-key=a%20b%3D,x-team=c" });
        assert.deepEqual(collector.requests.map(({ method, path }) => `${method} ${path}`).toSorted(), [
          "POST /v1/metrics",
          "POST /v1/traces",
        ]);
        for (const request of collector.requests) {
          assert.deepEqual(request.headerNames.map((name) => name.toLowerCase()).toSorted(), [
            "connection",
            ...(compression === "gzip" ? ["content-encoding"] : []),
            "content-length",
            "content-type",
            "host",
            "x-api-key",
            "x-team",
          ]);
          assert.equal(request.headers["x-api-key"], "a b=");
          const isJson = protocol === "http/json";
          assert.equal(request.headers["content-type"], isJson ? "application/json" : "application/x-protobuf");
          const isGzip = request.bytes[0] === 0x1f && request.bytes[1] === 0x8b;
          assert.equal(isGzip, compression === "gzip");
        }
        const [traces, metrics] = collector.requests.toSorted((a, b) => (a.path < b.path ? 1 : -1));
        assert.equal(spansIn(traces ?? assert.fail()).length, 2);
        assert.ok(metricsIn(metrics ?? assert.fail()).length > 2);
      });
    }
  }

  it("goes to each signal's own endpoint as it is, query and all, where there is one", async () => {
    otlp = await openOtlp();
    const { origin } = otlp.collector;
    await otlp.telemetry.close(0);
    const seen: string[] = [];
    const { telemetry, close } = await openOtlp({
      endpoint: `${origin}/base/`,
      tracesEndpoint: `${origin}/in?key=1`,
      request: ({ url }) => {
        seen.push(`${url.pathname}${url.search}`);
        return Promise.resolve({ kind: "answered", status: 200, retryAfter: null, body: "" });
      },
    });
    telemetry.startCall(sampleCallStart()).startAttempt(sampleAttemptStart()).end(sampleAttemptEnd());
    await telemetry.flush(2_000);
    assert.deepEqual(seen.toSorted(), ["/base/v1/metrics", "/in?key=1"]);
    await close();
  });

  it("without an endpoint for metrics is one of spans alone", () => {
    const { tracesUrl, metricsUrl } = readSettings({ tracesEndpoint: "http://h/v1/traces" });
    assert.deepEqual([tracesUrl.href, metricsUrl], ["http://h/v1/traces", null]);
  });
});

describe("settings", () => {
  it.each([
    ["http://h:4318", "http://h:4318/v1/traces"],
    ["http://h:4318/", "http://h:4318/v1/traces"],
    ["https://h/otlp//", "https://h/otlp/v1/traces"],
    [" https://h/otlp?k=1 ", "https://h/otlp/v1/traces?k=1"],
  ])("the base %j leads to %s", (endpoint, expected) => {
    assert.equal(readSettings({ endpoint }).tracesUrl.href, expected);
  });

  const cases: readonly (readonly [string, OtlpTelemetryOptions, readonly string[]])[] = [
    ["no endpoint", {}, ["endpoint"]],
    ["an endpoint without a scheme", { endpoint: "localhost:4318" }, ["endpoint"]],
    ["a password in the endpoint", { endpoint: "http://u:p@h" }, ["endpoint"]],
    ["a fragment", { endpoint: "http://h/#a" }, ["endpoint"]],
    ["a bad endpoint of one signal", { endpoint: "http://h", metricsEndpoint: "nowhere" }, ["metricsEndpoint"]],
    ["a protocol that is not spoken", { endpoint: "http://h", protocol: "grpc" as never }, ["protocol"]],
    ["a header of the transport", { endpoint: "http://h", headers: { "content-type": "text/plain" } }, ["headers"]],
    ["a header with a line break", { endpoint: "http://h", headers: "a=1%0Ab" }, ["headers"]],
    ["an interval that is too short", { endpoint: "http://h", metricsIntervalMs: 10 }, ["metricsIntervalMs"]],
    [
      "everything at once",
      { endpoint: "x", headers: "=", compression: "zip" as never, maxQueue: 0, temporality: "both" as never },
      ["endpoint", "headers", "compression", "temporality", "maxQueue"],
    ],
  ];
  it.each(cases)("refuse %s", (_, options, paths) => {
    assert.throws(
      () => readSettings(options),
      (error: { code: string; issues: readonly { path: string }[] }) => {
        assert.equal(error.code, "invalid_configuration");
        assert.deepEqual(
          error.issues.map(({ path }) => path),
          paths,
        );
        return true;
      },
    );
  });

  it("show no value of a header", () => {
    assert.throws(
      () => readSettings({ endpoint: "http://h", headers: { "a b": "hidden" } }),
      (error: Error) => !error.message.includes("hidden"),
    );
  });
});
