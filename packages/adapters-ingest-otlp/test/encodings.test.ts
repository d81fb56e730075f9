import { JsonTraceSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { idProblem, TenantryError, tokensProblem, type ReportedSpan } from "@tenantry/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type OtlpEncoding, readReportedSpans } from "../src/index.ts";
import { arbitrarySpan } from "./support/arbitrary-spans.ts";
import { bytesField, requestBytes, spanBytes, textAttribute } from "./support/wire-writer.ts";

const batch = fc.array(arbitrarySpan, { minLength: 1, maxLength: 4 });

function json(spans: Parameters<typeof JsonTraceSerializer.serializeRequest>[0]): Uint8Array {
  return JsonTraceSerializer.serializeRequest(spans) ?? new Uint8Array(0);
}

function protobuf(spans: Parameters<typeof ProtobufTraceSerializer.serializeRequest>[0]): Uint8Array {
  return ProtobufTraceSerializer.serializeRequest(spans) ?? new Uint8Array(0);
}

/** Reads, and throws where what is thrown is not ours or what is read breaks a promise of `ReportedSpan`. */
function readWhatever(body: Uint8Array, encoding: OtlpEncoding): void {
  try {
    readReportedSpans(body, encoding).spans.forEach(checkSpan);
  } catch (error) {
    if (!TenantryError.is(error) || error.code !== "invalid_request") throw error;
  }
}

function checkSpan(span: ReportedSpan): void {
  expect(span.traceId).toMatch(/^(?!0+$)[0-9a-f]{32}$/);
  expect(span.spanId).toMatch(/^(?!0+$)[0-9a-f]{16}$/);
  expect(span.parentSpanId ?? "fedcba9876543210").toMatch(/^(?!0+$)[0-9a-f]{16}$/);
  expect(span.name.length).toBeGreaterThan(0);
  expect(span.name.length).toBeLessThanOrEqual(200);
  expect(Number.isSafeInteger(span.startedAt) && Number.isSafeInteger(span.endedAt)).toBe(true);
  expect(span.endedAt).toBeGreaterThanOrEqual(span.startedAt);
  const { tenantId, userId, sessionId, feature } = span.claims;
  for (const id of [tenantId, userId, sessionId, feature]) if (id !== null) expect(idProblem(id)).toBeNull();
  expect(Object.keys(span.attributes).length).toBeLessThanOrEqual(32);
  for (const value of Object.values(span.attributes)) expect(String(value).length).toBeLessThanOrEqual(200);
  const { report } = span;
  if (report === null) return;
  if (report.usage !== null) expect(tokensProblem(report.usage.tokens)).toBeNull();
  expect(report.toldCostPico ?? 0n).toBeGreaterThanOrEqual(0n);
  expect(report.ttftMs ?? 0).toBeGreaterThanOrEqual(0);
  for (const id of [report.attemptId, report.responseId]) if (id !== null) expect(idProblem(id)).toBeNull();
}

describe("the two encodings", () => {
  it("of the same spans tell the same", () => {
    fc.assert(
      fc.property(batch, (spans) => {
        const told = readReportedSpans(json(spans), "json");
        expect(readReportedSpans(protobuf(spans), "protobuf")).toEqual(told);
        told.spans.forEach(checkSpan);
      }),
      { numRuns: 300 },
    );
  });
});

describe("whatever arrives", () => {
  it("is read or refused, and never breaks: random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (body) => {
        readWhatever(body, "protobuf");
        readWhatever(body, "json");
        readWhatever(requestBytes(body), "protobuf");
        readWhatever(requestBytes(spanBytes(bytesField(9, body))), "protobuf");
      }),
      { numRuns: 500 },
    );
  });

  it("is read or refused, and never breaks: good requests with bytes changed, cut out or put in", () => {
    const change = fc.record({
      at: fc.nat(),
      byte: fc.nat({ max: 255 }),
      removed: fc.nat({ max: 3 }),
      added: fc.nat({ max: 2 }),
    });
    fc.assert(
      fc.property(batch, fc.array(change, { minLength: 1, maxLength: 4 }), fc.boolean(), (spans, changes, isJson) => {
        let body = Buffer.from(isJson ? json(spans) : protobuf(spans));
        for (const { at, byte, removed, added } of changes) {
          const start = at % body.length;
          body = Buffer.concat([body.subarray(0, start), Buffer.alloc(added, byte), body.subarray(start + removed)]);
        }
        readWhatever(body, isJson ? "json" : "protobuf");
      }),
      { numRuns: 500 },
    );
  });

  it("is read or refused, and never breaks: any JSON where members of a request are expected", () => {
    const member = fc.jsonValue({ maxDepth: 3 });
    const span = fc.record({
      traceId: member,
      spanId: member,
      startTimeUnixNano: member,
      attributes: member,
      events: member,
      status: member,
    });
    fc.assert(
      fc.property(fc.oneof(member, span), member, (inner, resource) => {
        for (const body of [
          inner,
          { resourceSpans: inner },
          { resourceSpans: [{ resource, scopeSpans: [{ scope: inner, spans: [inner] }] }] },
        ]) {
          readWhatever(Buffer.from(JSON.stringify(body)), "json");
        }
      }),
      { numRuns: 500 },
    );
  });

  it("is cut anywhere, and what was whole before the cut is not told twice or otherwise", () => {
    const spans = [spanBytes(textAttribute("tenant_id", "a")), spanBytes(textAttribute("tenant_id", "b"))];
    const body = requestBytes(...spans);
    for (let length = 1; length < body.length; length++) {
      expect(() => readReportedSpans(body.subarray(0, length), "protobuf")).toThrow(TenantryError);
    }
    expect(readReportedSpans(body, "protobuf").spans.map(({ claims }) => claims.tenantId)).toEqual(["a", "b"]);
  });

  const openBrackets = (size: number): Uint8Array =>
    Buffer.from(`{"resourceSpans":${"[".repeat(size)}${"]".repeat(size)}}`);
  it.each<[string, OtlpEncoding, (size: number) => Uint8Array]>([
    ["lists in lists", "json", openBrackets],
    ["one endless text", "json", (size) => Buffer.from(`{"resourceSpans":[{"resource":"${"x".repeat(size)}"}]}`)],
    [
      "attributes without end",
      "protobuf",
      (size) => requestBytes(spanBytes(repeated(textAttribute("tenant_id", "a"), size))),
    ],
    ["events without end", "protobuf", (size) => requestBytes(spanBytes(repeated(bytesField(11, ""), size)))],
    ["scopes without end", "protobuf", (size) => bytesField(1, repeated(bytesField(2, ""), size))],
    ["resources without end", "protobuf", (size) => repeated(bytesField(1, ""), size)],
    [
      "broken spans without end",
      "protobuf",
      (size) => bytesField(1, bytesField(2, repeated(bytesField(2, "\n"), size))),
    ],
    ["values in values", "protobuf", (size) => requestBytes(spanBytes(textAttribute("input", "*".repeat(size))))],
  ])("takes time in proportion to its length: %s", (_what, encoding, build) => {
    const small = build(64_000);
    const large = build(64_000 * 16);
    for (let warm = 0; warm < 3; warm++) readWhatever(small, encoding);
    // Quadratic work would take 256 times as long. Under 10 ms the clock is too coarse to tell.
    const perSmall = Math.max(10, cpuMs(small, encoding));
    expect(cpuMs(large, encoding)).toBeLessThan(perSmall * 80);
  });
});

function repeated(field: Uint8Array, size: number): Uint8Array {
  return Buffer.alloc(size - (size % field.length), field);
}

/** Of this process: other work on the machine does not count. */
function cpuMs(body: Uint8Array, encoding: OtlpEncoding): number {
  const start = process.cpuUsage();
  readWhatever(body, encoding);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1_000;
}
