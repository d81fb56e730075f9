import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { readCalls } from "../support/books.ts";
import { adminKey, type TestGateway, until } from "../support/gateway.ts";
import { expectAlive, liveBytes, openHostileGateway } from "./probe.ts";
import { type RawAnswer, sendRaw } from "./raw-socket.ts";

const headersMs = 200;
const requestMs = 500;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openHostileGateway({
    settings: (base) => ({ ...base, server: { ...base.server, headersMs, requestMs } }),
  });
});
/** Whatever a test did: nobody is left inside, and an ordinary call works and is booked. */
afterEach(async () => {
  await until(async () => (await inFlight()) === 0);
  const before = (await readCalls(gateway.app)).length;
  await expectAlive(gateway);
  expect(await readCalls(gateway.app)).toHaveLength(before + 1);
});
afterAll(async () => await gateway.close());

async function inFlight(): Promise<number> {
  const answer = await fetch(`${gateway.url}/metrics`, { headers: { authorization: `Bearer ${adminKey}` } });
  return Number(/^tenantry_requests_in_flight (\d+)$/m.exec(await answer.text())?.[1] ?? "-1");
}

const body = JSON.stringify({ model: "gpt-4o-mini", messages: [{ role: "user", content: "Hello" }] });
const route = "POST /v1/chat/completions HTTP/1.1";

function head(more: readonly string[] = [], line = route): string {
  const lines = [
    line,
    "host: 127.0.0.1",
    `authorization: Bearer ${gateway.keys["acme"]}`,
    "content-type: application/json",
    ...more,
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

const close = "connection: close";
const length = `content-length: ${body.length}`;
const chunked = "transfer-encoding: chunked";

/** Runs it and holds that no call was booked and no provider asked. */
async function unbooked(run: () => Promise<RawAnswer>): Promise<RawAnswer> {
  const before = [(await readCalls(gateway.app)).length, gateway.simulator.invoice().lines.length];
  const answer = await run();
  expect([(await readCalls(gateway.app)).length, gateway.simulator.invoice().lines.length]).toEqual(before);
  return answer;
}

describe("a request that does not come", () => {
  test("is ended by us, in time, with a 408 or without a word", async () => {
    const unfinished: readonly (readonly string[])[] = [
      [route, "\r\nhost: 127"],
      [head([length]), body.slice(0, 10)],
      [head([length])],
      [head([chunked]), '5\r\n{"mod'],
      [head(["content-length: 100000"]), body],
    ];
    const before = (await readCalls(gateway.app)).length;
    const startedAt = performance.now();
    const answers = await Promise.all(unfinished.map(async (pieces) => await sendRaw(gateway.url, pieces)));
    expect(performance.now() - startedAt).toBeLessThan(requestMs + 2 * headersMs + 3_000);
    for (const { ended, statuses } of answers) {
      expect(ended).toBe(true);
      expect([[], [408], [400]]).toContainEqual(statuses);
    }
    expect(await readCalls(gateway.app)).toHaveLength(before);
    expect(gateway.simulator.invoice().lines).toHaveLength(before);
  });

  test("headers that come a byte at a time are not waited for", async () => {
    const { ended, statuses } = await unbooked(
      async () => await sendRaw(gateway.url, head([length, close]).slice(0, 80).split(""), { pauseMs: 20 }),
    );
    expect([ended, statuses]).toEqual([true, [408]]);
  });

  test("a body that comes a byte at a time is not waited for", async () => {
    const { ended } = await unbooked(
      async () => await sendRaw(gateway.url, [head([length, close]), ...body.split("")], { pauseMs: 20 }),
    );
    expect(ended).toBe(true);
  });

  test.each(["end", "reset"] as const)(
    "a caller who goes away in the middle (%s) leaves nothing behind",
    async (after) => {
      for (const cut of [1, 40, 150, 10_000]) {
        const whole = head([length]) + body;
        const pieces = [whole.slice(0, Math.min(cut, whole.length - 1))];
        const { ended, statuses } = await unbooked(async () => await sendRaw(gateway.url, pieces, { after }));
        expect(ended).toBe(true);
        expect(statuses.every((status) => status === 400)).toBe(true);
      }
    },
  );
});

describe("requests that lie about their length", () => {
  const twoLengths = [length, "content-length: 3"];
  test.each([
    ["a negative one", ["content-length: -5"], body],
    ["none that is a number", ["content-length: all"], body],
    ["one beyond all numbers", [`content-length: ${"9".repeat(30)}`], body],
    ["two of them", twoLengths, body],
    ["a list", [`content-length: ${body.length}, ${body.length + 1}`], body],
    ["a length and chunks", [length, chunked], `0\r\n\r\n${route}\r\n\r\n`],
    ["chunks within chunks", ["transfer-encoding: chunked, chunked"], body],
    ["chunks that are not last", ["transfer-encoding: chunked, identity"], body],
    ["an unknown coding", ["transfer-encoding: xchunked"], body],
    ["chunks in other words", ["transfer-encoding: chunked\u000b"], "0\r\n\r\n"],
  ])("%s is a 400, and the connection is over", async (_name, headers, sent) => {
    const { ended, statuses } = await unbooked(async () => await sendRaw(gateway.url, [head([...headers]), sent]));
    expect([ended, statuses]).toEqual([true, [400]]);
  });

  test.each([
    ["no number", "zz\r\n"],
    ["a negative number", "-1\r\n"],
    ["beyond all numbers", "FFFFFFFFFFFFFFFFFF\r\n"],
    ["longer than its text", `3\r\n${body}\r\n0\r\n\r\n`],
    ["followed by a flood", `5;${"x=y;".repeat(20_000)}\r\n`],
    ["without its line end", `5\n{"a":\n`],
  ])("a chunk's size that is %s is a 400 or 413", async (_name, sent) => {
    const { ended, statuses } = await unbooked(async () => await sendRaw(gateway.url, [head([chunked, close]), sent]));
    expect(ended).toBe(true);
    expect([400, 413]).toContain(statuses[0]);
  });

  test("one that is too short leaves a rest, which is no request", async () => {
    const before = (await readCalls(gateway.app)).length;
    const { statuses, ended } = await sendRaw(gateway.url, [head(["content-length: 20"]) + body]);
    expect(ended).toBe(true);
    expect([400, 400]).toEqual(expect.arrayContaining([...statuses]));
    expect(await readCalls(gateway.app)).toHaveLength(before);
  });
});

describe("more than one request at once", () => {
  test("garbage ends the connection, and is never the answer to a request before it", async () => {
    const { statuses, ended } = await sendRaw(gateway.url, [
      `${head([length])}${body}${head([length])}${body}!!! garbage !!!\r\n\r\n`,
    ]);
    expect(ended).toBe(true);
    expect(statuses).toEqual([200, 200, 400].slice(0, statuses.length));
  });

  test("a hundred in one packet are answered in their order, each in its own name", async () => {
    const models = Array.from({ length: 100 }, (_, n) =>
      n % 3 === 0 ? "gpt-4o-mini" : n % 3 === 1 ? "nobody" : "claude-haiku-4-5",
    );
    const packet = models.map((model, n) => {
      const text = JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }] });
      return head([`content-length: ${text.length}`, ...(n === 99 ? [close] : [])]) + text;
    });
    const { text, statuses, ended } = await sendRaw(gateway.url, [packet.join("")], { deadlineMs: 10_000 });
    expect(ended).toBe(true);
    expect(statuses).toEqual(models.map((model) => (model === "nobody" ? 403 : 200)));
    const answered = [...text.matchAll(/^x-tenantry-model: \w+\/(\S+)/gm)].map(([, name]) => name);
    expect(answered).toEqual(models.filter((model) => model !== "nobody"));
  });
});

describe("headers", () => {
  test.each([
    ["one of a megabyte", () => [`x-long: ${"a".repeat(1_000_000)}`], 431],
    ["a hundred thousand", () => Array.from({ length: 100_000 }, (_, n) => `x-${n}: y`), 431],
    ["a key of 30 kB", () => [`x-api-key: ${"k".repeat(30_000)}`, length], 200],
    ["a NUL within", () => ["x-a: b\u0000c"], 400],
    ["a line end within", () => ["x-a: b\rc: d"], 400],
    ["a name with a space", () => ["x a: b"], 400],
    ["no name", () => [": b"], 400],
    ["a folded line", () => ["x-a: b", " c"], 400],
  ] as const)("%s", async (_name, headers, status) => {
    const run = async (): Promise<RawAnswer> =>
      await sendRaw(gateway.url, [head([...headers(), close]) + (status === 200 ? body : "")]);
    const { statuses, ended } = await (status === 200 ? run() : unbooked(run));
    expect([ended, statuses[0]]).toEqual([true, status]);
  });

  const ids = [
    "x-tenantry-user",
    "x-tenantry-session",
    "x-tenantry-feature",
    "idempotency-key",
    "traceparent",
    "anthropic-version",
    "anthropic-beta",
    "openai-beta",
    "te",
    "x-tenantry-report",
  ];
  test("any bytes in any header that means something are taken or a 400", async () => {
    const value = fc.oneof(
      fc.string({
        unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCodePoint(code)),
        maxLength: 300,
      }),
      fc.constantFrom(
        "__proto__",
        "constructor",
        "null",
        "a".repeat(201),
        "(none)",
        "(other)",
        "../..",
        "%00",
        "'; drop table lines; --",
      ),
    );
    for (const [name, given] of fc.sample(fc.tuple(fc.constantFrom(...ids), value), { numRuns: 120, seed: 7 })) {
      const { statuses, ended } = await sendRaw(gateway.url, [head([`${name}: ${given}`, length, close]) + body]);
      const told = `${name}: ${JSON.stringify(given)}`;
      expect([told, ended]).toEqual([told, true]);
      expect([200, 400, 403, 409], told).toContain(statuses[0]);
    }
  });

  test("any bytes as a key are a 401", async () => {
    const visible = fc.oneof(fc.integer({ min: 0x21, max: 0x7e }), fc.integer({ min: 0x80, max: 0xff }));
    const value = fc.string({ unit: visible.map((code) => String.fromCodePoint(code)), maxLength: 100 });
    for (const given of fc.sample(value, { numRuns: 100, seed: 7 })) {
      const lines = [route, "host: 127.0.0.1", `authorization: Bearer ${given}`, length, close];
      const { statuses, ended } = await unbooked(
        async () => await sendRaw(gateway.url, [`${lines.join("\r\n")}\r\n\r\n${body}`]),
      );
      expect([given, ended, statuses]).toEqual([given, true, [401]]);
    }
  });
});

describe("request lines", () => {
  const long = "a".repeat(20_000);
  test.each([
    ["POST /v1/chat/completions/ HTTP/1.1", [404]],
    ["POST //v1/chat/completions HTTP/1.1", [404]],
    ["POST /v1/./chat/completions HTTP/1.1", [404]],
    ["POST /V1/CHAT/COMPLETIONS HTTP/1.1", [404]],
    ["POST /v1/chat%2fcompletions HTTP/1.1", [404]],
    ["POST /v1/chat/completions%00 HTTP/1.1", [404]],
    ["POST /../../etc/passwd HTTP/1.1", [404]],
    ["GET /v1/models/%ff%fe%00 HTTP/1.1", [404, 400]],
    ["GET /v1/models/__proto__ HTTP/1.1", [404]],
    ["GET /v1/models/%E0%A4%A HTTP/1.1", [404, 400]],
    ["GET /v1/models/../../metrics HTTP/1.1", [404]],
    [`GET /v1/models/${long} HTTP/1.1`, [404]],
    ["GET * HTTP/1.1", [400]],
    ["OPTIONS * HTTP/1.1", [400]],
    ["GET not-a-path HTTP/1.1", [400]],
    ["GET http:// HTTP/1.1", [400]],
    ["TRACE /v1/chat/completions HTTP/1.1", [405]],
    ["DELETE /v1/chat/completions HTTP/1.1", [405]],
    ["HEAD /v1/chat/completions HTTP/1.1", [405]],
    ["post /v1/chat/completions HTTP/1.1", [400]],
    ["BREW /v1/chat/completions HTTP/1.1", [400]],
    ["POST /v1/chat/completions HTTP/9.9", [400]],
    ["POST /v1/chat/completions HTTP/1.1 HTTP/1.1", [400]],
    ["POST /v1/chat/completions", [400]],
    ["PRI * HTTP/2.0", [400]],
    ["CONNECT 127.0.0.1:22 HTTP/1.1", [400, 405, undefined]],
  ] as const)("%s", async (line, statuses) => {
    const answer = await unbooked(async () => await sendRaw(gateway.url, [head([close, "content-length: 0"], line)]));
    expect(answer.ended).toBe(true);
    expect(statuses).toContain(answer.statuses[0]);
  });

  test("asking for another protocol changes nothing, or is refused", async () => {
    const upgrades = [
      [
        ["connection: upgrade", "upgrade: websocket", "sec-websocket-key: x", length],
        [200, 400, 426],
      ],
      [
        ["connection: upgrade, http2-settings", "upgrade: h2c", "http2-settings: AAMAAABkAAQAAP__", length],
        [200, 400],
      ],
      [["expect: 100-continue", length, close], [100]],
      [["expect: the-unexpected", length, close], [417]],
    ] as const;
    for (const [headers, expected] of upgrades) {
      const { statuses } = await sendRaw(gateway.url, [head([...headers]) + body], { deadlineMs: 2_000 });
      expect(expected, headers.join(", ")).toContain(statuses[0] ?? 0);
      expect(statuses.every((status) => status < 500)).toBe(true);
    }
  });

  test("noise is answered with a 400 or with silence, and ended", async () => {
    const noise = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 200 }),
      fc.constant(Buffer.from("160301020001000001fc0303", "hex")),
      fc.constant(Buffer.alloc(5_000)),
      fc.constant(Buffer.from("\r\n\r\n\r\n")),
    );
    const answers = await Promise.all(
      fc
        .sample(noise, { numRuns: 150, seed: 3 })
        .map(async (bytes) => await sendRaw(gateway.url, [bytes], { after: "end" })),
    );
    expect(answers.every(({ ended }) => ended)).toBe(true);
    expect(answers.flatMap(({ statuses }) => statuses).filter((status) => status !== 400 && status !== 408)).toEqual(
      [],
    );
  });
});

describe("packed bodies", () => {
  const bomb = gzipSync(Buffer.alloc(200_000_000, "a"));
  test.each([
    ["that unpack to 200 MB", "gzip", bomb, 413],
    ["that are cut off", "gzip", gzipSync(body).subarray(0, 20), 400],
    ["with something behind", "gzip", Buffer.concat([gzipSync(body), Buffer.from("garbage")]), null],
    ["that are not packed", "br", Buffer.from(body), 400],
    ["packed twice", "gzip, gzip", gzipSync(gzipSync(body)), 415],
    ["in a way nobody knows", "constructor", Buffer.from(body), 415],
    ["by another name", "deflate", gzipSync(body), 400],
    ["of nothing", "zstd", Buffer.alloc(0), 400],
  ] as const)("%s", async (_name, encoding, packed, status) => {
    const before = liveBytes();
    const pieces = [head([`content-encoding: ${encoding}`, `content-length: ${packed.length}`, close]), packed];
    const { statuses, ended } = await sendRaw(gateway.url, pieces);
    expect(ended).toBe(true);
    if (status === null) expect([200, 400]).toContain(statuses[0]);
    else expect(statuses).toEqual([status]);
    expect(liveBytes() - before).toBeLessThan(20_000_000);
  });
});

test("connections that say nothing are let go, and keep nobody else out", { timeout: 20_000 }, async () => {
  const silent = await Promise.all(
    Array.from(
      { length: 300 },
      async () => await sendRaw(gateway.url, ["P"], { deadlineMs: 8_000 }).then(({ ended }) => ended),
    ),
  );
  expect(silent.every(Boolean)).toBe(true);
});
