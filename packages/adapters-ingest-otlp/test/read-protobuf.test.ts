import { TenantryError, type ReportedSpan } from "@tenantry/core";
import { describe, expect, it } from "vitest";
import { readReportedSpans, type ReadSpans } from "../src/index.ts";
import {
  attribute,
  bytesField,
  fixed64Field,
  message,
  requestBytes,
  spanBytes,
  spanIdBytes,
  textAttribute,
  traceIdBytes,
  varint,
  varintField,
} from "./support/wire-writer.ts";

const chat = [textAttribute("gen_ai.request.model", "gpt-4o"), textAttribute("gen_ai.operation.name", "chat")];
const good = spanBytes(...chat);

function read(body: Uint8Array, limits?: Parameters<typeof readReportedSpans>[2]): ReadSpans {
  return readReportedSpans(body, "protobuf", limits);
}

function readOne(...fields: readonly Uint8Array[]): ReportedSpan {
  const { spans, refused } = read(requestBytes(spanBytes(...fields)));
  expect(refused).toEqual([]);
  return spans[0] as ReportedSpan;
}

function inputTokens(anyValue: Uint8Array): number | null {
  const output = attribute("gen_ai.usage.output_tokens", varintField(3, 1));
  return readOne(...chat, attribute("gen_ai.usage.input_tokens", anyValue), output).report?.usage?.tokens.input ?? null;
}

describe("OTLP in protobuf", () => {
  it("takes a whole millisecond of the start as that millisecond", () => {
    const times = [1_795_000_000_001n, 1_795_000_000_999n, 18_446_744_073_709n];
    for (const at of times) {
      const span = readOne(fixed64Field(7, at * 1_000_000n), fixed64Field(8, at * 1_000_000n + 999_999n));
      expect(span).toMatchObject({ startedAt: Number(at), endedAt: Number(at) });
    }
  });

  it("takes what spans belong to also when it is written behind them", () => {
    const scoped = message(bytesField(2, good), bytesField(1, bytesField(1, "late-lib")));
    const service = bytesField(1, message(bytesField(1, "service.name"), bytesField(2, bytesField(1, "shop"))));
    const { spans } = read(bytesField(1, message(bytesField(2, scoped), bytesField(1, service))));
    expect(spans).toMatchObject([{ instrumentation: "late-lib", service: "shop" }]);
  });

  it("steps over fields nobody knows, and known ones that are written otherwise", () => {
    const odd = [
      varintField(1_000, 5),
      fixed64Field(2_000, 1n),
      bytesField(3_000, "x"),
      varintField(9, 1),
      bytesField(6, "k"),
    ];
    expect(readOne(...odd, ...chat)).toMatchObject({ kind: "client", report: { requested: { model: "gpt-4o" } } });
  });

  it("reads counts of every size, and none that is not one", () => {
    expect(inputTokens(varintField(3, 0))).toBe(0);
    expect(inputTokens(varintField(3, 2 ** 40))).toBe(2 ** 40);
    expect(inputTokens(varintField(3, 2n ** 63n - 1n))).toBeNull();
    expect(inputTokens(varintField(3, -1n))).toBeNull();
    expect(inputTokens(bytesField(1, "77"))).toBe(77);
    expect(inputTokens(varintField(2, 1))).toBeNull();
    expect(inputTokens(bytesField(6, ""))).toBeNull();
    expect(inputTokens(fixed64Field(4, doubleBits(12)))).toBe(12);
    expect(inputTokens(fixed64Field(4, doubleBits(Number.NaN)))).toBeNull();
    expect(inputTokens(fixed64Field(4, doubleBits(1.5)))).toBeNull();
    expect(inputTokens(message(varintField(3, 5), varintField(3, 6)))).toBe(6);
  });

  it.each<[string, Uint8Array]>([
    ["a text that ends too early", message(bytesField(1, traceIdBytes), varint(9 * 8 + 2), varint(100))],
    ["a number without an end", message(varint(6 * 8), Buffer.alloc(12, 0xff))],
    ["a time that is cut", message(varint(7 * 8 + 1), Buffer.alloc(3))],
    ["a group", message(varint(20 * 8 + 3), varint(20 * 8 + 4))],
    ["a field number of 0", message(varint(2), varint(0))],
    ["a field number past all", message(varint(2n ** 40n), varint(0))],
    [
      "an attribute whose value runs out of it",
      bytesField(9, message(bytesField(1, "tenant_id"), bytesField(2, message(varint(10), varint(50))))),
    ],
    ["an event that is cut", bytesField(11, message(varint(9), varint(1)))],
    ["a status that is cut", bytesField(15, varint(24))],
  ])("refuses a span alone that has %s", (_what, bytes) => {
    const { spans, refused } = read(requestBytes(good, bytes, good));
    expect(spans).toHaveLength(2);
    expect(refused).toEqual([{ reason: "the span cannot be decoded", spans: 1 }]);
  });

  it("goes on behind a broken span, wherever in it the break is", () => {
    const cut = message(bytesField(1, "tenant_id"), bytesField(2, message(varint(10), varint(50))));
    const broken = spanBytes(bytesField(9, cut), bytesField(2, good), ...chat);
    const { spans, refused } = read(requestBytes(broken, good, broken, good));
    expect(spans).toHaveLength(2);
    expect(refused).toEqual([{ reason: "the span cannot be decoded", spans: 2 }]);
  });

  it("tells when an answer began, unless its first pieces were dropped", () => {
    const piece = message(fixed64Field(1, 1_795_000_000_250_000_000n), bytesField(2, "llm.content.completion.chunk"));
    const other = message(fixed64Field(1, 1_795_000_000_100_000_000n), bytesField(2, "exception"));
    const events = [bytesField(11, other), bytesField(11, piece)];
    expect(readOne(...chat, ...events).report?.ttftMs).toBe(250);
    expect(readOne(...chat, ...events, varintField(12, 3)).report?.ttftMs).toBeNull();
  });

  it.each<[string, Uint8Array]>([
    ["traceId is not 16 bytes, or all zero", spanBytes(bytesField(1, Buffer.alloc(16)))],
    ["traceId is not 16 bytes, or all zero", spanBytes(bytesField(1, spanIdBytes))],
    ["traceId is not 16 bytes, or all zero", bytesField(2, spanIdBytes)],
    ["spanId is not 8 bytes, or all zero", spanBytes(bytesField(2, traceIdBytes))],
    ["parentSpanId is not 8 bytes", spanBytes(bytesField(4, traceIdBytes))],
    ["the span has neither a start nor an end time", spanBytes(fixed64Field(7, 0n), fixed64Field(8, 0n))],
  ])("refuses a span alone when %s", (reason, bytes) => {
    expect(read(requestBytes(good, bytes)).refused).toEqual([{ reason, spans: 1 }]);
  });

  it("takes a parent that is empty or all zero for none", () => {
    expect(readOne(bytesField(4, "")).parentSpanId).toBeNull();
    expect(readOne(bytesField(4, Buffer.alloc(8))).parentSpanId).toBeNull();
    expect(readOne(bytesField(4, spanIdBytes)).parentSpanId).toBe("0123456789abcdef");
  });

  it("takes no id from bytes that are no text", () => {
    const notText = attribute("tenant_id", bytesField(1, Buffer.from([0x61, 0xff])));
    expect(readOne(notText, textAttribute("tenant.id", "apex-legal")).claims.tenantId).toBe("apex-legal");
  });

  it("steps over a gigantic text and over values nested a million deep", () => {
    let nested: Uint8Array = bytesField(1, "x");
    for (let depth = 0; depth < 200; depth++) nested = bytesField(5, bytesField(1, nested));
    const deep = Buffer.alloc(2_000_000, 0x2a);
    const span = readOne(
      attribute("tenant_id", nested),
      attribute("metadata", bytesField(5, deep.subarray(0, 0))),
      attribute("input", deep),
      textAttribute("user.id", "u".repeat(3_000_000)),
      textAttribute("tenant.id", "apex-legal"),
    );
    expect(span.claims).toMatchObject({ tenantId: "apex-legal", userId: null });
  });

  it("keeps to its limits", () => {
    const junk = Array.from({ length: 600 }, (_, index) => textAttribute(`junk.${index}`, "x"));
    expect(readOne(...junk, textAttribute("tenant_id", "late")).claims.tenantId).toBeNull();
    const { spans, refused } = read(requestBytes(good, good, good, good, good), { spans: 2 });
    expect(spans).toHaveLength(2);
    expect(refused).toEqual([{ reason: "the request has more spans than are read at once", spans: 3 }]);
  });

  it.each<[string, Uint8Array]>([
    ["0", Buffer.from([0x07])],
    ["1", Buffer.from([0x0a])],
    ["2", Buffer.from([0x0a, 0x05, 0x01])],
    ["3", bytesField(1, message(varint(18), varint(9)))],
  ])("is refused as a whole where what is around the spans is malformed", (_case, body) => {
    expect(() => read(body)).toThrow(TenantryError);
    expect(() => read(body)).toThrow(/^body: is no OTLP export request: malformed at byte \d+$/);
  });

  it("may have no spans at all", () => {
    expect(read(new Uint8Array(0))).toEqual({ spans: [], refused: [] });
  });

  it("is read where it lies in a larger buffer", () => {
    const body = requestBytes(good);
    const larger = new Uint8Array(body.length + 20).fill(0xff);
    larger.set(body, 10);
    expect(read(larger.subarray(10, 10 + body.length))).toEqual(read(body));
  });
});

function doubleBits(value: number): bigint {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes.readBigUInt64LE();
}
