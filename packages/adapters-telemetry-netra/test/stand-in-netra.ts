import { type Context, context, propagation, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, TracerProvider } from "@opentelemetry/sdk-trace";
import type { SeenSpan } from "@tenantry/testkit";
import type { NetraSdk, NetraSdkSpan } from "../src/index.ts";

/** How exports end. */
export type ExportState = "accepting" | "refusing" | "hanging" | "failing";

/**
 * What the adapter meets of `netra-sdk` where that is not installed, written from what was measured of it: a provider of spans and
 * a manager of contexts registered in the process, ids from baggage or else from a map of the whole process, a batch that is
 * thrown away when it is not taken.
 */
export interface StandInNetra {
  readonly netra: NetraSdk;
  /** The process-wide ids, as `setTenantId` and its like set them. */
  readonly processIds: Map<string, string>;
  seen(): readonly SeenSpan[];
  /** Attributes of what has arrived, by the name of the span. */
  attributesOf(name: string): Readonly<Record<string, unknown>>;
  setState(state: ExportState): void;
  /** Fails what hangs, forgets what has arrived, takes spans again. */
  empty(): Promise<void>;
}

/** Registers itself in the process, once. */
export function startStandInNetra(config: { readonly traceContent?: boolean } = {}): StandInNetra {
  const processIds = new Map<string, string>();
  const exporter = createExporter();
  const provider = new TracerProvider({
    spanProcessors: [sessionProcessor(processIds), new BatchSpanProcessor({ exporter })],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const tracer = trace.getTracer("netra", "1.8.0");
  return {
    netra: {
      isInitialized: () => true,
      getConfig: () => config,
      startSpan: (name) => spanOf(tracer.startSpan(name, { kind: SpanKind.CLIENT }, context.active())),
    },
    processIds,
    seen: () => exporter.taken.map(toSeen),
    attributesOf: (name) => exporter.taken.find((span) => span.name === name)?.attributes ?? {},
    setState: exporter.setState,
    empty: async () => {
      exporter.setState("refusing");
      await provider.forceFlush().catch(() => null);
      exporter.setState("accepting");
      exporter.taken.length = 0;
    },
  };
}

function spanOf(span: Span): NetraSdkSpan {
  let failed = false;
  return {
    setError: (message) => {
      failed = true;
      span.setStatus({ code: SpanStatusCode.ERROR, message });
    },
    end: () => {
      if (!failed) span.setStatus({ code: SpanStatusCode.OK });
      span.end();
    },
    getCurrentSpan: () => span,
  };
}

function sessionProcessor(processIds: ReadonlyMap<string, string>): ConstructorSpanProcessor {
  return {
    onStart: (span: Span, parent: Context) => {
      for (const id of ["tenant_id", "session_id", "user_id"]) {
        const value = propagation.getBaggage(parent)?.getEntry(id)?.value ?? processIds.get(id);
        if (value !== undefined && value !== "") span.setAttribute(`netra.${id}`, value);
      }
    },
    onEnd: () => {},
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
}

interface ConstructorSpanProcessor {
  onStart(span: Span, parent: Context): void;
  onEnd(): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

type Exported = Parameters<SpanExporter["export"]>[1];

interface StandInExporter extends SpanExporter {
  readonly taken: ReadableSpan[];
  setState(state: ExportState): void;
}

function createExporter(): StandInExporter {
  const taken: ReadableSpan[] = [];
  const hanging = new Set<Exported>();
  let state: ExportState = "accepting";
  const fail = (done: Exported): void => done({ code: 1, error: new Error("the collector said no") });
  return {
    taken,
    export: (spans, done) => {
      if (state === "hanging") return void hanging.add(done);
      if (state !== "accepting") return fail(done);
      taken.push(...spans);
      done({ code: 0 });
    },
    setState: (next) => {
      state = next;
      if (next === "hanging") return;
      for (const done of hanging) fail(done);
      hanging.clear();
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
}

function toSeen(span: ReadableSpan): SeenSpan {
  const { attributes } = span;
  const text = (key: string): string | null => {
    const value = attributes[key];
    return value === undefined ? null : String(value);
  };
  const prompt = text("gen_ai.usage.prompt_tokens");
  return {
    kind: span.instrumentationScope.name === "netra" ? "call" : "attempt",
    name: span.name,
    traceId: span.spanContext().traceId,
    spanId: span.spanContext().spanId,
    parentSpanId: span.parentSpanContext?.spanId ?? null,
    callId: text("tenantry.call_id"),
    attemptId: text("tenantry.attempt_id"),
    tenantId: text("netra.tenant_id"),
    userId: text("netra.user_id"),
    sessionId: text("netra.session_id"),
    costsUsd: [...(text("netra.usage") ?? "").matchAll(/"cost_in_usd":([^,}]+)/g)].map((match) => match[1] ?? ""),
    tokens: prompt === null ? null : Number(prompt) + Number(text("gen_ai.usage.completion_tokens")),
    failed: span.status.code === SpanStatusCode.ERROR,
  };
}
