import type { Clock, Log, LogFields, Telemetry } from "@tenantry/core";
import {
  openOtlpCollector,
  otlpAttribute,
  type Opened,
  type OtlpCollector,
  type SeenSpan,
  type TelemetrySubject,
} from "@tenantry/testkit";
import { createOtlpTelemetry, type OtlpTelemetryOptions } from "../src/index.ts";
import { metricsIn, type ReadMetric, type ReadSpan, spansIn } from "./read-otlp.ts";

export const realClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => void setTimeout(resolve, ms)),
};

export interface LogEntry {
  readonly level: keyof Log;
  readonly event: string;
  readonly fields: LogFields;
}

export function keepingLog(entries: LogEntry[]): Log {
  const keep = (level: keyof Log) => (event: string, fields: LogFields) => void entries.push({ level, event, fields });
  return { info: keep("info"), warn: keep("warn"), error: keep("error") };
}

export interface OpenedOtlp {
  readonly telemetry: Telemetry;
  readonly collector: OtlpCollector;
  readonly log: readonly LogEntry[];
  /** Flushes, and returns the spans that have arrived. */
  spans(): Promise<readonly ReadSpan[]>;
  /** Flushes, and returns the last metrics that have arrived. */
  metrics(): Promise<readonly ReadMetric[]>;
  close(): Promise<void>;
}

/** The adapter before a loopback collector of both signals. */
export async function openOtlp(
  options: Partial<OtlpTelemetryOptions> = {},
  ports: { readonly clock?: Clock } = {},
): Promise<OpenedOtlp> {
  const collector = await openOtlpCollector();
  const log: LogEntry[] = [];
  const telemetry = createOtlpTelemetry(
    { retryDelayMs: 5, endpoint: collector.origin, ...options },
    { clock: ports.clock ?? realClock, log: keepingLog(log) },
  );
  return {
    telemetry,
    collector,
    log,
    spans: async () => {
      await telemetry.flush(5_000);
      return acceptedSpans(collector);
    },
    metrics: async () => {
      await telemetry.flush(5_000);
      const last = collector.requests.findLast(({ path, accepted }) => accepted && path.endsWith("/v1/metrics"));
      return last === undefined ? [] : metricsIn(last);
    },
    close: async () => {
      await telemetry.close(0);
      await collector.close();
    },
  };
}

export function acceptedSpans(collector: OtlpCollector): readonly ReadSpan[] {
  return collector.requests.filter(({ path, accepted }) => accepted && path.endsWith("/v1/traces")).flatMap(spansIn);
}

const states = {
  accepting: { kind: "accept" },
  refusing: { kind: "refuse" },
  hanging: { kind: "hang" },
  failing: { kind: "answer", status: 503 },
} as const;

/** The adapter as the contract sees it. */
export function otlpSubject(options: Partial<OtlpTelemetryOptions>): () => Promise<Opened<TelemetrySubject>> {
  return async () => {
    const maxQueued = 200;
    const otlp = await openOtlp({ maxQueue: maxQueued, ...options });
    return {
      subject: {
        telemetry: otlp.telemetry,
        maxQueued,
        seen: () => acceptedSpans(otlp.collector).map(toSeen),
        setCollector: (state) => otlp.collector.behave(states[state]),
      },
      close: otlp.close,
    };
  };
}

function toSeen({ span }: ReadSpan): SeenSpan {
  const text = (key: string): string | null => {
    const value = otlpAttribute(span.attributes, key);
    return typeof value === "string" ? value : null;
  };
  const tokens = ["gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"].flatMap((key) => {
    const value = otlpAttribute(span.attributes, key);
    return typeof value === "number" ? [value] : [];
  });
  const cost = text("tenantry.cost_usd");
  return {
    kind: text("tenantry.attempt_id") === null ? "call" : "attempt",
    name: span.name,
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId ?? null,
    callId: text("tenantry.call_id"),
    attemptId: text("tenantry.attempt_id"),
    tenantId: text("tenantry.tenant_id"),
    userId: text("tenantry.user_id"),
    sessionId: text("tenantry.session_id"),
    costsUsd: cost === null ? [] : [cost],
    tokens: tokens.length === 0 ? null : tokens.reduce((sum, count) => sum + count, 0),
    failed: span.status?.code === 2,
  };
}
