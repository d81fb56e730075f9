import { openOtlpCollector, otlpAttribute, type OtlpCollector } from "@tenantry/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hello, openTestGateway, post, type TestGateway, tiers } from "./support/gateway.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const parentId = "00f067aa0ba902b7";

let collector: OtlpCollector;
let gateway: TestGateway;
beforeEach(async () => {
  collector = await openOtlpCollector();
  const telemetry = `telemetry: { otlp: { endpoint: "${collector.origin}", protocol: http/json, metrics: false } }\n`;
  gateway = await openTestGateway({ yaml: tiers + telemetry });
});
afterEach(async () => {
  await gateway.close();
  await collector.close();
});

describe("a call through the gateway with the caller's traceparent", () => {
  test.for([
    ["as a whole", false],
    ["streamed", true],
  ] as const)(
    "%s goes on in the caller's trace: the call below the caller's span, the attempt below the call",
    async ([, stream]) => {
      const response = await post(
        gateway,
        "/v1/chat/completions",
        gateway.keys["acme"] ?? "",
        { model: "gpt-4o-mini", stream, ...hello },
        { traceparent: `00-${traceId}-${parentId}-01`, baggage: "secret=1" },
      );
      expect(response.status).toBe(200);
      await response.text();
      await gateway.app.telemetry.flush(5_000);
      const spans = collector.spans().map(({ span }) => span);
      const call = spans.find(({ parentSpanId }) => parentSpanId === parentId);
      const attempt = spans.find(({ parentSpanId }) => parentSpanId === call?.spanId);
      expect(spans).toHaveLength(2);
      expect(spans.map((span) => span.traceId)).toEqual([traceId, traceId]);
      expect(attempt?.name).toBe("chat gpt-4o-mini");
      const callId = response.headers.get("x-tenantry-call-id");
      for (const span of spans) {
        expect(otlpAttribute(span.attributes, "tenantry.call_id")).toBe(callId);
        expect(otlpAttribute(span.attributes, "tenantry.tenant_id")).toBe("acme");
      }
      expect(otlpAttribute(attempt?.attributes ?? [], "gen_ai.usage.input_tokens")).toBeGreaterThan(0);
      if (stream) {
        const seconds = otlpAttribute(attempt?.attributes ?? [], "gen_ai.response.time_to_first_chunk");
        expect(seconds).toBeGreaterThan(0);
      }
      expect(collector.requests.flatMap(({ headerNames }) => headerNames)).not.toContain("baggage");
    },
  );

  test("a refused call stands in the caller's trace as well", async () => {
    const key = gateway.keys["poor-one"] ?? "";
    const headers = { traceparent: `00-${traceId}-${parentId}-01` };
    const response = await post(gateway, "/v1/chat/completions", key, { model: "gpt-4o-mini", ...hello }, headers);
    expect(response.status).toBe(402);
    await gateway.app.telemetry.flush(5_000);
    const [span, ...rest] = collector.spans().map((received) => received.span);
    expect(rest).toEqual([]);
    expect([span?.traceId, span?.parentSpanId, span?.status.code]).toEqual([traceId, parentId, 2]);
    expect(otlpAttribute(span?.attributes ?? [], "error.type")).toBe("budget_exceeded");
  });
});
