import { TenantryError } from "@tenantry/core";
import { describe, expect, it } from "vitest";
import { readReportedSpans } from "../src/index.ts";
import { readJson, readOne, requestOf, spanId, spanWith, startedAt, traceId } from "./support/otlp-json.ts";

const chat = { "gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o", "gen_ai.operation.name": "chat" };

describe("OTLP in JSON", () => {
  it("is read as it is written", () => {
    const parentSpanId = "fedcba9876543210";
    expect(readOne(chat, "lib", { parentSpanId, kind: 2, status: {} })).toEqual({
      traceId,
      spanId,
      parentSpanId,
      name: "chat",
      kind: "server",
      startedAt,
      endedAt: startedAt + 1_000,
      status: "unset",
      service: null,
      environment: null,
      instrumentation: "lib",
      claims: { tenantId: null, userId: null, sessionId: null, feature: null },
      report: {
        attemptId: null,
        responseId: null,
        requested: { provider: "openai", model: "gpt-4o" },
        reportedModel: null,
        usage: null,
        toldCostPico: null,
        outcome: "ok",
        status: null,
        ttftMs: null,
      },
      attributes: { "gen_ai.operation.name": "chat" },
    });
  });

  it("is read the way protobuf's own mapping writes it, too", () => {
    const values = [
      { key: "gen_ai.request.model", value: { string_value: "gpt-4o" } },
      { key: "gen_ai.usage.input_tokens", value: { int_value: 100 } },
      { key: "gen_ai.usage.output_tokens", value: { double_value: 30 } },
      { key: "gen_ai.request.stream", value: { bool_value: true } },
      { key: "gen_ai.response.finish_reasons", value: { array_value: { values: [{ string_value: "stop" }] } } },
    ];
    const span = {
      trace_id: Buffer.from(traceId, "hex").toString("base64"),
      span_id: Buffer.from(spanId, "hex").toString("base64"),
      parent_span_id: "",
      name: "chat",
      kind: "SPAN_KIND_CLIENT",
      start_time_unix_nano: startedAt * 1e6,
      end_time_unix_nano: (startedAt + 7) * 1e6,
      status: { code: "STATUS_CODE_ERROR" },
      attributes: values,
    };
    const { spans } = readJson({ resource_spans: [{ scope_spans: [{ spans: [span] }] }] });
    expect(spans).toMatchObject([
      {
        traceId,
        spanId,
        parentSpanId: null,
        kind: "client",
        status: "error",
        startedAt,
        endedAt: startedAt + 7,
        instrumentation: null,
        report: { usage: { tokens: { input: 100, output: 30 } } },
        attributes: { "gen_ai.request.stream": true, "gen_ai.response.finish_reasons": "stop" },
      },
    ]);
  });

  it("takes a time written as a number for the millisecond it was cut to", () => {
    for (let ms = startedAt; ms < startedAt + 500; ms += 7) {
      const times = { startTimeUnixNano: ms * 1e6, endTimeUnixNano: `${ms}999999` };
      expect(readOne({}, "lib", times)).toMatchObject({ startedAt: ms, endedAt: ms });
    }
  });

  it("takes ids in capitals, and a parent of zeros for none", () => {
    const fields = { traceId: traceId.toUpperCase(), parentSpanId: "0".repeat(16) };
    expect(readOne({}, "lib", fields)).toMatchObject({ traceId, parentSpanId: null });
  });

  it.each<[string, object, object]>([
    ["without an end", { endTimeUnixNano: "0" }, { startedAt, endedAt: startedAt }],
    ["that ends before it starts", { endTimeUnixNano: "5000000" }, { startedAt, endedAt: startedAt }],
    ["without a start", { startTimeUnixNano: 0 }, { startedAt: startedAt + 1_000, endedAt: startedAt + 1_000 }],
    ["with a name that is none", { name: 5 }, { name: "(unnamed)" }],
    ["with an endless name", { name: "x".repeat(5_000) }, { name: "x".repeat(200) }],
    ["with half a character in its name", { name: "a\ud800" }, { name: "a\ufffd" }],
    ["of a kind there is not", { kind: 77 }, { kind: "internal" }],
    ["of a status there is not", { status: { code: "STATUS_CODE_ODD" } }, { status: "unset" }],
    ["with attributes that are none", { attributes: { a: 1 } }, { report: null }],
    ["with members nobody knows", { futureField: { deep: [1] } }, { spanId }],
  ])("counts a span %s", (_what, fields, expected) => {
    expect(readOne(chat, "lib", fields)).toMatchObject(expected);
  });

  it.each<[string, unknown]>([
    ["traceId is not 16 bytes, or all zero", spanWith({}, { traceId: "0".repeat(32) })],
    ["traceId is not 16 bytes, or all zero", spanWith({}, { traceId: "abc" })],
    ["traceId is not 16 bytes, or all zero", spanWith({}, { traceId: "g".repeat(32) })],
    ["traceId is not 16 bytes, or all zero", spanWith({}, { traceId: 7 })],
    ["spanId is not 8 bytes, or all zero", spanWith({}, { spanId: "0".repeat(16) })],
    ["spanId is not 8 bytes, or all zero", spanWith({}, { spanId: undefined })],
    ["parentSpanId is not 8 bytes", spanWith({}, { parentSpanId: "12" })],
    ["the span has neither a start nor an end time", spanWith({}, { startTimeUnixNano: "x", endTimeUnixNano: -1 })],
    ["the span is not an object", null],
    ["the span is not an object", []],
  ])("refuses a span alone when %s", (reason, span) => {
    const { spans, refused } = readJson(requestOf([spanWith(chat), span, spanWith(chat)]));
    expect(spans).toHaveLength(2);
    expect(refused).toEqual([{ reason, spans: 1 }]);
  });

  it("counts what it refuses by reason, past the limit of one request as well", () => {
    const spans = [null, 3, ...Array.from({ length: 7 }, () => spanWith(chat))];
    const read = readJson(requestOf(spans), { spans: 5 });
    expect(read.spans).toHaveLength(3);
    expect(read.refused).toEqual([
      { reason: "the span is not an object", spans: 2 },
      { reason: "the request has more spans than are read at once", spans: 4 },
    ]);
  });

  it("looks at no more attributes than it is told to", () => {
    const junk = Object.fromEntries(Array.from({ length: 600 }, (_, index) => [`junk.${index}`, index]));
    expect(readOne({ ...junk, tenant_id: "late" }).claims.tenantId).toBeNull();
    const body = requestOf([spanWith({ ...junk, tenant_id: "late" })]);
    expect(readJson(body, { attributes: 601 }).spans[0]?.claims.tenantId).toBe("late");
  });

  it.each([
    ["9223372036854775808", null],
    ["99999999999999999999999", null],
    ["-5", null],
    ["1.5", null],
    ["12", 12],
    [12, 12],
  ])("takes %j for the count %s", (intValue, count) => {
    const attributes = [
      { key: "gen_ai.request.model", value: { stringValue: "gpt-4o" } },
      { key: "gen_ai.operation.name", value: { stringValue: "chat" } },
      { key: "gen_ai.usage.input_tokens", value: { intValue } },
      { key: "gen_ai.usage.output_tokens", value: { intValue: "3" } },
    ];
    expect(readOne({}, "lib", { attributes }).report?.usage?.tokens.input ?? null).toBe(count);
  });

  it("may have no spans at all", () => {
    expect(readJson({})).toEqual({ spans: [], refused: [] });
    expect(readJson({ resourceSpans: [] })).toEqual({ spans: [], refused: [] });
    expect(readJson({ resourceSpans: [{ scopeSpans: [{}] }] })).toEqual({ spans: [], refused: [] });
  });

  it.each([
    ["body: is not JSON", "{"],
    ["body: is not JSON", ""],
    ["body: must be a JSON object", "[]"],
    ["body: must be a JSON object", "null"],
    ["resourceSpans: is missing", '{"resourceLogs":[]}'],
    ["resourceSpans: must be a list", '{"resourceSpans":{}}'],
    ["resourceSpans[1]: must be an object", '{"resourceSpans":[{},5]}'],
    ["resourceSpans[0].resource: must be an object", '{"resourceSpans":[{"resource":"x"}]}'],
    ["resourceSpans[0].scopeSpans: must be a list", '{"resourceSpans":[{"scopeSpans":"x"}]}'],
    ["resourceSpans[0].scopeSpans[0].spans: must be a list", '{"resourceSpans":[{"scopeSpans":[{"spans":1}]}]}'],
  ])("is refused as a whole with %j", (message, body) => {
    const read = (): unknown => readReportedSpans(Buffer.from(body), "json");
    expect(read).toThrow(TenantryError);
    expect(read).toThrow(message);
  });

  it("is read in an encoding there is, or refused", () => {
    expect(() => readReportedSpans(Buffer.from("{}"), "xml" as "json")).toThrow("content-type");
  });
});
