import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adminKey } from "../support/gateway.ts";
import { jsonExport, protobufExport } from "./export-body.ts";
import { bookedOf, type IngestGateway, openIngestGateway, sendExport } from "./installation.ts";
import { costOfOne, exported, llmSpan } from "./spans.ts";

let gateway: IngestGateway;
beforeAll(async () => void (gateway = await openIngestGateway()));
afterAll(async () => await gateway.close());

const protobuf = { "content-type": "application/x-protobuf" };

/** What the ledger grew by. */
async function growth(tenantId: string, work: () => Promise<void>): Promise<{ calls: number; costPico: bigint }> {
  const before = await bookedOf(gateway, tenantId);
  await work();
  const after = await bookedOf(gateway, tenantId);
  return { calls: after.calls - before.calls, costPico: after.costPico - before.costPico };
}

describe.each(["/v1/traces", "/telemetry/v1/traces"])("%s", (path) => {
  test.each([
    ["JSON", {}, (json: string, _proto: Buffer) => json],
    ["JSON with a character set", { "content-type": "application/json; charset=utf-8" }, (json: string) => json],
    ["JSON, gzip", { "content-encoding": "gzip" }, (json: string) => gzipSync(json)],
    ["JSON, brotli", { "content-encoding": "br" }, (json: string) => brotliCompressSync(json)],
    ["JSON, identity", { "content-encoding": "identity" }, (json: string) => json],
    ["protobuf", protobuf, (_json: string, proto: Buffer) => proto],
    ["protobuf, gzip", { ...protobuf, "content-encoding": "gzip" }, (_json: string, proto: Buffer) => gzipSync(proto)],
  ])("%s is taken, priced and answered in its own encoding", async (_name, headers, bodyOf) => {
    const spans = exported([llmSpan()]);
    const grown = await growth("acme", async () => {
      const body = bodyOf(jsonExport(spans), protobufExport(spans));
      const { status, headers: answered, bytes } = await sendExport(gateway, gateway.ingestKey, body, headers, path);
      const isProtobuf = "content-type" in headers && headers["content-type"] === "application/x-protobuf";
      expect([status, bytes.toString()]).toEqual([200, isProtobuf ? "" : "{}"]);
      expect(answered.get("content-type")).toBe(isProtobuf ? "application/x-protobuf" : "application/json");
    });
    expect(grown).toEqual({ calls: 1, costPico: costOfOne });
  });

  test.each(["GET", "PUT", "DELETE"])("%s is a 405 that says POST", async (method) => {
    const answer = await fetch(gateway.url + path, { method, headers: { authorization: `Bearer ${adminKey}` } });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
    expect(await answer.json()).toMatchObject({ code: 12 });
  });
});

describe("keys", () => {
  const body = (): string => jsonExport(exported([llmSpan({ tenantId: null })]));
  const send = async (headers: Readonly<Record<string, string>>): ReturnType<typeof sendExport> =>
    await sendExport(gateway, null, body(), headers);

  test("of every scope are taken, as Bearer, as x-api-key, or as both when they are one", async () => {
    for (const key of [gateway.ingestKey, adminKey, gateway.keys["acme"] ?? ""]) {
      expect((await send({ authorization: `Bearer ${key}` })).status).toBe(200);
      expect((await send({ "x-api-key": key })).status).toBe(200);
      expect((await send({ "x-api-key": key, authorization: `Bearer ${key}` })).status).toBe(200);
    }
  });

  test("that differ are a 401 that says so, whichever of them is good", async () => {
    const { status, body: told } = await send({ "x-api-key": gateway.ingestKey, authorization: `Bearer ${adminKey}` });
    expect([status, told.code]).toEqual([401, 16]);
    expect(told.message).toMatch(/two different keys/);
  });

  test.each([
    ["none", {}],
    ["one that works no more", { "x-api-key": `tnt_${"w".repeat(43)}` }],
    ["what an unset variable leaves behind", { "x-api-key": "undefined" }],
  ])("%s is a 401 in the request's encoding, and nothing is booked", async (_name, headers) => {
    const grown = await growth("acme", async () => {
      const { status, body: told } = await send(headers);
      expect([status, told.code]).toEqual([401, 16]);
      const answer = await sendExport(gateway, null, Buffer.from([0x0a, 0x00]), { ...protobuf, ...headers });
      expect([answer.status, answer.headers.get("content-type")]).toEqual([401, "application/x-protobuf"]);
      expect([...answer.bytes.subarray(0, 2)], "code 16").toEqual([0x08, 16]);
      expect(answer.bytes.toString()).toContain("no valid key");
    });
    expect(grown.calls).toBe(0);
  });

  test("of a tenant write for that tenant alone: what names another is refused, what names nobody is its own", async () => {
    const key = gateway.keys["rival"] ?? "";
    const spans = exported([
      llmSpan({ tenantId: "acme" }),
      llmSpan({ tenantId: null }),
      llmSpan({ tenantId: "rival" }),
    ]);
    const foreign = await bookedOf(gateway, "acme");
    const grown = await growth("rival", async () => {
      const { status, body: told } = await sendExport(gateway, key, jsonExport(spans));
      expect(status).toBe(200);
      expect(told.partialSuccess?.rejectedSpans).toBe("1");
      expect(told.partialSuccess?.errorMessage).toBe("1 × names another tenant than its key is for");
    });
    expect(grown).toEqual({ calls: 2, costPico: 2n * costOfOne });
    expect(await bookedOf(gateway, "acme")).toEqual(foreign);
  });

  test("of a tenant that is suspended still tell what its calls have cost", async () => {
    const { status } = await sendExport(gateway, gateway.keys["gone-one"] ?? "", body());
    expect(status).toBe(200);
    expect((await bookedOf(gateway, "gone-one")).calls).toBe(1);
  });
});

test("what was not taken is told in protobuf as well", async () => {
  const spans = exported([llmSpan({ startMs: Date.now() - 40 * 86_400_000 }), llmSpan()]);
  const { status, bytes } = await sendExport(gateway, gateway.ingestKey, protobufExport(spans), protobuf);
  expect(status).toBe(200);
  const message = "1 × began more than 32 days ago";
  // partial_success { rejected_spans: 1, error_message }
  const inner = Buffer.concat([Buffer.from([0x08, 1, 0x12, Buffer.byteLength(message)]), Buffer.from(message)]);
  expect(bytes).toEqual(Buffer.concat([Buffer.from([0x0a, inner.length]), inner]));
});

describe("refusals", () => {
  const send = async (
    body: string | Uint8Array,
    headers: Readonly<Record<string, string>> = {},
  ): ReturnType<typeof sendExport> => await sendExport(gateway, gateway.ingestKey, body, headers);

  test.each(["text/plain", "application/x-www-form-urlencoded", "application/grpc"])(
    "a body of %s is a 415",
    async (type) => {
      const { status, body } = await send("{}", { "content-type": type });
      expect([status, body.code]).toEqual([415, 3]);
    },
  );

  test("a compression that is not known is a 415", async () => {
    expect((await send("{}", { "content-encoding": "lz4" })).status).toBe(415);
  });

  test.each([
    ["no JSON", "{"],
    ["a list", "[]"],
    ["a text", '"spans"'],
    ["spans of another kind", '{"resourceSpans":{}}'],
    ["another signal", '{"resourceMetrics":[]}'],
  ])("%s is a 400 with a Status", async (_name, body) => {
    const answer = await send(body);
    expect([answer.status, answer.body.code]).toEqual([400, 3]);
    expect(answer.body.message).not.toBe("");
  });

  test("protobuf that is none is a 400 with a Status in protobuf", async () => {
    const { status, headers, bytes } = await send(Buffer.from("this is no protobuf"), protobuf);
    expect([status, headers.get("content-type"), bytes[0], bytes[1]]).toEqual([400, "application/x-protobuf", 0x08, 3]);
  });

  test("an empty export is taken: there was nothing to tell", async () => {
    for (const body of ["{}", '{"resourceSpans":[]}']) expect((await send(body)).status).toBe(200);
    expect((await send(Buffer.alloc(0), protobuf)).status).toBe(200);
  });
});

test("what comes in is counted for operators, without a tenant's name", async () => {
  await sendExport(gateway, gateway.ingestKey, jsonExport(exported([llmSpan({ tenantId: "acme" })])));
  const text = await (await fetch(`${gateway.url}/metrics`, { headers: { "x-api-key": adminKey } })).text();
  expect(text).toMatch(/tenantry_ingest_spans_total\{result="accepted"\} [1-9]/);
  expect(text).toMatch(/tenantry_ingest_refused_spans_total\{reason="began more than 32 days ago"\} 1/);
  expect(text).toMatch(/tenantry_ingest_batches_total\{route="POST \/v1\/traces",status="200"\} [1-9]/);
  expect(text).toMatch(/tenantry_ingest_bytes_total [1-9]/);
  expect(text.split("\n").filter((line) => line.includes("ingest") && line.includes("acme"))).toEqual([]);
});
