import assert from "node:assert/strict";
import { sampleCallEnd, sampleCallStart } from "@tenantry/testkit";
import { afterEach, describe, it } from "vitest";
import type { NetraTelemetryOptions } from "../src/index.ts";
import { readSettings } from "../src/settings.ts";
import { openNetra, type OpenedNetra } from "./open-netra.ts";

let netra: OpenedNetra;
afterEach(async () => await netra?.close());

async function exported(options: Partial<NetraTelemetryOptions>): Promise<OpenedNetra> {
  netra = await openNetra(options);
  netra.telemetry.startCall(sampleCallStart()).end(sampleCallEnd());
  await netra.telemetry.flush(5_000);
  return netra;
}

const base = { apiKey: "k1", otelResourceAttributes: "" };

describe("check 1: endpoint and headers", () => {
  const forms = [
    ["", "/v1/traces"],
    ["/", "/v1/traces"],
    ["/telemetry", "/telemetry/v1/traces"],
    ["/v1/traces", "/v1/traces"],
    ["/v1/traces/", "/v1/traces"],
    ["/a/b/telemetry/", "/a/b/telemetry/v1/traces"],
  ] as const;
  it.each(forms)("an endpoint ending in %j posts to %s", async (endpoint, path) => {
    const { collector } = await exported({ endpoint });
    assert.deepEqual(
      collector.requests.map((request) => `${request.method} ${request.path}`),
      [`POST ${path}`],
    );
  });

  it("sends the SDK's headers and no others to a host that is not Netra's", async () => {
    const { collector } = await exported({ apiKey: "k1" });
    const request = collector.requests[0];
    assert.deepEqual(request?.headerNames.toSorted(), [
      "Authorization",
      "Connection",
      "Content-Length",
      "Content-Type",
      "Host",
    ]);
    assert.equal(request.headers["authorization"], "Bearer k1");
  });

  it("sends both keys when the program gives x-api-key itself, as the cookbook does", async () => {
    const { collector } = await exported({ apiKey: "k1", headers: "x-api-key=k1,x-team=a=b" });
    const headers = collector.requests[0]?.headers;
    assert.equal(headers?.["x-api-key"], "k1");
    assert.equal(headers?.["authorization"], "Bearer k1");
    assert.equal(headers?.["x-team"], "a=b");
  });

  it.each(["https://api.getnetra.ai/telemetry", "https://api.eu.GetNetra.ai", "http://h/getnetra"])(
    "sends only x-api-key when the endpoint says getnetra: %s",
    (endpoint) => {
      assert.deepEqual(readSettings({ ...base, endpoint }).headers, { "x-api-key": "k1" });
    },
  );

  it("lets a given header replace ours in any case, so that none is sent twice", () => {
    const settings = readSettings({ ...base, endpoint: "http://h", headers: { authorization: "Basic abc" } });
    assert.deepEqual(settings.headers, { authorization: "Basic abc" });
  });
});

describe("check 2: the form of a request", () => {
  it("is OTLP JSON with hex ids, decimal nanoseconds, flags 257, no parent on roots, events and links present", async () => {
    const { collector } = await exported({});
    assert.equal(collector.requests[0]?.headers["content-type"], "application/json");
    const received = collector.spans()[0];
    assert.ok(received);
    const { span } = received;
    assert.match(span.traceId, /^[0-9a-f]{32}$/);
    assert.match(span.spanId, /^[0-9a-f]{16}$/);
    assert.match(span.startTimeUnixNano, /^\d{19}$/);
    assert.match(span.endTimeUnixNano, /^\d{19}$/);
    assert.ok(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano));
    assert.ok(span.startTimeUnixNano.endsWith("000000"), "the start is a whole millisecond");
    assert.deepEqual(
      Object.keys(span).toSorted(),
      "attributes droppedAttributesCount droppedEventsCount droppedLinksCount endTimeUnixNano events flags kind links name spanId startTimeUnixNano status traceId".split(
        " ",
      ),
    );
    const { flags, kind, links, events } = span;
    assert.deepEqual({ flags, kind, links, events }, { flags: 257, kind: 3, links: [], events: [] });
  });

  it("has flags 769 and the caller's parent under a remote traceparent", async () => {
    netra = await openNetra();
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    netra.telemetry.startCall(sampleCallStart({ traceparent })).end(sampleCallEnd());
    const span = (await netra.spans())[0]?.span;
    assert.equal(span?.flags, 769);
    assert.equal(span.parentSpanId, "00f067aa0ba902b7");
  });
});

it("deviation: a caller's trace that is not sampled is sent all the same", async () => {
  netra = await openNetra();
  const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
  netra.telemetry.startCall(sampleCallStart({ traceparent })).end(sampleCallEnd());
  const span = (await netra.spans())[0]?.span;
  assert.equal(span?.parentSpanId, "00f067aa0ba902b7");
  assert.equal(span.flags, 769);
});

describe("check 3: the resource", () => {
  it("deviation: nothing of this machine is in it, only the application's name and environment", async () => {
    const { collector } = await exported({ appName: "meetingmind", environment: "production" });
    assert.deepEqual(collector.spans()[0]?.resource, [
      { key: "deployment.environment", value: { stringValue: "production" } },
      { key: "service.name", value: { stringValue: "meetingmind" } },
    ]);
  });

  it("takes OTEL_RESOURCE_ATTRIBUTES over resourceAttributes over name and environment", () => {
    const { resource } = readSettings({
      ...base,
      endpoint: "http://h",
      appName: "a",
      environment: "a",
      resourceAttributes: { "service.name": "b", "deployment.environment": "b", region: "b" },
      otelResourceAttributes: "service.name=c%20c,region=c",
    });
    assert.deepEqual(resource, { "service.name": "c c", "deployment.environment": "b", region: "c" });
  });

  it("has the SDK's defaults", () => {
    const { resource } = readSettings({ ...base, endpoint: "http://h" });
    assert.deepEqual(resource, { "service.name": "llm_tracing_service", "deployment.environment": "local" });
  });

  it("ignores a malformed OTEL_RESOURCE_ATTRIBUTES as a whole", () => {
    const { resource } = readSettings({ ...base, endpoint: "http://h", otelResourceAttributes: "service.name=c,oops" });
    assert.equal(resource["service.name"], "llm_tracing_service");
  });
});

describe("check 15: bad configuration fails at the start", () => {
  const cases: readonly (readonly [string, Partial<NetraTelemetryOptions>, string])[] = [
    ["no endpoint", { endpoint: "" }, "endpoint"],
    ["an endpoint without a scheme", { endpoint: "localhost:4318" }, "endpoint"],
    ["an endpoint of another scheme", { endpoint: "ftp://h/telemetry" }, "endpoint"],
    [
      "deviation: a query, which the SDK drops and then misplaces its suffix",
      { endpoint: "http://h/t?x=1" },
      "endpoint",
    ],
    ["a password in the endpoint", { endpoint: "http://u:p@h/" }, "endpoint"],
    ["no key", { apiKey: "" }, "apiKey"],
    ["the word undefined for a key", { apiKey: "undefined" }, "apiKey"],
    ["a key with a line break", { apiKey: "a\r\nb" }, "apiKey"],
    ["a header of the transport", { headers: { Host: "elsewhere" } }, "headers"],
    ["a header that is none", { headers: "bad name=1" }, "headers"],
    ["a header with a line break", { headers: { "x-a": "1\r\nx-b: 2" } }, "headers"],
    ["no room in the queue", { maxQueue: 0 }, "maxQueue"],
    ["a fraction", { flushIntervalMs: 0.5 }, "flushIntervalMs"],
  ];
  it.each(cases)("%s", (_, change, path) => {
    assert.throws(
      () => readSettings({ ...base, endpoint: "http://h", ...change }),
      (error: { code: string; issues: readonly { path: string }[] }) =>
        error.code === "invalid_configuration" && error.issues.length === 1 && error.issues[0]?.path === path,
    );
  });

  it("names every problem at once, and no secret", () => {
    assert.throws(
      () => readSettings({ endpoint: "nowhere", apiKey: "secret key", headers: { "x y": "hidden" } }),
      (error: Error & { issues: readonly unknown[] }) =>
        error.issues.length === 3 && !/secret key|hidden/.test(error.message),
    );
  });
});
