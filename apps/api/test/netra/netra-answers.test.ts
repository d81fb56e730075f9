import { openUsagePlatform } from "@tenantry/composition";
import { digitsOf, foldUsage, linesInForce, parseExactJson, parseUsd, type UsagePlatform } from "@tenantry/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ControlRoute } from "../../src/control-plane/control-route.ts";
import { netraRoutes } from "../../src/control-plane/routes/netra-routes.ts";
import { type Answered, ask, fieldsOf } from "../control-plane/control-client.ts";
import { type IngestGateway, openIngestGateway, sendSpans, sumsOf } from "../ingest/installation.ts";
import { appSpan, costOfOne, llmSpan, newTraceId, tokensOfOne } from "../ingest/spans.ts";
import { readBooks } from "../support/books.ts";
import { hello, post } from "../support/gateway.ts";

/** Three ways in: calls through the gateway, spans of traces of their own, and spans below an application's. */
let gateway: IngestGateway;
const traceId = newTraceId();
const sharedSession = "s-told";
beforeAll(async () => {
  gateway = await openIngestGateway();
  for (const [tenantId, session] of [
    ["acme", "s-1"],
    ["acme", "s-2"],
    ["marked-one", "s-1"],
  ] as const) {
    const answer = await post(gateway, "/v1/chat/completions", gateway.keys[tenantId] ?? "", hello, {
      "x-tenantry-user": "ann",
      "x-tenantry-session": session,
    });
    expect(answer.status).toBe(200);
    await answer.text();
  }
  const startMs = Date.now() - 3_000;
  const app = appSpan(traceId, "acme", startMs);
  await sendSpans(gateway, [
    app,
    llmSpan({ tenantId: null, traceId, parentSpanId: app.spanId, startMs: startMs + 10, sessionId: sharedSession }),
    llmSpan({ tenantId: null, traceId, parentSpanId: app.spanId, startMs: startMs + 20, sessionId: sharedSession }),
    llmSpan({ tenantId: "rival", startMs: startMs + 30, userId: "bob", model: "gpt-4o" }),
    ...Array.from({ length: 5 }, (_, at) => llmSpan({ tenantId: "rival", startMs: startMs + 40 + at, userId: "bob" })),
  ]);
});
afterAll(async () => await gateway.close());

const times = (): { startTime: string; endTime: string } => ({
  startTime: new Date(Date.now() - 3_600_000).toISOString(),
  endTime: new Date(Date.now() + 60_000).toISOString(),
});
const period = () => ({ from: Date.now() - 3_600_000, to: Date.now() + 60_000 });

/** Our own client of Netra, as `tenantry usage report --source netra` has it. */
async function client(key: string = gateway.ingestKey): Promise<UsagePlatform> {
  const netra = { endpoint: `${gateway.url}/telemetry`, apiKey: key, appName: "test", environment: "test" };
  return await openUsagePlatform({ ...gateway.app.config, netra }, "netra");
}

describe("the client that reads Netra reads the ledger's own figures", () => {
  test.each(["acme", "rival", "marked-one"])("usage of %s", async (tenantId) => {
    const row = await sumsOf(gateway, tenantId);
    const read = await (await client()).tenantUsage(tenantId, period());
    const sessions = { acme: 3, rival: 0, "marked-one": 1 }[tenantId];
    expect(read).toEqual({
      tokens: Object.values(row?.tokens ?? {}).reduce((sum, count) => sum + count, 0),
      requests: row?.calls,
      costPico: row?.costPico,
      sessions,
    });
    expect(row?.costPico).toBeGreaterThan(0n);
  });

  test("usage of a session", async () => {
    expect(await (await client()).sessionUsage(sharedSession, period())).toEqual({
      tokens: 2 * tokensOfOne,
      requests: 2,
      costPico: 2n * costOfOne,
      sessions: null,
    });
  });

  test("a tenant that used nothing has used 0; one that nobody knows has no row", async () => {
    const netra = await client();
    expect(await netra.tenantUsage("slow-one", period())).toEqual({
      tokens: 0,
      requests: 0,
      sessions: 0,
      costPico: 0n,
    });
    expect(await netra.tenantUsage("nobody", period())).toBeNull();
    expect(await netra.sessionUsage("nothing", period())).toBeNull();
  });

  test.each([1, 2, 3, 100])(
    "traces in pages of %i are each there once, newest first, and add up to the ledger",
    async (limit) => {
      const netra = await client();
      const traces: Awaited<ReturnType<UsagePlatform["traces"]>>["items"][number][] = [];
      for (let cursor: string | null = null, pages = 0; pages < 30; pages += 1) {
        const page = await netra.traces({ period: period(), limit, ...(cursor === null ? {} : { cursor }) });
        expect(page.items.length).toBeLessThanOrEqual(limit);
        traces.push(...page.items);
        cursor = page.next;
        if (cursor === null) break;
      }
      // Three calls, the application's trace, and six spans that are their own.
      expect(traces).toHaveLength(10);
      expect(new Set(traces.map(({ id }) => id)).size).toBe(10);
      const starts = traces.map(({ startedAt }) => startedAt ?? 0);
      expect(starts).toEqual([...starts].sort((a, b) => b - a));
      const sum = traces.reduce((total, { costPico }) => total + (costPico ?? 0n), 0n);
      expect(sum).toBe((await sumsOf(gateway))?.costPico);
      expect(traces.find(({ id }) => id === traceId)).toMatchObject({
        name: "meeting-summarization",
        tenantId: "acme",
        costPico: 2n * costOfOne,
        tokens: 2 * tokensOfOne,
        models: ["gpt-4o-mini"],
        hasError: false,
      });
    },
  );

  test("traces are found by tenant, user, session and trace", async () => {
    const netra = await client();
    const found = async (query: object): Promise<number> =>
      (await netra.traces({ period: period(), ...query })).items.length;
    expect(await found({ tenantId: "rival" })).toBe(6);
    expect(await found({ tenantId: "acme" })).toBe(3);
    expect(await found({ userId: "ann" })).toBe(3);
    expect(await found({ userId: "bob", tenantId: "rival" })).toBe(6);
    expect(await found({ sessionId: "s-1" })).toBe(2);
    expect(await found({ sessionId: sharedSession })).toBe(1);
    expect(await found({ tenantId: "nobody" })).toBe(0);
    const byTrace = async (value: string): Promise<number> => {
      const filters = [{ field: "trace_id", operator: "equals", type: "string", value }];
      const { body } = await ask(gateway, "POST", "/sdk/traces", { body: { ...times(), filters } });
      return (body as unknown as { data: { data: unknown[] } }).data.data.length;
    };
    const [call] = (await gateway.app.reader.calls({ kind: "installation" }, { period: period(), limit: 1 })).calls;
    expect([await byTrace(traceId), await byTrace(call?.callId ?? ""), await byTrace(newTraceId())]).toEqual([1, 1, 0]);
  });

  test("spans of a reported trace, in pages, add up to it", async () => {
    const netra = await client();
    const { items, next } = await netra.spans(traceId);
    expect(next).toBeNull();
    expect(items.map(({ name, costPico, tokens, parentId }) => [name, costPico, tokens, parentId === null])).toEqual([
      ["meeting-summarization", null, null, true],
      ["chat gpt-4o-mini", costOfOne, tokensOfOne, false],
      ["chat gpt-4o-mini", costOfOne, tokensOfOne, false],
    ]);
    const seen: unknown[] = [];
    for (let cursor = ""; seen.length < 10;) {
      const more = new URLSearchParams({ limit: "1", direction: "down", ...(cursor === "" ? {} : { cursor }) });
      const { body } = await ask(gateway, "GET", `/sdk/traces/${traceId}/spans?${more.toString()}`);
      const { data } = body as unknown as {
        data: { data: { id: string; cursor: string }[]; pageInfo: { hasNextPage: boolean } };
      };
      seen.push(...data.data.map(({ id }) => id));
      cursor = data.data.at(-1)?.cursor ?? "";
      if (!data.pageInfo.hasNextPage) break;
    }
    expect(seen).toEqual(items.map(({ id }) => id));
    const named = await ask(gateway, "GET", `/sdk/traces/${traceId}/spans?spanName=meeting-summarization`);
    expect((named.body as unknown as { data: { data: unknown[] } }).data.data).toHaveLength(1);
  });

  test("a span that tells of a call through the gateway names it, and has its figures in no sum beside it", async () => {
    const answer = await post(gateway, "/v1/chat/completions", gateway.keys["claude-one"] ?? "", {
      ...hello,
      model: "gpt-4o-mini",
    });
    const callId = answer.headers.get("x-tenantry-call-id");
    const { id: responseId } = (await answer.json()) as { id: string };
    const span = llmSpan({ tenantId: "claude-one", responseId });
    await sendSpans(gateway, [span]);
    const netra = await client(gateway.keys["claude-one"]);
    const { items } = await netra.traces({ period: period() });
    const own = await netra.tenantUsage("claude-one", period());
    expect(items.map(({ id, costPico }) => [id, costPico])).toEqual(
      expect.arrayContaining([
        [callId, own?.costPico],
        [span.traceId, null],
      ]),
    );
    const told = await ask(gateway, "GET", `/sdk/traces/${span.traceId}/spans`, {
      key: gateway.keys["claude-one"] ?? "",
    });
    expect(told.body).toMatchObject({ data: { data: [{ total_cost: null, metadata: { call_id: callId } }] } });
  });

  test("spans of a call are its attempts", async () => {
    for (const { call, lines } of (await readBooks(gateway.app)).filter(({ call: { origin } }) => origin === "call")) {
      const { items } = await (await client()).spans(call.callId);
      expect(items).toMatchObject(
        linesInForce(lines).map(({ attemptId, answered, costPico }) => ({
          id: attemptId,
          traceId: call.callId,
          model: answered.model,
          costPico,
          hasError: false,
        })),
      );
    }
  });

  test.each(["requests", "cost", "tokens"] as const)("a chart of %s by hour adds up to the ledger", async (measure) => {
    const netra = await client();
    for (const tenantId of [undefined, "acme", "rival"]) {
      const query = { period: period(), of: "traces", measure, as: "total", every: "hour" } as const;
      const answer = await netra.chart(tenantId === undefined ? query : { ...query, tenantId });
      const points = (answer as { data: { data: { value: unknown }[] } }).data.data;
      const row = await sumsOf(gateway, tenantId);
      const text = (value: unknown): string => digitsOf(value) ?? "";
      if (measure === "cost") {
        const sum = points.reduce((total, { value }) => {
          const parsed = parseUsd(text(value));
          return total + (parsed.ok ? parsed.pico : 0n);
        }, 0n);
        expect(sum).toBe(row?.costPico);
      } else {
        const sum = points.reduce((total, { value }) => total + Number(text(value)), 0);
        const tokens = Object.values(row?.tokens ?? {}).reduce((total, count) => total + count, 0);
        expect(sum).toBe(measure === "requests" ? row?.calls : tokens);
      }
    }
  });
});

describe("who asks", () => {
  const usage = async (key: string, tenantId: string): Promise<unknown> =>
    parseExactJson(
      (await ask(gateway, "GET", `/usage/tenants/${tenantId}?${new URLSearchParams(times()).toString()}`, { key }))
        .text,
    );

  test("a tenant whose tier hides cost sees what it pays in its place, everywhere", async () => {
    const own = gateway.keys["marked-one"] ?? "";
    const row = await sumsOf(gateway, "marked-one");
    expect(row?.chargePico).not.toBe(row?.costPico);
    const netra = await client(own);
    expect((await netra.tenantUsage("marked-one", period()))?.costPico).toBe(row?.chargePico);
    const { items } = await netra.traces({ period: period() });
    expect(items.map(({ costPico }) => costPico)).toEqual([row?.chargePico]);
    const spans = await ask(gateway, "GET", `/sdk/traces/${items[0]?.id}/spans`, { key: own });
    expect(spans.body).toMatchObject({ data: { data: [{ prompt_tokens_cost: null, completion_tokens_cost: null }] } });
    const operator = await (await client()).tenantUsage("marked-one", period());
    expect(operator?.costPico).toBe(row?.costPico);
  });

  test("another tenant's id is nobody's", async () => {
    const key = gateway.keys["marked-one"] ?? "";
    expect(await usage(key, "acme")).toEqual(await usage(key, "nobody"));
    const netra = await client(key);
    expect(await netra.traces({ period: period(), tenantId: "acme" })).toEqual({ items: [], next: null });
    expect(await netra.spans(traceId)).toEqual({ items: [], next: null });
    expect(await netra.sessionUsage(sharedSession, period())).toBeNull();
    // A session of this id is of both; each sees its own part.
    expect((await netra.sessionUsage("s-1", period()))?.requests).toBe(1);
    expect((await (await client()).sessionUsage("s-1", period()))?.requests).toBe(2);
  });
});

const chart = (over: object = {}, metrics: object = {}, filter: object = {}): object => ({
  scope: "Traces",
  chartType: "Line Time Series",
  metrics: { measure: "Request Count", aggregation: "Total Count", ...metrics },
  filter: { ...times(), groupBy: "hour", ...filter },
  ...over,
});

const query = async (body: object): Promise<Answered> =>
  await ask(gateway, "POST", "/public/dashboard/query-data", { body });

describe("charts", () => {
  const dataOf = ({ status, text, body }: Answered): unknown => {
    expect(status, text).toBe(200);
    return (body as unknown as { data: { data: unknown } }).data.data;
  };

  test.each(["minute", "hour", "day"])(
    "by %s have a point for every step, with 0 where nothing was",
    async (groupBy) => {
      const startTime = "2026-01-01T00:00:00.000Z";
      const endTime = { minute: "2026-01-01T00:10:00.000Z", hour: "2026-01-01T10:00:00.000Z", day: "2026-01-11" }[
        groupBy
      ];
      const points = dataOf(await query(chart({}, {}, { startTime, endTime, groupBy }))) as {
        date: string;
        value: number;
      }[];
      expect(points).toHaveLength(10);
      expect([points[0], points[9]?.value]).toEqual([{ date: startTime, value: 0 }, 0]);
    },
  );

  test("by model tell the models apart; a pie and a bar are their sums, a number is the whole", async () => {
    const dimension = { field: "model_name" };
    const series = dataOf(await query(chart({ dimension }))) as {
      dimensions: string[];
      timeSeries: { values: { dimension: string; value: number }[] }[];
    };
    expect(series.dimensions).toEqual(["gpt-4o", "gpt-4o-mini"]);
    const all = series.timeSeries.flatMap(({ values }) => values);
    const pie = dataOf(await query(chart({ chartType: "Pie", dimension }))) as { dimension: string; value: number }[];
    for (const { dimension: name, value } of pie) {
      expect(all.filter((one) => one.dimension === name).reduce((sum, one) => sum + one.value, 0)).toBe(value);
    }
    expect(pie[0]).toEqual({ dimension: "gpt-4o", value: 1 });
    expect(dataOf(await query(chart({ chartType: "Horizontal Bar", dimension })))).toEqual(pie);
    const whole = dataOf(await query(chart({ chartType: "Number" }))) as { value: number };
    expect(whole.value).toBe(pie.reduce((sum, { value }) => sum + value, 0));
  });

  test("quantiles of latency are within 1 %, and unknown where nothing was", async () => {
    const metrics = { measure: "Latency", aggregation: "p95" };
    const filters = [{ field: "tenant_id", operator: "equals", type: "string", value: "rival" }];
    const number = async (filter: object): Promise<unknown> =>
      dataOf(await query(chart({ chartType: "Number" }, metrics, filter)));
    const { value } = (await number({ filters })) as { value: number };
    expect(Math.abs(value - 800)).toBeLessThanOrEqual(8);
    expect(await number({ startTime: "2020-01-01", endTime: "2020-01-02" })).toEqual({ value: null });
  });

  test("an error rate is per cent of calls, and unknown without one", async () => {
    const metrics = { measure: "Error Rate", aggregation: "Percentage" };
    expect(dataOf(await query(chart({ chartType: "Number" }, metrics)))).toEqual({ value: 0 });
    const nothing = { startTime: "2020-01-01", endTime: "2020-01-02" };
    expect(dataOf(await query(chart({ chartType: "Number" }, metrics, nothing)))).toEqual({ value: null });
  });

  test.each([
    [{ field: "tenant_id", operator: "any_of", type: "arrayOptions", value: ["rival", "marked-one"] }, 7],
    [{ field: "tenant_id", operator: "none_of", type: "arrayOptions", value: ["acme", "claude-one"] }, 7],
    [{ field: "tenant_id", operator: "starts_with", type: "string", value: "riv" }, 6],
    [{ field: "model_name", operator: "equals", type: "string", value: "gpt-4o" }, 1],
    [{ field: "user_id", operator: "equals", type: "string", value: "ann" }, 3],
    [{ field: "session_id", operator: "equals", type: "string", value: "s-1" }, 2],
  ])("the filter %j counts %i calls", async (filter, expected) => {
    const data = dataOf(await query(chart({ chartType: "Number" }, {}, { filters: [filter] })));
    expect(data).toEqual({ value: expected });
  });
});

describe("what cannot be answered is a 400 that names it and says what can be asked", () => {
  const filter = (field: string, more: object = {}): object => ({
    filters: [{ field, operator: "equals", type: "string", value: "x", ...more }],
  });
  test.each([
    [chart({}, { measure: "PII Count" }), "metrics.measure", /Request Count/],
    [chart({}, { measure: "Latency", aggregation: "Average" }), "metrics.aggregation", /p95/],
    [chart({}, { aggregation: "p95" }), "metrics.aggregation", /Total Count/],
    [chart({ scope: "Spans" }, { measure: "Latency", aggregation: "p95" }), "scope", /Traces/],
    [chart({ dimension: { field: "environment" } }), "dimension.field", /model_name/],
    [chart({ chartType: "Pie" }), "dimension", /model_name/],
    [chart({ chartType: "Number", dimension: { field: "model_name" } }), "dimension", /Pie/],
    [chart({}, {}, filter("environment")), "filter.filters.0.field", /tenant_id/],
    [chart({}, {}, filter("metadata['tier']")), "filter.filters.0.field", /tenant_id/],
    [chart({}, {}, filter("tenant_id", { key: "tier" })), "filter.filters.0.key", /metadata/],
    [chart({}, {}, filter("tenant_id", { operator: "greater_than" })), "filter.filters.0.operator", /any_of/],
    [chart({}, {}, filter("user_id", { operator: "contains" })), "filter.filters.0.operator", /equals/],
    [chart({}, {}, filter("tenant_id", { value: 7 })), "filter.filters.0.value", /text/],
    [chart({}, {}, { startTime: "2026-01-01", endTime: "2026-01-02", groupBy: "minute" }), "filter.groupBy", /744/],
    [chart({}, {}, { endTime: "2020-01-01" }), "filter.startTime", /before filter.endTime/],
    [chart({}, {}, { startTime: "yesterday" }), "filter.startTime", /ISO/],
    [chart({ more: 1 }), "more", /not a field/],
  ])("%j: %s", async (body, field, advice) => {
    const answer = await query(body);
    expect(answer.status).toBe(400);
    expect(fieldsOf(answer)).toContain(field);
    expect(answer.text).toMatch(advice);
  });

  test.each([
    [{ sortField: "latency_ms" }, "sortField"],
    [{ sortOrder: "asc" }, "sortOrder"],
    [{ pagination: { direction: "up" } }, "pagination.direction"],
    [{ pagination: { limit: 101 } }, "pagination.limit"],
    [{ pagination: { cursor: "c1" } }, "pagination.cursor"],
    [filter("environment"), "filters.0.field"],
    [filter("model_name"), "filters"],
    [filter("tenant_id", { operator: "any_of", value: ["a"] }), "filters"],
  ])("traces by %j: %s", async (more, field) => {
    const answer = await ask(gateway, "POST", "/sdk/traces", { body: { ...times(), ...more } });
    expect([answer.status, fieldsOf(answer)]).toEqual([400, [field]]);
  });

  test("sessions sorted by their start", async () => {
    const body = { ...times(), sortField: "start_time" };
    const answer = await ask(gateway, "POST", "/public/dashboard/sessions/stats", { body });
    expect([answer.status, fieldsOf(answer)]).toEqual([400, ["sortField"]]);
  });
});

describe("sessions", () => {
  interface Stats {
    readonly data: {
      readonly sessions: readonly { session_id: string; totalRequests: number; cursor: string }[];
      readonly pageInfo: { readonly hasNextPage: boolean };
    };
  }
  const stats = async (more: object = {}): Promise<Stats["data"]> => {
    const { status, text, body } = await ask(gateway, "POST", "/public/dashboard/sessions/stats", {
      body: { ...times(), ...more },
    });
    expect(status, text).toBe(200);
    return (body as unknown as Stats).data;
  };

  test.each([
    [{}, ["s-1", "s-2", "s-told"]],
    [{ sortOrder: "desc" }, ["s-told", "s-2", "s-1"]],
    [{ sortField: "totalCost", sortOrder: "desc" }, ["s-told"]],
    [{ sortField: "totalRequests" }, ["s-2"]],
  ])("by %j come in order, page by page", async (sort, first) => {
    const seen: string[] = [];
    for (let cursor: string | undefined; seen.length < 10;) {
      const { sessions, pageInfo } = await stats({
        ...sort,
        pagination: { limit: 1, ...(cursor === undefined ? {} : { cursor }) },
      });
      seen.push(...sessions.map(({ session_id }) => session_id));
      cursor = sessions.at(-1)?.cursor;
      if (!pageInfo.hasNextPage) break;
    }
    expect(seen).toHaveLength(3);
    expect(seen.slice(0, first.length)).toEqual(first);
  });

  test("have their calls, cost, start and length; a filter on tenants leaves out the others'", async () => {
    const { sessions } = await stats();
    expect(sessions.map(({ session_id, totalRequests }) => [session_id, totalRequests])).toEqual([
      ["s-1", 2],
      ["s-2", 1],
      ["s-told", 2],
    ]);
    expect(sessions[2]).toMatchObject({ totalCost: 0.0009, session_duration: "0.810" });
    const filters = [{ field: "tenant_id", operator: "any_of", type: "arrayOptions", value: ["marked-one"] }];
    expect((await stats({ filters })).sessions).toMatchObject([{ session_id: "s-1", totalRequests: 1 }]);
  });

  test("together are what their calls add up to", async () => {
    const { body, text } = await ask(gateway, "POST", "/public/dashboard/sessions/summary", {
      body: { filter: times() },
    });
    const books = (await readBooks(gateway.app)).filter(({ call }) => call.sessionId !== null);
    const [sums] = foldUsage(
      books.flatMap(({ lines }) => lines),
      books.map(({ call }) => call),
      [],
      {
        period: period(),
        groupBy: [],
        timeZone: "UTC",
      },
    );
    expect(body).toMatchObject({
      data: { totalSessions: 3, totalRequests: 5, costByModel: [{ model_name: "gpt-4o-mini" }] },
    });
    const { data } = parseExactJson(text) as { data: { totalCost: unknown } };
    const parsed = parseUsd(digitsOf(data.totalCost) ?? "");
    expect(parsed).toMatchObject({ ok: true, pico: sums?.costPico });
  });
});

test("every answer is as it is described, strictly", async () => {
  const bodies: Readonly<Record<string, object>> = {
    "/sdk/traces": times(),
    "/public/dashboard/query-data": chart({ dimension: { field: "model_name" } }),
    "/public/dashboard/sessions/stats": times(),
    "/public/dashboard/sessions/summary": { filter: times() },
  };
  const fits = (route: ControlRoute, { status, body, text }: Answered): void => {
    expect(status, text).toBe(200);
    const parsed = route.answer.content["application/json"]?.safeParse(body);
    expect(parsed?.error?.issues ?? [], text.slice(0, 2_000)).toEqual([]);
  };
  for (const route of netraRoutes) {
    const path = route.path.replace("{tenantId}", "acme").replace("{sessionId}", "s-1").replace("{traceId}", traceId);
    const asked = path.startsWith("/usage/") ? `${path}?${new URLSearchParams(times()).toString()}` : path;
    const body = bodies[route.path];
    fits(route, await ask(gateway, route.method, asked, body === undefined ? {} : { body }));
  }
});
