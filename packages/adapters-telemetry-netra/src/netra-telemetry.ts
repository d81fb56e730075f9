import { type Context, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { AlwaysOnSampler, type Span, TracerProvider } from "@opentelemetry/sdk-trace";
import {
  type AttemptEnd,
  type AttemptSpan,
  type AttemptStart,
  type CallSpan,
  type CallStart,
  type Clock,
  type Log,
  noTelemetry,
  type Telemetry,
} from "@tenantry/core";
import { createDelivery } from "./delivery.ts";
import { encodeAttributes, encodeSpan } from "./encode-span.ts";
import { limitText } from "./limit-text.ts";
import { createHttpSender } from "./send-request.ts";
import { type NetraTelemetryOptions, readSettings } from "./settings.ts";
import { startTimer } from "./span-timer.ts";
import { createThrottledLog } from "./throttled-log.ts";
import { attemptName, failureOf, scopeOf, toRequestAttributes, toResponseAttributes } from "./to-attempt-attributes.ts";
import {
  toBreaches,
  toCallEndAttributes,
  toCallStartAttributes,
  toCommonAttributes,
  toDenialAttributes,
  toStatusAttributes,
} from "./to-call-attributes.ts";
import { scrubbed, toCompletionAttributes, toPromptAttributes } from "./to-content-attributes.ts";
import { createTraceContext } from "./trace-context.ts";
import { writeAttributes, writeContent } from "./write-attributes.ts";

const callScope = { name: "netra", version: "1.8.0" } as const;
const attemptScopeVersion = "1.0.0";
const maxNameLength = 200;
/** The SDK's cap, kept because Netra is built for it. Everything but content is written before it can bite. */
const maxAttributes = 128;

/** A call as its attempts see it. */
interface CallState {
  readonly start: CallStart;
  readonly span: Span;
  readonly context: Context;
  /** The kind of the last attempt. */
  kind: string;
}

/**
 * Telemetry on Netra's wire: one span a call, one LLM span an attempt below it, in OTLP/HTTP JSON.
 *
 * Nothing is registered in the process: no tracer provider, no context manager, no handlers. Delivery is in the
 * background, bounded, retried and counted; see the README for what differs from Netra's own SDK and why.
 *
 * @throws TenantryError `invalid_configuration` when endpoint, key or another option cannot be used.
 */
export function createNetraTelemetry(
  options: NetraTelemetryOptions,
  ports: { readonly clock: Clock; readonly log: Log },
): Telemetry {
  const { clock } = ports;
  const settings = readSettings(options);
  const log = createThrottledLog(ports.log, clock);
  const sender =
    settings.request === null ? createHttpSender(settings.url) : { send: settings.request, close: () => {} };
  const headers = { "Content-Type": "application/json", ...settings.headers };
  const resource = encodeAttributes(settings.resource);
  const delivery = createDelivery({ url: settings.url, headers, resource, send: sender.send }, settings.delivery, {
    clock,
    log,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes(settings.resource),
    // A caller's header must not be able to switch telemetry off.
    sampler: new AlwaysOnSampler(),
    spanLimits: { attributeCountLimit: maxAttributes },
    spanProcessors: [
      {
        onStart: () => {},
        onEnd: (span) => delivery.add(encodeSpan(span)),
        forceFlush: () => Promise.resolve(),
        shutdown: () => Promise.resolve(),
      },
    ],
  });
  const calls = provider.getTracer(callScope.name, callScope.version);
  const trace = createTraceContext();
  const contentLimits = { maxLength: settings.attributeMaxLength, scrub: settings.scrub };
  let closing: Promise<void> | null = null;

  /** Runs telemetry's own work. What goes wrong in it costs a span, never a call (R9). */
  function guarded<T>(ifBroken: T, work: () => T): T {
    try {
      return work();
    } catch (error) {
      delivery.lose();
      log.error("telemetry_span_broken", { reason: error instanceof Error ? error.name : "unknown" });
      return ifBroken;
    }
  }

  function write(span: Span, attributes: Parameters<typeof writeAttributes>[1]): void {
    writeAttributes(span, attributes, settings.attributeMaxLength);
  }

  /** Content that cannot be read or scrubbed is left out; its span is not. */
  function writeGuarded(span: Span, content: () => Parameters<typeof writeContent>[1]): void {
    try {
      writeContent(span, content());
    } catch (error) {
      log.error("telemetry_content_left_out", { reason: error instanceof Error ? error.name : "unknown" });
    }
  }

  function scrubbedFailure(message: string): string {
    try {
      return limitText(scrubbed(message, contentLimits), settings.attributeMaxLength);
    } catch {
      return "(left out: the scrubbing hook failed)";
    }
  }

  function startCall(start: CallStart): CallSpan {
    return guarded(noTelemetry.startCall(start), () => {
      const operation = limitText(start.operation, maxNameLength);
      const timer = startTimer(clock);
      const parent = trace.parentOf(start.traceparent);
      const span = calls.startSpan(operation, { kind: SpanKind.CLIENT, startTime: timer.startedAt }, parent) as Span;
      write(span, { ...toCommonAttributes(start), ...toCallStartAttributes(start, operation) });
      const call: CallState = { start, span, context: trace.withCall(parent, span), kind: "chat" };
      let open = true;
      const finish = (work: () => string | null): void => {
        if (!open) return;
        open = false;
        guarded(undefined, () => {
          const failure = work();
          write(span, toStatusAttributes(failure, timer.elapsedMs()));
          span.setStatus(
            failure === null ? { code: SpanStatusCode.OK } : { code: SpanStatusCode.ERROR, message: failure },
          );
          span.end(timer.endedAt());
        });
      };
      return {
        startAttempt: (attempt) => startAttempt(call, attempt),
        end: (end) =>
          finish(() => {
            write(span, toCallEndAttributes(end, call.kind));
            for (const breach of toBreaches(end)) span.addEvent("sla-breach", breach, timer.endedAt());
            return end.record.outcome === "ok" ? null : (end.record.failure ?? end.record.outcome);
          }),
        deny: (denial) =>
          finish(() => {
            write(span, toDenialAttributes(denial));
            return limitText(`${denial.code}: ${denial.message}`, settings.attributeMaxLength);
          }),
      };
    });
  }

  function startAttempt(call: CallState, start: AttemptStart): AttemptSpan {
    return guarded(noTelemetry.startCall(call.start).startAttempt(start), () => {
      const timer = startTimer(clock);
      const tracer = provider.getTracer(limitText(scopeOf(start.target), maxNameLength), attemptScopeVersion);
      const name = limitText(attemptName(start), maxNameLength);
      const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, startTime: timer.startedAt }, call.context) as Span;
      write(span, { ...toCommonAttributes(call.start), ...toRequestAttributes(start, call.start.callId) });
      call.kind = start.kind;
      write(call.span, { model: start.target.model });
      const active = trace.withSpan(call.context, span);
      let open = true;
      return {
        within: (work) => trace.run(active, span, work),
        end: (end) => {
          if (!open) return;
          open = false;
          guarded(undefined, () => {
            endAttempt(span, start, end);
            trace.rootOf(call.context)?.setAttribute("netra.trace.llm.call", true);
            span.end(timer.endedAt());
          });
        },
      };
    });
  }

  function endAttempt(span: Span, start: AttemptStart, end: AttemptEnd): void {
    write(span, toResponseAttributes(start, end));
    const failure = failureOf(end);
    if (failure === null) span.setStatus({ code: SpanStatusCode.OK });
    else {
      const message = scrubbedFailure(failure);
      span.setStatus({ code: SpanStatusCode.ERROR, message });
      span.addEvent("exception", { "exception.type": end.line.outcome, "exception.message": message });
    }
    const { text } = end;
    const { messages } = start;
    if (text !== null) writeGuarded(span, () => toCompletionAttributes(text, contentLimits));
    if (messages !== null) writeGuarded(span, () => toPromptAttributes(messages, contentLimits));
  }

  async function shutDown(deadlineMs: number): Promise<void> {
    await delivery.close(deadlineMs);
    sender.close();
  }

  return {
    startCall,
    flush: delivery.flush,
    close: (deadlineMs) => (closing ??= shutDown(deadlineMs)),
    counts: delivery.counts,
  };
}
