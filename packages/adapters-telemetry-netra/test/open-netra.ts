import type { Clock, Log, LogFields, Telemetry } from "@tenantry/core";
import {
  openOtlpCollector,
  otlpAttribute,
  type Opened,
  type OtlpCollector,
  type ReceivedSpan,
  type SeenSpan,
  type TelemetrySubject,
} from "@tenantry/testkit";
import { createNetraTelemetry, type NetraTelemetryOptions } from "../src/index.ts";

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

export interface OpenedNetra {
  readonly telemetry: Telemetry;
  readonly collector: OtlpCollector;
  readonly log: readonly LogEntry[];
  /** Flushes, and returns the spans that have arrived. */
  spans(): Promise<readonly ReceivedSpan[]>;
  close(): Promise<void>;
}

/** The adapter before a loopback collector. `endpoint` is a path, put after the collector's origin. */
export async function openNetra(
  options: Partial<NetraTelemetryOptions> = {},
  ports: { readonly clock?: Clock } = {},
): Promise<OpenedNetra> {
  const collector = await openOtlpCollector();
  const log: LogEntry[] = [];
  const telemetry = createNetraTelemetry(
    {
      apiKey: "key-for-tests",
      retryDelayMs: 5,
      otelResourceAttributes: "",
      ...options,
      endpoint: `${collector.origin}${options.endpoint ?? "/telemetry"}`,
    },
    { clock: ports.clock ?? realClock, log: keepingLog(log) },
  );
  return {
    telemetry,
    collector,
    log,
    spans: async () => {
      await telemetry.flush(5_000);
      return collector.spans();
    },
    close: async () => {
      await telemetry.close(0);
      await collector.close();
    },
  };
}

export const collectorStates = {
  accepting: { kind: "accept" },
  refusing: { kind: "refuse" },
  hanging: { kind: "hang" },
  failing: { kind: "answer", status: 503 },
} as const;

export async function openNetraSubject(): Promise<Opened<TelemetrySubject>> {
  const maxQueued = 200;
  const netra = await openNetra({ maxQueue: maxQueued });
  return {
    subject: {
      telemetry: netra.telemetry,
      maxQueued,
      seen: () => netra.collector.spans().map(toSeen),
      setCollector: async (state) => await netra.collector.behave(collectorStates[state]),
    },
    close: netra.close,
  };
}

export function toSeen({ span, scope }: ReceivedSpan): SeenSpan {
  const text = (key: string): string | null => {
    const value = otlpAttribute(span.attributes, key);
    return value === undefined ? null : String(value);
  };
  const prompt = text("gen_ai.usage.prompt_tokens");
  return {
    kind: scope.name === "netra" ? "call" : "attempt",
    name: span.name,
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId ?? null,
    callId: text("tenantry.call_id"),
    attemptId: text("tenantry.attempt_id"),
    tenantId: text("netra.tenant_id"),
    userId: text("netra.user_id"),
    sessionId: text("netra.session_id"),
    costsUsd: [...(text("netra.usage") ?? "").matchAll(/"cost_in_usd":([^,}]+)/g)].map((match) => match[1] ?? ""),
    tokens: prompt === null ? null : Number(prompt) + Number(text("gen_ai.usage.completion_tokens")),
    failed: span.status.code === 2,
  };
}
