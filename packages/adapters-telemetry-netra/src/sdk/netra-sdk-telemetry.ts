import { context, type Context, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import {
  type AttemptEnd,
  type AttemptSpan,
  type AttemptStart,
  type CallEnd,
  type CallSpan,
  type CallStart,
  type Clock,
  type Log,
  noTelemetry,
  type Telemetry,
} from "@tenantry/core";
import type { AttributeSink } from "../attribute-text.ts";
import { limitText } from "../limit-text.ts";
import { createThrottledLog } from "@tenantry/otlp-delivery";
import { attemptName, failureOf, scopeOf, writeRequest, writeResponse } from "../to-attempt-attributes.ts";
import { toBreaches, toBudgetEvents, writeCallEnd, writeCallStart, writeDenial } from "../to-call-attributes.ts";
import {
  type ContentAttributes,
  scrubbed,
  toCompletionAttributes,
  toPromptAttributes,
  toToolsAttribute,
} from "../to-content-attributes.ts";
import { below, callContext, runQuietly } from "./sdk-context.ts";
import { createSdkDelivery } from "./sdk-delivery.ts";
import { type NetraSdkTelemetryOptions, readSdkSettings } from "./sdk-options.ts";
import { sinkOf, writeContent, writeParts } from "./sdk-sink.ts";

const attemptScopeVersion = "1.0.0";
const maxNameLength = 200;
/** The SDK's default. Where it is told to cut shorter, it does so after us. */
const maxLength = 30_000;

/** A span that has room: how it is written, and how it is ended. */
interface Held {
  readonly span: Span;
  end(failure: string | null): void;
}

/**
 * Telemetry through a running `netra-sdk`: its spans, its processors, its exporter, without what it does to others. Ids
 * travel with each span and never through its process-wide map, its instrumentation is off inside attempts, and it is asked
 * to flush, which its own `shutdown` does not do. What it loses is lost; the README says what that is.
 *
 * @throws TenantryError `invalid_configuration` when the SDK is not initialised or out of reach, or an option cannot be used.
 */
export function createNetraSdkTelemetry(
  options: NetraSdkTelemetryOptions,
  ports: { readonly clock: Clock; readonly log: Log },
): Telemetry {
  const settings = readSdkSettings(options);
  const log = createThrottledLog(ports.log, ports.clock);
  const delivery = createSdkDelivery(settings, ports.clock, log);
  const contentLimits = { maxLength, scrub: settings.scrub };

  /** Runs telemetry's own work: what goes wrong in it never fails a call (R9). */
  function guarded<T>(event: string, ifBroken: () => T, work: () => T): T {
    try {
      return work();
    } catch (error) {
      log.error(event, { reason: error instanceof Error ? error.name : "unknown" });
      return ifBroken();
    }
  }

  /** A span where there is room for one; null where there is none. */
  function held<T>(broken: T, start: () => T): T | null {
    if (!delivery.reserve()) return null;
    return guarded("telemetry_span_broken", () => (delivery.lost(), broken), start);
  }

  /** The end that counts is the first. Facts that cannot be written are left out; the span is ended all the same. */
  function ending(held: Held | null): (write: (sink: AttributeSink, span: Span) => string | null) => void {
    let open = true;
    return (write) => {
      if (!open) return;
      open = false;
      if (held === null) return delivery.refused();
      const { span } = held;
      // Not so where a sampler of the application said no, or the SDK was shut down.
      const isHeard = span.isRecording();
      const failure = guarded(
        "telemetry_span_broken",
        () => "(unreadable)",
        () => write(sinkOf(span), span),
      );
      guarded(
        "telemetry_span_broken",
        () => {},
        () => held.end(failure),
      );
      if (isHeard) delivery.ended();
      else delivery.lost();
    };
  }

  function startCall(start: CallStart): CallSpan {
    const broken = noTelemetry.startCall(start);
    const call = held(broken, () => {
      const place = callContext(start);
      const wrapper = context.with(place, () => settings.netra.startSpan(limitText(start.operation, maxNameLength)));
      const span = wrapper.getCurrentSpan();
      if (span === undefined) throw new TypeError("the SDK started no span");
      const end = (failure: string | null): void => {
        if (failure !== null) wrapper.setError(failure);
        // Also where it is not sent: the SDK keeps what it has started by name until then.
        wrapper.end();
      };
      return callSpan(start, { span, end }, below(place, span));
    });
    return call ?? callSpan(start, null, null);
  }

  function callSpan(start: CallStart, held: Held | null, place: Context | null): CallSpan {
    const endOnce = ending(held);
    const last = { kind: "chat", model: start.model?.model };
    const writeStart = (sink: AttributeSink): void => {
      writeCallStart(sink, start, limitText(start.operation, maxNameLength), last.model);
    };
    return {
      startAttempt: (attempt) => {
        last.kind = attempt?.kind ?? last.kind;
        last.model = attempt?.target?.model ?? last.model;
        return startAttempt(start, attempt, place);
      },
      end: (end) =>
        endOnce((sink, span) => {
          writeStart(sink);
          return writeEnd(sink, span, end, last.kind);
        }),
      deny: (refusal) =>
        endOnce((sink) => {
          writeStart(sink);
          writeDenial(sink, refusal);
          return limitText(`${refusal.code}: ${refusal.message}`, maxLength);
        }),
    };
  }

  function startAttempt(call: CallStart, start: AttemptStart, place: Context | null): AttemptSpan {
    const broken: AttemptSpan = { within: (work) => runQuietly(null, work), end: () => {} };
    const refused = (): AttemptSpan => {
      const endOnce = ending(null);
      return { within: broken.within, end: () => endOnce(() => null) };
    };
    if (place === null) return refused();
    const attempt = held<AttemptSpan>(broken, () => {
      const tracer = trace.getTracer(limitText(scopeOf(start.target), maxNameLength), attemptScopeVersion);
      const name = limitText(attemptName(start), maxNameLength);
      const span = tracer.startSpan(name, { kind: SpanKind.CLIENT }, place);
      const endOnce = ending({ span, end: (failure) => endAttempt(span, failure) });
      return {
        within: (work) => runQuietly(span, work),
        end: (end) => endOnce((sink) => writeAttempt(sink, span, call, start, end)),
      };
    });
    return attempt ?? refused();
  }

  function writeAttempt(
    sink: AttributeSink,
    span: Span,
    call: CallStart,
    start: AttemptStart,
    end: AttemptEnd,
  ): string | null {
    // Tokens before content: the cap on attributes cuts what is written last.
    writeRequest(sink, start, call.callId);
    writeResponse(sink, start, end);
    if (settings.traceContent) {
      const { messages, tools, target } = start;
      const { text, toolCalls } = end;
      const write = (write: () => void): void => guarded("telemetry_content_left_out", () => {}, write);
      const said = (): ContentAttributes =>
        toCompletionAttributes(text ?? "", contentLimits, toolCalls ?? [], target.provider);
      if (text !== null) write(() => writeContent(sink, "output", said()));
      if (tools !== null) write(() => writeParts(sink, toToolsAttribute(tools, target.provider, contentLimits)));
      if (messages !== null) write(() => writeContent(sink, "input", toPromptAttributes(messages, contentLimits)));
    }
    const failed = failureOf(end);
    if (failed === null) return null;
    const failure = guarded(
      "telemetry_content_left_out",
      () => "(left out: the scrubbing hook failed)",
      () => limitText(scrubbed(failed, contentLimits), maxLength),
    );
    span.addEvent("exception", { "exception.type": end.line.outcome, "exception.message": failure });
    return failure;
  }

  return {
    startCall,
    flush: (deadlineMs) => delivery.flush(deadlineMs),
    close: (deadlineMs) => delivery.close(deadlineMs),
    counts: () => delivery.counts(),
  };
}

/** What a call came to; the failure that its span shall carry. */
function writeEnd(sink: AttributeSink, span: Span, end: CallEnd, kind: string): string | null {
  writeCallEnd(sink, end, kind);
  for (const { name, attributes } of [...toBreaches(end), ...toBudgetEvents(end)])
    span.addEvent(name, { ...attributes });
  const { outcome, failure } = end.record;
  return outcome === "ok" ? null : limitText(failure ?? outcome, maxLength);
}

function endAttempt(span: Span, failure: string | null): void {
  if (failure === null) span.setStatus({ code: SpanStatusCode.OK });
  else span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
  span.end();
}
