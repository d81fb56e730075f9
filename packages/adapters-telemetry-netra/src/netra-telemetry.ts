import {
  type AttemptEnd,
  type AttemptSpan,
  type AttemptStart,
  type CallEnd,
  type CallRefusal,
  type CallSpan,
  type CallStart,
  type Clock,
  type Log,
  noTelemetry,
  type Telemetry,
} from "@tenantry/core";
import {
  createDelivery,
  createHttpSender,
  createPutOff,
  createThrottledLog,
  createTraceContext,
  type Place,
  type SpanTimer,
  startTimer,
} from "@tenantry/otlp-delivery";
import type { AttributeText } from "./attribute-text.ts";
import { limitText } from "./limit-text.ts";
import { readQuota } from "./read-quota.ts";
import { type NetraTelemetryOptions, readSettings } from "./settings.ts";
import { attributesJson, type EncodedSpan, type SpanEvent, type SpanScope, spanText } from "./span-text.ts";
import { attemptName, failureOf, scopeOf, writeRequest, writeResponse } from "./to-attempt-attributes.ts";
import { toBody } from "./to-body.ts";
import {
  constantAttributes,
  toBreaches,
  toBudgetEvents,
  writeCallEnd,
  writeCallStart,
  writeCommon,
  writeDenial,
  writeStatus,
} from "./to-call-attributes.ts";
import { scrubbed, toCompletionAttributes, toPromptAttributes, toToolsAttribute } from "./to-content-attributes.ts";

const callScope: SpanScope = { name: "netra", version: "1.8.0" };
const attemptScopeVersion = "1.0.0";
const maxNameLength = 200;
/** The SDK's cap, kept because Netra is built for it. Everything but content is written before it can bite. */
const maxAttributes = 128;
/** Spans of one turn that wait to be put into text: their facts, contents among them, are held so long. */
const mostPutOff = 64;

/** A call under way. */
interface CallState {
  readonly start: CallStart;
  readonly operation: string;
  readonly place: Place;
  readonly isTopmost: boolean;
  readonly timer: SpanTimer;
  /** Of the last attempt. */
  kind: string;
  model: string;
}

/** An attempt under way. */
interface AttemptState {
  readonly call: CallState;
  readonly start: AttemptStart;
  readonly place: Place;
  readonly timer: SpanTimer;
  readonly name: string;
  readonly scope: SpanScope;
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
  const resource = attributesJson(settings.resource);
  const delivery = createDelivery<EncodedSpan>(
    {
      what: "spans",
      url: settings.url,
      headers,
      toBody: (spans) => toBody(resource, spans),
      send: async (request) => readQuota(await sender.send(request)),
    },
    settings.delivery,
    { clock, log },
  );
  const constants = constantAttributes({ maxLength: settings.attributeMaxLength, maxCount: maxAttributes });
  const trace = createTraceContext();
  const putOff = createPutOff(mostPutOff);
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

  /** Content that cannot be read or scrubbed is left out; its span is not. */
  function contentOf<Content>(read: () => Content | null): Content | null {
    try {
      return read();
    } catch (error) {
      log.error("telemetry_content_left_out", { reason: error instanceof Error ? error.name : "unknown" });
      return null;
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
      const { isTopmost, ...place } = trace.call(start.traceparent);
      const timer = startTimer(clock);
      const call: CallState = { start, operation, place, isTopmost, timer, kind: "chat", model: start.model.model };
      let open = true;
      const endOnce = (work: (elapsedMs: number) => void): void => {
        if (!open) return;
        open = false;
        if (isTopmost) place.nest.open = false;
        const elapsedMs = timer.elapsedMs();
        putOff.add(() => guarded(undefined, () => work(elapsedMs)));
      };
      return {
        startAttempt: (attempt) => startAttempt(call, attempt),
        end: (end) => endOnce((elapsedMs) => endCall(call, end, elapsedMs)),
        deny: (denial) => endOnce((elapsedMs) => denyCall(call, denial, elapsedMs)),
      };
    });
  }

  function endCall(call: CallState, end: CallEnd, elapsedMs: number): void {
    const attributes = callAttributes(call);
    writeCallEnd(attributes, end, call.kind);
    const { outcome, failure } = end.record;
    const events = [...toBreaches(end), ...toBudgetEvents(end)];
    addCall(call, elapsedMs, attributes, outcome === "ok" ? null : (failure ?? outcome), events);
  }

  function denyCall(call: CallState, denial: CallRefusal, elapsedMs: number): void {
    const attributes = callAttributes(call);
    writeDenial(attributes, denial);
    const failure = limitText(`${denial.code}: ${denial.message}`, settings.attributeMaxLength);
    addCall(call, elapsedMs, attributes, failure, []);
  }

  function callAttributes({ start, operation, model }: CallState): AttributeText {
    const attributes = constants.copy();
    writeCommon(attributes, start);
    writeCallStart(attributes, start, operation, model);
    return attributes;
  }

  function addCall(
    { operation, place, isTopmost, timer }: CallState,
    elapsedMs: number,
    attributes: AttributeText,
    failure: string | null,
    events: readonly SpanEvent[],
  ): void {
    if (isTopmost && place.nest.hasAttempt) attributes.set("netra.trace.llm.call", true);
    writeStatus(attributes, failure, elapsedMs);
    const times = { startedAt: timer.startedAt, endedAt: timer.after(elapsedMs) };
    delivery.add(spanText({ place, scope: callScope, name: operation, ...times, attributes, events, failure }));
  }

  function startAttempt(call: CallState, start: AttemptStart): AttemptSpan {
    return guarded(noTelemetry.startCall(call.start).startAttempt(start), () => {
      const attempt: AttemptState = {
        call,
        start,
        place: trace.attempt(call.place),
        timer: startTimer(clock),
        name: limitText(attemptName(start), maxNameLength),
        scope: { name: limitText(scopeOf(start.target), maxNameLength), version: attemptScopeVersion },
      };
      call.kind = start.kind;
      call.model = start.target.model;
      let open = true;
      return {
        within: (work) => trace.run(attempt.place, work),
        end: (end) => {
          if (!open) return;
          open = false;
          if (attempt.place.nest.open) attempt.place.nest.hasAttempt = true;
          const elapsedMs = attempt.timer.elapsedMs();
          putOff.add(() => guarded(undefined, () => endAttempt(attempt, end, elapsedMs)));
        },
      };
    });
  }

  function endAttempt(attempt: AttemptState, end: AttemptEnd, elapsedMs: number): void {
    const { call, start, place, timer, name, scope } = attempt;
    const times = { startedAt: timer.startedAt, endedAt: timer.after(elapsedMs) };
    const { text, toolCalls } = end;
    const { messages, tools, target } = start;
    const { provider } = target;
    const answer = contentOf(() =>
      text === null ? null : toCompletionAttributes(text, contentLimits, toolCalls ?? [], provider),
    );
    const offered = contentOf(() => (tools === null ? null : toToolsAttribute(tools, provider, contentLimits)));
    const prompt = contentOf(() => (messages === null ? null : toPromptAttributes(messages, contentLimits)));
    const attributes = constants.copy();
    writeCommon(attributes, call.start, prompt?.whole, answer?.whole);
    writeRequest(attributes, start, call.start.callId);
    writeResponse(attributes, start, end);
    for (const parts of [answer?.parts, offered, prompt?.parts]) {
      for (const [key, value] of parts ?? []) attributes.set(key, value);
    }
    const failed = failureOf(end);
    const failure = failed === null ? null : scrubbedFailure(failed);
    const events = failure === null ? [] : [exceptionEvent(end.line.outcome, failure)];
    delivery.add(spanText({ place, scope, name, ...times, attributes, events, failure }));
  }

  async function shutDown(deadlineMs: number): Promise<void> {
    putOff.doNow();
    await delivery.close(deadlineMs);
    sender.close();
  }

  return {
    startCall,
    flush: (deadlineMs) => {
      putOff.doNow();
      return delivery.flush(deadlineMs);
    },
    close: (deadlineMs) => (closing ??= shutDown(deadlineMs)),
    counts: () => {
      putOff.doNow();
      return delivery.counts();
    },
  };
}

function exceptionEvent(type: string, message: string): SpanEvent {
  return { name: "exception", attributes: { "exception.type": type, "exception.message": message } };
}
