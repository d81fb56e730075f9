import { randomBytes } from "node:crypto";
import type { AttributeValue, ExportedScope, ExportedSpan } from "./export-body.ts";

export function newTraceId(): string {
  return randomBytes(16).toString("hex");
}

export function newSpanId(): string {
  return randomBytes(8).toString("hex");
}

/** What one of these calls costs by the catalogue's price of gpt-4o-mini: 1,000 × $0.15 and 500 × $0.60 per million. */
export const costOfOne = 450_000_000n;
export const tokensOfOne = 1_500;

export interface ToldCall {
  readonly tenantId?: string | null;
  readonly userId?: string;
  readonly sessionId?: string;
  readonly traceId?: string;
  readonly parentSpanId?: string;
  readonly responseId?: string;
  readonly model?: string;
  readonly startMs?: number;
  readonly more?: Readonly<Record<string, AttributeValue>>;
}

/** A span of OpenTelemetry's conventions that tells of one call. */
export function llmSpan(told: ToldCall = {}): ExportedSpan {
  const { tenantId = "acme", userId, sessionId, traceId, parentSpanId, responseId, model, startMs, more } = told;
  const start = startMs ?? Date.now() - 2_000;
  return {
    traceId: traceId ?? newTraceId(),
    spanId: newSpanId(),
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    name: "chat gpt-4o-mini",
    startMs: start,
    endMs: start + 800,
    attributes: {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": model ?? "gpt-4o-mini",
      "gen_ai.response.model": model ?? "gpt-4o-mini",
      "gen_ai.usage.input_tokens": 1_000,
      "gen_ai.usage.output_tokens": 500,
      ...(responseId === undefined ? {} : { "gen_ai.response.id": responseId }),
      ...(tenantId === null ? {} : { "tenantry.tenant_id": tenantId }),
      ...(userId === undefined ? {} : { "user.id": userId }),
      ...(sessionId === undefined ? {} : { "session.id": sessionId }),
      ...more,
    },
  };
}

/** A span of an application around such calls. */
export function appSpan(traceId: string, tenantId: string | null, startMs: number = Date.now() - 2_100): ExportedSpan {
  return {
    traceId,
    spanId: newSpanId(),
    name: "meeting-summarization",
    startMs,
    endMs: startMs + 1_000,
    attributes: tenantId === null ? {} : { "tenantry.tenant_id": tenantId },
  };
}

export function exported(spans: readonly ExportedSpan[]): ExportedScope {
  return { scope: "app.instrumentation", resource: { "service.name": "app", "deployment.environment": "test" }, spans };
}
