import { gzipSync } from "node:zlib";
import { TenantryError } from "@tenantry/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { sendRaw } from "../hostile/raw-socket.ts";
import { hello, post } from "../support/gateway.ts";
import { jsonExport, protobufExport } from "./export-body.ts";
import { bookedOf, type IngestGateway, openIngestGateway, sendExport, sendSpans } from "./installation.ts";
import { appSpan, costOfOne, exported, llmSpan, newTraceId } from "./spans.ts";

let gateway: IngestGateway;
beforeAll(async () => void (gateway = await openIngestGateway("ingest: { maxBodyMb: 2 }")));
afterAll(async () => await gateway.close());

const protobuf = { "content-type": "application/x-protobuf" };
const gzip = { "content-encoding": "gzip" };

const send = async (
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): ReturnType<typeof sendExport> => await sendExport(gateway, gateway.ingestKey, body, headers);

/** That nothing was booked, and that the gateway takes an export and answers a call as before. */
async function stillServes(before: Awaited<ReturnType<typeof bookedOf>>): Promise<void> {
  expect(await bookedOf(gateway, "acme")).toEqual(before);
  expect((await sendSpans(gateway, [llmSpan({ tenantId: "rival" })])).body).toEqual({});
  expect((await post(gateway, "/v1/chat/completions", gateway.keys["rival"] ?? "", hello)).status).toBe(200);
}

describe("bodies that are meant to do harm", () => {
  const good = () => exported([llmSpan()]);

  test.each([
    ["garbage in place of gzip", () => send("no gzip at all", gzip), 400],
    ["gzip that is cut off", () => send(gzipSync(jsonExport(good())).subarray(0, 60), gzip), 400],
    ["a bomb of zeros", () => send(gzipSync(Buffer.alloc(200_000_000)), gzip), 413],
    ["a bomb of JSON", () => send(gzipSync(`{"resourceSpans":[${"[],".repeat(20_000_000)}[]]}`), gzip), 413],
    ["a body that is simply too long", () => send(" ".repeat(2 ** 21 + 1)), 413],
    ["deep nesting", () => send(`{"resourceSpans":${"[".repeat(500_000)}${"]".repeat(500_000)}}`), 400],
    ["an invalid encoding of text", () => send(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])), 400],
    ["protobuf with a length that lies", () => send(Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]), protobuf), 400],
    ["protobuf that is cut off", () => send(protobufExport(good()).subarray(0, -7), protobuf), 400],
    ["a varint without an end", () => send(Buffer.alloc(30, 0xff), protobuf), 400],
  ])("%s", async (_name, attack, status) => {
    const before = await bookedOf(gateway, "acme");
    expect((await attack()).status).toBe(status);
    await stillServes(before);
  });

  test("of any bytes are answered and never crash", { timeout: 60_000 }, async () => {
    const before = await bookedOf(gateway, "acme");
    const bytes = fc.uint8Array({ maxLength: 400 });
    await fc.assert(
      fc.asyncProperty(bytes, fc.boolean(), fc.boolean(), async (body, isProtobuf, isGzip) => {
        const { status } = await send(isGzip ? gzipSync(body) : body, {
          ...(isProtobuf ? protobuf : {}),
          ...(isGzip ? gzip : {}),
        });
        expect([200, 400]).toContain(status);
      }),
      { numRuns: 200 },
    );
    await stillServes(before);
  });

  test("changed in one place are answered and never crash", { timeout: 60_000 }, async () => {
    const { length } = protobufExport(good());
    await fc.assert(
      fc.asyncProperty(fc.nat(length - 1), fc.nat(255), fc.boolean(), async (at, value, isProtobuf) => {
        const spans = exported([llmSpan({ tenantId: "slow-one" })]);
        const body = isProtobuf ? protobufExport(spans) : Buffer.from(jsonExport(spans));
        body[at] = value;
        expect([200, 400]).toContain((await send(body, isProtobuf ? protobuf : {})).status);
      }),
      { numRuns: 200 },
    );
  });

  test("that stop half way give their place back", async () => {
    const body = jsonExport(good());
    const head = [
      "POST /v1/traces HTTP/1.1",
      "host: localhost",
      `authorization: Bearer ${gateway.ingestKey}`,
      "content-type: application/json",
      `content-length: ${body.length}`,
    ];
    // More than there are places for.
    for (let times = 0; times < 70; times += 1) {
      await sendRaw(gateway.url, [`${head.join("\r\n")}\r\n\r\n${body.slice(0, 50)}`], { after: "reset" });
    }
    await stillServes(await bookedOf(gateway, "acme"));
  });
});

describe("spans of wrong values", () => {
  test("a gigantic attribute is cut or left out; the call is booked", async () => {
    const before = await bookedOf(gateway, "poor-one");
    const more = {
      "gen_ai.input.messages": "x".repeat(1_000_000),
      "user.id": "u".repeat(5_000),
      plain: "y".repeat(100_000),
    };
    expect((await sendSpans(gateway, [llmSpan({ tenantId: "poor-one", more })])).status).toBe(200);
    const after = await bookedOf(gateway, "poor-one");
    expect(after.costPico - before.costPico).toBe(costOfOne);
    const { items } = await gateway.app.storage.spans.traces(
      { kind: "tenant", tenantId: "poor-one" },
      { period: { from: 0, to: Date.now() + 1_000 }, order: "newest-first", limit: 1 },
    );
    const kept = await gateway.app.storage.spans.spans(
      { kind: "installation" },
      { traceId: items[0]?.item.traceId ?? "", limit: 10 },
    );
    expect(JSON.stringify(kept).length).toBeLessThan(3_000);
    // Content is not kept, whatever its name (R10).
    expect(JSON.stringify(kept)).not.toMatch(/xxxx|yyyy/);
  });

  test.each([
    ["negative tokens", { "gen_ai.usage.input_tokens": -5 }],
    ["tokens that are a text", { "gen_ai.usage.input_tokens": "many" }],
    ["tokens beyond every number", { "gen_ai.usage.input_tokens": 1e300 }],
    ["a model that is a number", { "gen_ai.request.model": 7, "gen_ai.response.model": 7 }],
  ])("%s: taken, and no sum is spoilt", async (_name, more) => {
    const before = await bookedOf(gateway, "acme");
    expect((await sendSpans(gateway, [llmSpan({ more })])).status).toBe(200);
    const after = await bookedOf(gateway, "acme");
    expect(after.costPico).toBeGreaterThanOrEqual(before.costPico);
    expect(after.costPico - before.costPico).toBeLessThanOrEqual(costOfOne);
  });

  const day = 86_400_000;
  test.each([
    ["days behind", -5 * day, 1, undefined],
    ["a month and more behind", -33 * day, 0, /1 × began more than 32 days ago/],
    ["days ahead", 5 * day, 1, /1 × is from a clock ahead of ours: moved to when it came/],
    ["at the beginning of time", -Date.now() + 1, 0, /1 × began more than 32 days ago/],
  ])("a clock %s", async (_name, skewMs, calls, told) => {
    const before = await bookedOf(gateway, "marked-one");
    const { status, body } = await sendSpans(gateway, [
      llmSpan({ tenantId: "marked-one", startMs: Date.now() + skewMs }),
    ]);
    expect(status).toBe(200);
    if (told === undefined) expect(body).toEqual({});
    else expect(body.partialSuccess?.errorMessage).toMatch(told);
    expect((await bookedOf(gateway, "marked-one")).calls - before.calls).toBe(calls);
    const ahead = await gateway.app.reader.usage(
      { kind: "installation" },
      { period: { from: Date.now() + 60_000, to: Date.now() + 30 * day }, groupBy: [], timeZone: "UTC" },
    );
    expect(ahead[0]?.calls ?? 0).toBe(0);
  });

  test("a trace whose spans are each other's parents ends", async () => {
    const traceId = newTraceId();
    const [a, b] = [appSpan(traceId, null), appSpan(traceId, null)];
    const spans = [
      { ...a, parentSpanId: b.spanId },
      { ...b, parentSpanId: a.spanId },
      llmSpan({ tenantId: null, traceId, parentSpanId: a.spanId }),
    ];
    expect((await sendSpans(gateway, spans)).status).toBe(200);
  });

  test("an export of ten thousand spans is taken whole, in parts", { timeout: 60_000 }, async () => {
    const spans = Array.from({ length: 11_000 }, () => appSpan(newTraceId(), null));
    const before = gateway.logged.length;
    const { status, bytes } = await sendExport(gateway, gateway.ingestKey, protobufExport(exported(spans)), protobuf);
    expect([status, bytes.length]).toEqual([200, 0]);
    const told = gateway.logged.slice(before).find(({ event }) => event === "ingest");
    expect(told?.fields).toMatchObject({ accepted: 11_000, known: 0, refused: 0 });
  });
});

test("a store that cannot be written is a 503 that says when to come back; sent again, everything is there once", async () => {
  let isBroken = false;
  const failing = await openIngestGateway("", {
    app: (app) => ({
      ...app,
      ingest: {
        ...app.ingest,
        record: async (...batch) => {
          if (isBroken) throw new TenantryError("unavailable", "the disk is full", { retryable: true });
          return await app.ingest.record(...batch);
        },
      },
    }),
  });
  onTestFinished(async () => await failing.close());
  const spans = Array.from({ length: 300 }, () => llmSpan());
  isBroken = true;
  const { status, headers, body } = await sendSpans(failing, spans);
  expect([status, body.code]).toEqual([503, 14]);
  expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
  isBroken = false;
  expect((await sendSpans(failing, spans)).body).toEqual({});
  expect(await bookedOf(failing, "acme")).toMatchObject({ calls: 300, costPico: 300n * costOfOne });
});

test(
  "more exports at once than there is room for are told to come back; none is lost and none is twice",
  { timeout: 60_000 },
  async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const full = await openIngestGateway("", {
      app: (app) => ({
        ...app,
        ingest: {
          ...app.ingest,
          record: async (...batch) => {
            await held;
            return await app.ingest.record(...batch);
          },
        },
      }),
    });
    onTestFinished(async () => await full.close());
    const own = full.keys["acme"] ?? "";
    const exports = Array.from({ length: 100 }, () => jsonExport(exported([llmSpan({ tenantId: "acme" })])));
    const answers = exports.map(async (body, at) => await sendExport(full, at < 30 ? own : full.ingestKey, body));
    // Those that are refused are answered while the others wait.
    const early = await Promise.all(answers.map(async (one) => await Promise.race([one, tick()])));
    const refused = early.filter((one) => one !== null);
    expect(refused.length).toBeGreaterThanOrEqual(36);
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([429, 503]));
    for (const { headers, body } of refused) {
      expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
      expect(body.message).toMatch(/retry/);
    }
    // Calls are none the slower for it: they have places of their own.
    expect((await post(full, "/v1/chat/completions", own, hello)).status).toBe(200);
    release();
    const all = await Promise.all(answers);
    const again = await Promise.all(
      exports
        .filter((_, at) => all[at]?.status !== 200)
        .map(async (body) => await sendExport(full, full.ingestKey, body)),
    );
    expect(new Set(again.map(({ status }) => status))).toEqual(new Set([200]));
    const { costPico } = await bookedOf(full, "acme");
    const [row] = await full.app.reader.usage(
      { kind: "installation" },
      { period: { from: 0, to: Date.now() + 1_000 }, groupBy: [], timeZone: "UTC" },
    );
    expect(row?.calls).toBe(101);
    expect(costPico).toBeGreaterThan(100n * costOfOne);
  },
);

const tick = async (): Promise<null> => await new Promise((resolve) => setTimeout(() => resolve(null), 2_000));
