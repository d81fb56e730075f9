import assert from "node:assert/strict";
import { TenantryError } from "@tenantry/core";
import { type Opened, testContract, usagePlatformContract, type UsagePlatformSubject } from "@tenantry/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createNetraUsage } from "../src/index.ts";
import { type NetraApiServer, openNetraApi } from "./netra-api.ts";

const key = "key-for-tests";

async function openSubject(): Promise<Opened<UsagePlatformSubject>> {
  const api = await openNetraApi();
  const platform = createNetraUsage({ endpoint: `${api.origin}/telemetry`, apiKey: key, timeoutMs: 250 });
  const subject = {
    platform,
    key,
    count: (request: (typeof api.requests)[number]) => void api.requests.push(request),
    meet: api.meet,
    questions: () => api.asked.length,
  };
  return { subject, close: api.close };
}

testContract(usagePlatformContract, { name: "netra", open: openSubject });

const period = { from: Date.UTC(2026, 10, 1), to: Date.UTC(2026, 11, 1) };
const times = "startTime=2026-11-01T00%3A00%3A00.000Z&endTime=2026-12-01T00%3A00%3A00.000Z";

describe("check 11: questions to Netra", () => {
  let api: NetraApiServer;
  beforeAll(async () => {
    api = await openNetraApi();
  });
  afterAll(async () => await api.close());

  it("have the SDK's methods, paths and bodies", async () => {
    const netra = createNetraUsage({ endpoint: `${api.origin}/telemetry/v1/traces`, apiKey: key });
    await netra.tenantUsage("apex-legal", period);
    await netra.sessionUsage("a/../c?x=1", period);
    await netra.traces({ period, tenantId: "apex-legal", limit: 2, cursor: "c1" });
    await netra.spans("trace-1", "c 2");
    await netra.chart({ period, of: "spans", measure: "latency", as: "p95", every: "hour", tenantId: "apex-legal" });
    const filters = [{ field: "tenant_id", operator: "equals", type: "string", value: "apex-legal" }];
    const written = { startTime: "2026-11-01T00:00:00.000Z", endTime: "2026-12-01T00:00:00.000Z" };
    expect(
      api.asked.map(({ method, target, body }) => [method, target, body === "" ? null : JSON.parse(body)]),
    ).toEqual([
      ["GET", `/usage/tenants/apex-legal?${times}`, null],
      ["GET", `/usage/sessions/a%2F..%2Fc%3Fx%3D1?${times}`, null],
      [
        "POST",
        "/sdk/traces",
        {
          ...written,
          filters,
          pagination: { limit: 2, cursor: "c1", direction: "down" },
          sortField: "start_time",
          sortOrder: "desc",
        },
      ],
      ["GET", "/sdk/traces/trace-1/spans?cursor=c+2&direction=down", null],
      [
        "POST",
        "/public/dashboard/query-data",
        {
          scope: "Spans",
          chartType: "Line Time Series",
          metrics: { measure: "Latency", aggregation: "p95" },
          filter: { ...written, groupBy: "hour", filters },
        },
      ],
    ]);
    // Byte for byte what the SDK writes for the same question.
    expect(api.asked[2]?.body).toBe(
      '{"startTime":"2026-11-01T00:00:00.000Z","endTime":"2026-12-01T00:00:00.000Z","filters":[{"field":"tenant_id","operator":"equals","type":"string","value":"apex-legal"}],"pagination":{"limit":2,"cursor":"c1","direction":"down"},"sortField":"start_time","sortOrder":"desc"}',
    );
    for (const { headers } of api.asked) {
      expect(headers).toMatchObject({
        "x-api-key": key,
        authorization: `Bearer ${key}`,
        "content-type": "application/json",
      });
    }
  });

  it("are refused before they are sent where the connection is not described", () => {
    for (const [options, path] of [
      [{ endpoint: "api.getnetra.ai", apiKey: key }, "endpoint"],
      [{ endpoint: api.origin, apiKey: "undefined" }, "apiKey"],
      [{ endpoint: api.origin, apiKey: key, timeoutMs: 0 }, "timeoutMs"],
    ] as const) {
      assert.throws(
        () => createNetraUsage(options),
        (error) => TenantryError.is(error) && error.issues[0]?.path === path,
      );
    }
  });
});

describe("check 12: answers of Netra that are not as expected", () => {
  const answers: readonly (readonly [body: string, said: RegExp])[] = [
    [`[]`, /no object/],
    [`{"data":3}`, /data is no object/],
    [`{"data":{"tenant_id":7}}`, /tenant_id is not a text/],
    [`{"data":{"tenant_id":"apex","tokenCount":-1}}`, /tokenCount is not a count/],
    [`{"data":{"tenant_id":"apex","tokenCount":1e400}}`, /tokenCount is not a number/],
    [`{"data":{"tenant_id":"apex","requestsCount":"12"}}`, /requestsCount is not a number/],
    [`{"data":{"tenant_id":"apex","totalCost":"a lot"}}`, /totalCost is not an amount/],
  ];

  it("are failures that name the field", async () => {
    let body = "";
    const { createServer } = await import("node:http");
    const server = createServer((_req, res) => void res.end(body));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const netra = createNetraUsage({ endpoint: `http://127.0.0.1:${port}`, apiKey: key });
    try {
      for (const [text, said] of answers) {
        body = text;
        await expect(netra.tenantUsage("apex", period)).rejects.toMatchObject({
          code: "upstream_error",
          message: expect.stringMatching(said),
        });
      }
      body = `{"data":{"data":[{"id":"t"}],"pageInfo":{"hasNextPage":true}}}`;
      await expect(netra.traces({ period })).rejects.toMatchObject({ message: expect.stringMatching(/no cursor/) });
      // The SDK takes a body without an envelope as it is; so do we.
      body = `{"tenant_id":"apex","tokenCount":5}`;
      expect(await netra.tenantUsage("apex", period)).toEqual({ tokens: 5, requests: 0, sessions: 0, costPico: 0n });
      body = `"${"x".repeat(17_000_000)}"`;
      await expect(netra.tenantUsage("apex", period)).rejects.toMatchObject({
        message: expect.stringMatching(/longer/),
      });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
