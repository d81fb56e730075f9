import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { adminKey, hello, openTestGateway, post, type TestGateway, until } from "./support/gateway.ts";
import { connectRaw, rawPost } from "./support/raw-connection.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openTestGateway();
});
afterEach(() => {
  gateway.simulator.reset();
  gateway.simulator.setLatency({});
});
afterAll(async () => await gateway.close());

const path = "/v1/chat/completions";
const key = (tenant = "acme"): string => gateway.keys[tenant] ?? "";
const body = JSON.stringify({ ...hello, model: "gpt-4o-mini" });
const stream = JSON.stringify({ ...hello, model: "gpt-4o-mini", stream: true });
const billed = (): number => gateway.simulator.invoice().lines.length;

async function metrics(): Promise<string> {
  return await (await fetch(`${gateway.url}/metrics`, { headers: { authorization: `Bearer ${adminKey}` } })).text();
}

async function call(
  payload: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; code: unknown; message: string }> {
  const answer = await post(gateway, path, key(), payload, headers);
  const { error } = (await answer.json()) as { error?: { code: unknown; message: string } };
  return { status: answer.status, code: error?.code ?? null, message: error?.message ?? "" };
}

describe("bodies", () => {
  test.each([
    ["a number beyond all", '{"messages":[{"role":"user","content":"hi"}],"max_tokens":1e999}'],
    ["a number below zero", '{"messages":[{"role":"user","content":"hi"}],"max_tokens":-1}'],
    ["a member twice", '{"model":"gpt-4o-mini","model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}'],
    [
      "a member twice, once escaped",
      '{"model":"gpt-4o-mini","mod\\u0065l":"gpt-4o","messages":[{"role":"user","content":"hi"}]}',
    ],
    ["text behind the end", `${body} {}`],
    ["a byte order mark", `\ufeff${body}`],
    ["a form", "model=gpt-4o-mini&messages=hi"],
  ])("%s is a 400 and is not sent", async (_name, payload) => {
    expect(await call(payload)).toMatchObject({ status: 400, code: "invalid_request" });
    expect(billed()).toBe(0);
  });

  test("what it says of its type does not matter; what is in it does", async () => {
    for (const type of ["text/plain", "application/octet-stream", "application/json; charset=utf-16"]) {
      expect((await call(body, { "content-type": type })).status).toBe(200);
    }
  });

  test("an unknown encoding is a 415 that names those known", async () => {
    expect(await call(body, { "content-encoding": "rot13" })).toMatchObject({
      status: 415,
      message: expect.stringContaining("gzip"),
    });
  });
});

describe("requests that do not come to their end", () => {
  test("slow headers and a slow body are a 408 and cost nothing", async () => {
    const impatient = await openTestGateway({
      settings: (base) => ({ ...base, server: { ...base.server, headersMs: 200, requestMs: 400 } }),
    });
    onTestFinished(async () => await impatient.close());
    const headers = await connectRaw(impatient.url);
    headers.write(`POST ${path} HTTP/1.1\r\nhost: localhost\r\n`);
    const slow = await connectRaw(impatient.url);
    slow.write(rawPost(path, impatient.keys["acme"] ?? "", body).slice(0, -5));
    expect(await headers.closed).toMatch(/^HTTP\/1\.1 408 /);
    expect(await slow.closed).toMatch(/^HTTP\/1\.1 408 /);
    expect(impatient.simulator.invoice().lines).toHaveLength(0);
  });

  test("a body whose sender hangs up is no call, and nothing stays behind", async () => {
    for (const cut of [1, 20, body.length - 1]) {
      const half = await connectRaw(gateway.url);
      const bytes = rawPost(path, key(), body);
      half.write(bytes.slice(0, bytes.length - cut));
      half.socket.end();
      await half.closed;
    }
    await until(async () => (await metrics()).includes("\ntenantry_requests_in_flight 0\n"));
    expect(billed()).toBe(0);
  });

  test("headers without end are a 431", async () => {
    const long = await connectRaw(gateway.url);
    long.write(`POST ${path} HTTP/1.1\r\nhost: localhost\r\nx-long: ${"a".repeat(40_000)}\r\n\r\n`);
    expect(await long.closed).toMatch(/^HTTP\/1\.1 431 /);
  });
});

describe("one connection, many requests", () => {
  test("pipelined calls are answered in their order, each with its own", async () => {
    gateway.simulator.setLatency({ timeToFirstByteMs: 20 });
    const connection = await connectRaw(gateway.url);
    const bodies = ["{", body, "[]", body];
    connection.write(
      bodies.map((one, index) => rawPost(path, key(), one, index === 3 ? ["connection: close"] : [])).join(""),
    );
    const statuses = [...(await connection.closed).matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status);
    expect(statuses).toEqual(["400", "200", "400", "200"]);
    expect(billed()).toBe(2);
  });

  test("garbage behind a stream ends the connection, and nothing of ours is written into the answer", async () => {
    gateway.simulator.setLatency({ perTokenMs: 200 });
    const connection = await connectRaw(gateway.url);
    connection.write(rawPost(path, key(), stream));
    await until(() => connection.text().includes("data: "));
    connection.write("\u0000\u0001 no HTTP\r\n\r\n");
    const all = await connection.closed;
    expect(all.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(all).toMatch(/^HTTP\/1\.1 200 /);
    await until(async () => (await metrics()).includes("\ntenantry_open_holds 0\n"));
  });

  test("a pipeline whose sender leaves holds nothing open", async () => {
    gateway.simulator.setLatency({ timeToFirstByteMs: 2_000 });
    const connection = await connectRaw(gateway.url);
    connection.write(rawPost(path, key(), stream).repeat(20));
    await until(async () => /\ntenantry_requests_in_flight [1-9]/.test(await metrics()));
    connection.socket.destroy();
    await until(async () => {
      const text = await metrics();
      return text.includes("\ntenantry_requests_in_flight 0\n") && text.includes("\ntenantry_streams_open 0\n");
    });
  });
});

describe("paths and methods", () => {
  test.each(["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "GET"])(
    "%s is a 405 that says what is allowed",
    async (method) => {
      const answer = await fetch(gateway.url + path, { method, headers: { authorization: `Bearer ${key()}` } });
      expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
    },
  );

  test("no page of another origin is told that it may", async () => {
    const headers = { origin: "https://evil.example", "access-control-request-method": "POST" };
    const answer = await fetch(gateway.url + path, { method: "OPTIONS", headers });
    expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  test.each([
    [`${path}/`, 404],
    [`/${path}`, 404],
    ["/v1/chat%2Fcompletions", 404],
    ["/v1/../v1/files", 404],
    ["/v1/files", 404],
    ["/v1/models/%ff", 404],
    ["/v1/models/{id}", 404],
    ["/v1/models/openai%2Fgpt-4o", 200],
    ["/v1/models/openai/gpt-4o?x=1", 200],
    ["/v1/models?limit=1000&after_id=x", 200],
  ])("GET %s is %i", async (target, status) => {
    const connection = await connectRaw(gateway.url);
    connection.write(`GET ${target} HTTP/1.1\r\nhost: localhost\r\nx-api-key: ${key()}\r\nconnection: close\r\n\r\n`);
    expect(await connection.closed).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test("a query does not hide a route, and a route that is none is told in the caller's envelope", async () => {
    const headers = { "x-api-key": key(), "anthropic-version": "2023-06-01" };
    const asked = { ...hello, model: "claude-haiku-4-5", max_tokens: 20 };
    expect((await post(gateway, "/v1/messages?beta=true", null, asked, headers)).status).toBe(200);
    const batches = await post(gateway, "/v1/messages/batches", null, {}, headers);
    expect([batches.status, await batches.json()]).toMatchObject([
      404,
      { type: "error", error: { type: "not_found_error" } },
    ]);
    const files = await post(gateway, "/v1/files", key(), {});
    expect([files.status, await files.json()]).toMatchObject([404, { error: { code: "not_found" } }]);
  });

  test("an absolute target is the path in it", async () => {
    const connection = await connectRaw(gateway.url);
    const target = `http://localhost/v1/models`;
    connection.write(`GET ${target} HTTP/1.1\r\nhost: localhost\r\nx-api-key: ${key()}\r\nconnection: close\r\n\r\n`);
    expect(await connection.closed).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe("a reader who does not read", () => {
  test("is let go after a while; the call is settled, nothing is held, and little was read ahead", async () => {
    given = 0;
    const slow = await openTestGateway({
      settings: (base) => ({ ...base, dataPlane: { ...base.dataPlane, stallMs: 200 } }),
      app: (app) => ({
        ...app,
        relays: app.relays.map((relay) => ({
          ...relay,
          open: async (...asked) => endless(await relay.open(...asked)),
        })),
      }),
    });
    onTestFinished(async () => await slow.close());
    const connection = await connectRaw(slow.url);
    connection.socket.pause();
    connection.write(rawPost(path, slow.keys["acme"] ?? "", stream));
    const calls = async (): Promise<readonly { outcome: string }[]> => {
      const period = { from: Date.now() - 60_000, to: Date.now() + 60_000 };
      return (await slow.app.reader.calls({ kind: "installation" }, { period, limit: 10 })).calls;
    };
    await until(async () => (await calls()).length === 1, 10_000);
    expect((await calls())[0]).toMatchObject({ outcome: "aborted" });
    // What two sockets and we keep of it.
    expect(given * 65_536).toBeLessThan(16_000_000);
    connection.socket.destroy();
  });
});

type Exchange = Awaited<ReturnType<TestGateway["app"]["relays"][number]["open"]>>;

/** Pieces that were taken from `endless`. */
let given = 0;

/** An answer that goes on in large pieces for as long as somebody takes them. */
function endless({ events, reading }: Exchange): Exchange {
  return {
    reading,
    events: {
      async next() {
        given += 1;
        if (given === 1) return await events.next();
        await new Promise((resolve) => setImmediate(resolve));
        return { done: false, value: { type: "bytes", bytes: Buffer.alloc(65_536, ": ") } };
      },
      async return() {
        return (await events.return?.()) ?? { done: true, value: undefined };
      },
    },
  };
}
