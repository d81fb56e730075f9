import { describe, expect, onTestFinished, test } from "vitest";
import {
  adminKey,
  hello,
  openTestGateway,
  post,
  type TestGateway,
  type TestGatewayOptions,
  until,
} from "./support/gateway.ts";

const path = "/v1/chat/completions";

async function open(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const gateway = await openTestGateway(options);
  onTestFinished(async () => await gateway.close());
  return gateway;
}

const stream = { ...hello, model: "gpt-4o-mini", stream: true };

async function metricsOf(gateway: TestGateway): Promise<string> {
  return await (await fetch(`${gateway.url}/metrics`, { headers: { authorization: `Bearer ${adminKey}` } })).text();
}

describe("health", () => {
  test("a server that can write is ready, and says which checks it made", async () => {
    const gateway = await open();
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
    const ready = await fetch(`${gateway.url}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({ status: "ok", checks: { storage: "ok", settlements: "ok" } });
  });

  test("a server whose store cannot be written is alive and not ready, and tells no path", async () => {
    const gateway = await open({
      app: (app) => ({
        ...app,
        storage: { ...app.storage, health: async () => ({ ok: false, problem: "/secret/path is full" }) },
      }),
    });
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
    const ready = await fetch(`${gateway.url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.text()).not.toContain("secret");
  });
});

test("health and metrics are read; any other method is a 405 that says so", async () => {
  const gateway = await open();
  for (const path of ["/healthz", "/readyz", "/metrics"]) {
    const answer = await fetch(gateway.url + path, { method: "POST" });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  }
  const head = await fetch(`${gateway.url}/readyz`, { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
});

describe("metrics", () => {
  test("need the admin key", async () => {
    const gateway = await open();
    for (const secret of ["", gateway.keys["acme"] ?? "", "tnt_wrong"]) {
      expect((await fetch(`${gateway.url}/metrics`, { headers: { authorization: `Bearer ${secret}` } })).status).toBe(
        401,
      );
    }
  });

  test("count calls, denials, tokens and cost, without a tenant or any id of a caller", async () => {
    const gateway = await open();
    const answer = await post(gateway, path, gateway.keys["acme"] ?? "", hello, { "x-tenantry-user": "ann" });
    await post(gateway, path, gateway.keys["poor-one"] ?? "", hello);
    const text = await metricsOf(gateway);
    expect(text).toMatch(
      /tenantry_calls_total\{route="POST \/v1\/chat\/completions",model="openai\/gpt-4o-mini",outcome="ok"\} 1\n/,
    );
    expect(text).toContain('tenantry_denials_total{reason="budget_exceeded"} 1\n');
    expect(text).toMatch(/tenantry_tokens_total\{model="openai\/gpt-4o-mini",class="input"\} \d+\n/);
    expect(text).toContain(
      `tenantry_cost_usd_total{model="openai/gpt-4o-mini"} ${answer.headers.get("x-tenantry-cost-usd")}\n`,
    );
    expect(text).toMatch(/tenantry_call_latency_seconds_bucket\{.*le="\+Inf"\} 1\n/);
    expect(text).toMatch(/tenantry_call_ttft_seconds_count\{.*\} 1\n/);
    for (const gauge of [
      "tenantry_open_holds",
      "tenantry_streams_open",
      "tenantry_settlements_pending",
      "tenantry_telemetry_queued",
    ]) {
      expect(text).toContain(`\n${gauge} 0\n`);
    }
    expect(text).not.toMatch(/acme|ann"|call_[0-9a-z]{20}/);
    for (const line of text.trim().split("\n"))
      expect(line).toMatch(/^(?:# (?:HELP|TYPE) .+|[a-z_]+(?:\{.*\})? -?[0-9.e+-]+)$/);
  });
});

test("the log has ids and codes, and neither content nor keys", async () => {
  const gateway = await open();
  const secret = gateway.keys["acme"] ?? "";
  const words = "a very private question";
  const answer = await post(gateway, path, secret, { messages: [{ role: "user", content: words }] });
  const told = await answer.text();
  await post(gateway, path, secret, `{"messages": "${words}"`);
  await until(() => gateway.logged.filter(({ event }) => event === "request").length === 2);
  const text = JSON.stringify(gateway.logged);
  expect(text).toContain(answer.headers.get("x-tenantry-call-id"));
  expect(text).not.toContain("private question");
  expect(text).not.toContain(secret);
  expect(text).not.toContain((JSON.parse(told) as { id: string }).id);
});

describe("when it is told to stop", () => {
  test("streams finish, new calls hear 503 and when to come back, and then nothing listens", async () => {
    const gateway = await open({ latency: { perTokenMs: 40 } });
    const key = gateway.keys["acme"] ?? "";
    const running = await post(gateway, path, key, stream);
    const draining = gateway.gateway.drain(20_000);
    const late = await post(gateway, path, key, hello);
    expect(late.status).toBe(503);
    expect(late.headers.get("retry-after")).toBe("2");
    expect(await late.json()).toMatchObject({ error: { code: "overloaded" } });
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503);
    expect(await running.text()).toMatch(/\[DONE\]\n\n$/);
    await draining;
    await expect(fetch(`${gateway.url}/healthz`)).rejects.toThrow();
  });

  test("what does not finish in time is ended, settled and noted as aborted", async () => {
    const gateway = await open({ latency: { perTokenMs: 500 } });
    const running = await post(gateway, path, gateway.keys["acme"] ?? "", stream);
    const reading = running.text().catch(() => "broken");
    await gateway.gateway.drain(30);
    await reading;
    const call = await gateway.app.reader.call(
      { kind: "installation" },
      running.headers.get("x-tenantry-call-id") ?? "",
    );
    expect(call?.call).toMatchObject({ outcome: "aborted" });
  });
});

describe("overload", () => {
  test("what is too much is shed with 503 before it costs anything", async () => {
    const gateway = await open({
      latency: { timeToFirstByteMs: 1_000 },
      settings: (base) => ({ ...base, gate: { ...base.gate, inFlight: 2 } }),
    });
    const key = gateway.keys["acme"] ?? "";
    const answers = await Promise.all(Array.from({ length: 6 }, async () => await post(gateway, path, key, hello)));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, 200, 503, 503, 503, 503]);
    expect(answers.find(({ status }) => status === 503)?.headers.get("retry-after")).toBe("1");
    expect(gateway.simulator.invoice().lines).toHaveLength(2);
  });

  test("one tenant's streams do not take all there are", async () => {
    const gateway = await open({
      latency: { perTokenMs: 40 },
      settings: (base) => ({ ...base, gate: { ...base.gate, streamsPerTenant: 1 } }),
    });
    const first = await post(gateway, path, gateway.keys["acme"] ?? "", stream);
    expect((await post(gateway, path, gateway.keys["acme"] ?? "", stream)).status).toBe(503);
    expect((await post(gateway, path, gateway.keys["acme"] ?? "", hello)).status).toBe(200);
    const other = await post(gateway, path, gateway.keys["rival"] ?? "", stream);
    expect(other.status).toBe(200);
    await Promise.all([first.text(), other.text()]);
    await until(async () => (await post(gateway, path, gateway.keys["acme"] ?? "", stream)).status === 200);
  });

  test("token counts have a limit of their own", async () => {
    const gateway = await open({
      settings: (base) => ({ ...base, dataPlane: { ...base.dataPlane, tokenCountsPerMinute: 2 } }),
    });
    const body = { ...hello, model: "claude-haiku-4-5" };
    const count = async (): Promise<number> =>
      (await post(gateway, "/v1/messages/count_tokens", gateway.keys["acme"] ?? "", body)).status;
    expect([await count(), await count(), await count()]).toEqual([200, 200, 429]);
  });

  test("a wall clock that is set back makes nobody wait longer for a token count", async () => {
    let setBackMs = 0;
    const gateway = await open({
      app: (app) => ({ ...app, clock: { ...app.clock, now: () => app.clock.now() - setBackMs } }),
      settings: (base) => ({ ...base, dataPlane: { ...base.dataPlane, tokenCountsPerMinute: 1 } }),
    });
    const body = { ...hello, model: "claude-haiku-4-5" };
    const count = async (): Promise<Response> =>
      await post(gateway, "/v1/messages/count_tokens", gateway.keys["acme"] ?? "", body);
    expect((await count()).status).toBe(200);
    setBackMs = 3_600_000;
    const refused = await count();
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeLessThanOrEqual(60);
  });
});

test("a store that is gone refuses calls before anything is sent", async () => {
  const gateway = await open();
  await gateway.app.storage.close();
  const answer = await post(gateway, path, gateway.keys["acme"] ?? "", hello);
  expect(answer.status).toBe(503);
  expect(answer.headers.get("retry-after")).not.toBeNull();
  expect(gateway.simulator.invoice().lines).toHaveLength(0);
});

test("every other path is the control plane's, or that of whoever stands in for it", async () => {
  const alone = await open();
  expect((await fetch(`${alone.url}/api/v1/tenants`)).status).toBe(401);
  const headers = { authorization: `Bearer ${adminKey}` };
  expect((await fetch(`${alone.url}/api/v1/tenants`, { headers })).status).toBe(200);
  expect((await fetch(`${alone.url}/nowhere`, { headers })).status).toBe(404);
  const both = await open({ fallback: (_req, res) => void res.end("control plane") });
  expect(await (await fetch(`${both.url}/api/v1/tenants`)).text()).toBe("control plane");
  expect((await fetch(`${both.url}/healthz`)).status).toBe(200);
});
