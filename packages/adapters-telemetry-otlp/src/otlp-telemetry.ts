import { SpanKind } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
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
  type Sender,
  type SpanTimer,
  startTimer,
} from "@tenantry/otlp-delivery";
import { AttributeList, limitText } from "./attributes.ts";
import { createEncoding } from "./encode.ts";
import { createMetricExport, noMetrics, type QueuedMetrics } from "./metric-export.ts";
import { type OtlpTelemetryOptions, readSettings } from "./settings.ts";
import { failureOf, writeRequest, writeResponse } from "./to-attempt-attributes.ts";
import { toEvents, writeCallEnd, writeDenial, writeTenant } from "./to-call-attributes.ts";
import { type Content, scrubbed, toInputMessages, toOutputMessages, toToolDefinitions } from "./to-messages.ts";
import { toFinishReason, type ToldProvider, toOperation, toProvider } from "./to-operation.ts";
import { type QueuedSpan, type SpanEvent, toSpan } from "./to-span.ts";

const maxNameLength = 200;
/** Spans of one turn that wait to be put together: their facts, contents among them, are held so long. */
const mostPutOff = 64;

/** A call under way. */
interface CallState {
  readonly start: CallStart;
  readonly place: Place;
  readonly timer: SpanTimer;
}

/** An attempt under way. */
interface AttemptState {
  readonly call: CallState;
  readonly start: AttemptStart;
  readonly place: Place;
  readonly timer: SpanTimer;
}

/**
 * Telemetry in OpenTelemetry's GenAI conventions over OTLP/HTTP: an internal span for each call, below it a client span
 * for each attempt, and the client metrics. Usage stands on attempts alone, cost on calls alone.
 *
 * Nothing is registered in the process: no provider, no context manager, no handlers. Delivery is in the background,
 * bounded, retried and counted.
 *
 * @throws TenantryError `invalid_configuration` when an endpoint or another option cannot be used.
 */
export function createOtlpTelemetry(
  options: OtlpTelemetryOptions,
  ports: { readonly clock: Clock; readonly log: Log },
): Telemetry {
  const { clock } = ports;
  const settings = readSettings(options);
  const { attributeMaxLength: maxLength } = settings;
  const log = createThrottledLog(ports.log, clock);
  const encoding = createEncoding(settings);
  const headers = { ...encoding.headers, ...settings.headers };
  const resource = resourceFromAttributes(settings.resource);
  const senders: Sender[] = [];
  const senderTo = (url: URL): Sender["send"] => {
    if (settings.request !== null) return settings.request;
    const sender = createHttpSender(url);
    senders.push(sender);
    return sender.send;
  };
  const delivery = createDelivery<QueuedSpan>(
    {
      what: "spans",
      url: settings.tracesUrl,
      headers,
      toBody: (queued) => encoding.spans(queued.map(({ span }) => span)),
      rejectedIn: encoding.rejectedSpans,
      send: senderTo(settings.tracesUrl),
    },
    settings.delivery,
    { clock, log },
  );
  const metrics = settings.metricsUrl === null ? noMetrics : openMetrics(settings.metricsUrl);
  const trace = createTraceContext();
  const putOff = createPutOff(mostPutOff);
  const limits = { maxLength, scrub: settings.scrub };
  let closing: Promise<void> | null = null;

  function openMetrics(url: URL): typeof noMetrics {
    const exports = createDelivery<QueuedMetrics>(
      {
        what: "metrics",
        url,
        headers,
        toBody: ([first]) => encoding.metrics((first as QueuedMetrics).metrics),
        rejectedIn: encoding.rejectedMetrics,
        send: senderTo(url),
      },
      // One that cannot be delivered, and the last one: each is sent as it is collected.
      { ...settings.delivery, maxQueue: 2, maxBatch: 1 },
      { clock, log },
    );
    return createMetricExport(settings, { resource, delivery: exports, log });
  }

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
  function contentOf<T>(ifBroken: T, read: () => T): T {
    try {
      return read();
    } catch (error) {
      log.error("telemetry_content_left_out", { reason: error instanceof Error ? error.name : "unknown" });
      return ifBroken;
    }
  }

  function add(
    { place, timer }: Pick<CallState, "place" | "timer">,
    span: {
      readonly name: string;
      readonly kind: SpanKind;
      readonly elapsedMs: number;
      readonly attributes: AttributeList;
      readonly events: readonly SpanEvent[];
      readonly failure: string | null;
    },
  ): void {
    delivery.add(toSpan({ place, timer, ...span }, resource));
  }

  function startCall(start: CallStart): CallSpan {
    return guarded(noTelemetry.startCall(start), () => {
      const call: CallState = { start, place: trace.call(start.traceparent), timer: startTimer(clock) };
      const endOnce = once((work: (elapsedMs: number) => void) => {
        const elapsedMs = call.timer.elapsedMs();
        putOff.add(() => guarded(undefined, () => work(elapsedMs)));
      });
      return {
        startAttempt: (attempt) => startAttempt(call, attempt),
        end: (end) => endOnce((elapsedMs) => endCall(call, end, elapsedMs)),
        deny: (denial) => endOnce((elapsedMs) => denyCall(call, denial, elapsedMs)),
      };
    });
  }

  function endCall(call: CallState, end: CallEnd, elapsedMs: number): void {
    const attributes = callAttributes(call);
    writeCallEnd(attributes, end);
    const { outcome, failure } = end.record;
    addCall(call, {
      elapsedMs,
      attributes,
      events: toEvents(end),
      failure: outcome === "ok" ? null : (failure ?? outcome),
    });
  }

  function denyCall(call: CallState, denial: CallRefusal, elapsedMs: number): void {
    const attributes = callAttributes(call);
    writeDenial(attributes, denial);
    const failure = limitText(`${denial.code}: ${denial.message}`, maxLength);
    addCall(call, { elapsedMs, attributes, events: [], failure });
  }

  function callAttributes({ start }: CallState): AttributeList {
    const attributes = new AttributeList(maxLength);
    writeTenant(attributes, start);
    return attributes;
  }

  function addCall(call: CallState, ended: Omit<Parameters<typeof add>[1], "name" | "kind">): void {
    const name = limitText(call.start.operation, maxNameLength);
    add(call, { name, kind: SpanKind.INTERNAL, ...ended });
  }

  function startAttempt(call: CallState, start: AttemptStart): AttemptSpan {
    return guarded(noTelemetry.startCall(call.start).startAttempt(start), () => {
      const attempt: AttemptState = { call, start, place: trace.attempt(call.place), timer: startTimer(clock) };
      const endOnce = once((end: AttemptEnd) => {
        const elapsedMs = attempt.timer.elapsedMs();
        putOff.add(() => guarded(undefined, () => endAttempt(attempt, end, elapsedMs)));
      });
      return { within: (work) => trace.run(attempt.place, work), end: endOnce };
    });
  }

  function endAttempt(attempt: AttemptState, end: AttemptEnd, elapsedMs: number): void {
    const { call, start } = attempt;
    const provider: ToldProvider = toProvider(start.target, settings.providers.get(start.target.provider));
    const attributes = callAttributes(call);
    writeRequest(attributes, start, provider);
    attributes.set("gen_ai.conversation.id", call.start.sessionId);
    writeResponse(attributes, start, end, settings.conventions);
    writeContent(attributes, start, end);
    const failed = failureOf(end);
    const failure =
      failed === null ? null : contentOf("(left out: the scrubbing hook failed)", () => scrubbed(failed, limits));
    const name = limitText(`${toOperation(start.kind)} ${start.target.model}`, maxNameLength);
    add(attempt, { name, kind: SpanKind.CLIENT, elapsedMs, attributes, events: [], failure });
    const tenantId = settings.metricsPerTenant ? call.start.tenantId : null;
    metrics.record({ start, end, provider, tierId: call.start.tierId, tenantId, elapsedMs });
  }

  /** Last of all, so that no backend's limit on attributes can cost anything else. */
  function writeContent(attributes: AttributeList, { messages, tools }: AttemptStart, end: AttemptEnd): void {
    const { text, toolCalls } = end;
    const isTold = text !== null || toolCalls !== null;
    const readers: readonly (readonly [key: string, read: () => Content | null])[] = [
      [
        "gen_ai.output.messages",
        () => (isTold ? toOutputMessages(text ?? "", toolCalls ?? [], toFinishReason(end), limits) : null),
      ],
      ["gen_ai.input.messages", () => (messages === null ? null : toInputMessages(messages, limits))],
      ["gen_ai.tool.definitions", () => (tools === null ? null : toToolDefinitions(tools, limits))],
    ];
    const contents = readers.map(([key, read]) => [key, contentOf(null, read)] as const);
    for (const [key, content] of contents) attributes.set(key, content?.json);
    if (contents.some(([, content]) => content?.truncated)) attributes.set("tenantry.content_truncated", true);
  }

  async function shutDown(deadlineMs: number): Promise<void> {
    putOff.doNow();
    await Promise.all([delivery.close(deadlineMs), metrics.close(deadlineMs)]);
    for (const sender of senders) sender.close();
  }

  return {
    startCall,
    flush: async (deadlineMs) => {
      putOff.doNow();
      await Promise.all([delivery.flush(deadlineMs), metrics.flush(deadlineMs)]);
    },
    close: (deadlineMs) => (closing ??= shutDown(deadlineMs)),
    counts: () => {
      putOff.doNow();
      return delivery.counts();
    },
  };
}

/** The first call counts. */
function once<Argument>(work: (argument: Argument) => void): (argument: Argument) => void {
  let done = false;
  return (argument) => {
    if (done) return;
    done = true;
    work(argument);
  };
}
