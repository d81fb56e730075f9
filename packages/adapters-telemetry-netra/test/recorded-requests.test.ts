import assert from "node:assert/strict";
import { formatUsd } from "@tenantry/core";
import { type NetraApiCall, netraApiRecording, netraEndpointRecordings } from "@tenantry/testkit";
import { afterEach, beforeEach, describe, it } from "vitest";
import { createNetraUsage } from "../src/index.ts";
import { readSettings } from "../src/settings.ts";
import { openRecordingServer, type RecordingServer } from "./sdk/recording-server.ts";

type Headers = Readonly<Record<string, string>>;

/** The headers that are not the transport's. */
function told(headers: Headers): Headers {
  const transport = /^(?:host|connection|content-length|content-type|accept.*|sec-fetch-mode|user-agent|traceparent)$/i;
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !transport.test(name)));
}

describe("check 1: every form of the settings goes where the SDK's requests went, with its headers", () => {
  it.for(netraEndpointRecordings())("$endpoint with headers $headers", ({ endpoint, headers, requests }) => {
    const form = {
      endpoint,
      apiKey: "key-for-tests",
      otelResourceAttributes: "",
      ...(headers !== null && { headers }),
    };
    if (endpoint.includes("?")) {
      // Deviation: the SDK drops the query and with it the suffix, so that nothing arrives where it should.
      assert.throws(() => readSettings(form), /endpoint/);
      return;
    }
    const settings = readSettings(form);
    const [exported] = requests;
    assert.ok(exported);
    assert.equal(settings.url.pathname, exported.target);
    assert.deepEqual(settings.headers, told(exported.headers));
  });
});

describe("check 11: questions are the SDK's, and answers are read as it reads them", () => {
  const usageCalls = netraApiRecording("usage-api");
  const dashboardCalls = netraApiRecording("dashboard-api");
  const period = { from: Date.UTC(2026, 10, 1), to: Date.UTC(2026, 11, 1) };
  let server: RecordingServer;
  beforeEach(async () => {
    server = await openRecordingServer();
  });
  afterEach(async () => await server.close());

  const netra = (): ReturnType<typeof createNetraUsage> =>
    createNetraUsage({ endpoint: `${server.origin}/telemetry`, apiKey: "key-for-tests" });

  /** The one request that was made is the recorded one. */
  function assertAsked(call: NetraApiCall | undefined): void {
    const [asked, ...others] = server.requests;
    const recorded = call?.exchanges[0]?.request;
    assert.ok(asked !== undefined && others.length === 0 && recorded !== undefined);
    assert.deepEqual([asked.method, asked.target], [recorded.method, recorded.target]);
    assert.deepEqual(asked.body === "" ? null : JSON.parse(asked.body), recorded.body);
    const lower = (headers: Headers): Headers =>
      Object.fromEntries(Object.entries(told(headers)).map(([name, value]) => [name.toLowerCase(), value]));
    assert.deepEqual(lower(asked.headers), lower(recorded.headers));
  }

  function returned(call: NetraApiCall | undefined): Readonly<Record<string, unknown>> {
    return call?.returned as Readonly<Record<string, unknown>>;
  }

  it("usage of a tenant", async () => {
    const usage = await netra().tenantUsage("apex-legal", period);
    const call = usageCalls.find(({ method, args }) => method === "getTenantUsage" && args[0] === "apex-legal");
    assertAsked(call);
    const { tokenCount, requestCount, sessionCount, totalCost } = returned(call);
    assert.deepEqual(
      [usage?.tokens, usage?.requests, usage?.sessions, usage && formatUsd(usage.costPico)],
      [tokenCount, requestCount, sessionCount, String(totalCost)],
    );
  });

  it("usage of a tenant without data", async () => {
    const usage = await netra().tenantUsage("nobody", period);
    const call = usageCalls.find(({ method, args }) => method === "getTenantUsage" && args[0] === "nobody");
    assertAsked(call);
    assert.deepEqual([usage, call?.returned], [null, null]);
  });

  it("usage of a session", async () => {
    const usage = await netra().sessionUsage("session-1", period);
    const call = usageCalls.find(({ method }) => method === "getSessionUsage");
    assertAsked(call);
    const { tokenCount, requestCount, totalCost } = returned(call);
    assert.deepEqual(
      [usage?.tokens, usage?.requests, usage && formatUsd(usage.costPico)],
      [tokenCount, requestCount, String(totalCost)],
    );
  });

  it("traces of a tenant", async () => {
    const page = await netra().traces({ period, tenantId: "apex-legal", limit: 1 });
    const call = usageCalls.find(({ method }) => method === "listTraces");
    assertAsked(call);
    const { traces, nextCursor } = returned(call) as {
      traces: Readonly<Record<string, unknown>>[];
      nextCursor: string;
    };
    assert.equal(page.next, nextCursor);
    assert.deepEqual(
      page.items.map((item) => [item.id, item.name, item.tenantId, item.sessionId, item.userId, item.models]),
      traces.map((item) => [
        item["id"],
        item["name"],
        item["tenantId"],
        item["sessionId"],
        item["userId"],
        item["models"],
      ]),
    );
    assert.deepEqual(
      page.items.map((item) => [item.latencyMs, item.tokens, item.hasError]),
      traces.map((item) => [item["latencyMs"], item["totalTokens"], item["hasError"]]),
    );
  });

  it("spans of a trace", async () => {
    const page = await netra().spans("trace-1");
    const call = usageCalls.find(({ method }) => method === "listSpansByTraceId");
    assertAsked(call);
    const { spans } = returned(call) as { spans: Readonly<Record<string, unknown>>[] };
    assert.deepEqual(
      page.items.map((item) => [item.id, item.traceId, item.name, item.model, item.tokens]),
      spans.map((item) => [item["id"], item["traceId"], item["name"], item["modelName"], item["totalTokens"]]),
    );
  });

  it("a chart", async () => {
    const chart = {
      period,
      of: "traces",
      measure: "cost",
      as: "total",
      every: "hour",
      tenantId: "apex-legal",
    } as const;
    await netra().chart(chart);
    assertAsked(dashboardCalls[0]);
  });
});
