import { type SpanContext, TraceFlags } from "@opentelemetry/api";
import type { Exportable, Place } from "@tenantry/otlp-delivery";
import { AttributeText, jsonText } from "./attribute-text.ts";

/** https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: the bits above the trace flags. */
const hasIsRemote = 0x100;
const isRemote = 0x200;
/** https://opentelemetry.io/docs/specs/otel/trace/api/#spankind: calls and attempts are both clients'. */
const clientKind = 3;
const codes = { ok: 1, error: 2 } as const;

/** Who made a span: https://opentelemetry.io/docs/specs/otel/common/instrumentation-scope/ */
export interface SpanScope {
  readonly name: string;
  readonly version: string;
}

/** A span ready to be sent. */
export interface EncodedSpan extends Exportable {
  /** The instrumentation scope as JSON text. */
  readonly scope: string;
  /**
   * The span as OTLP JSON text. Bytes and not a string: what waits for its batch would be copied by the garbage collector
   * again and again.
   */
  readonly json: Uint8Array;
}

/** A span that has ended. Times are decimal texts of nanoseconds. */
export interface EndedSpan {
  readonly place: Place;
  readonly scope: SpanScope;
  readonly name: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly attributes: AttributeText;
  readonly events: readonly SpanEvent[];
  /** Null when it succeeded. */
  readonly failure: string | null;
}

export interface SpanEvent {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
}

/**
 * A span as Netra's SDK writes it in OTLP JSON: ids in hex, times as decimal strings of nanoseconds, integers as JSON
 * numbers, `parentSpanId` absent on roots, everything else always present.
 */
export function spanText(span: EndedSpan): EncodedSpan {
  const { place, scope, attributes, failure, endedAt } = span;
  const { traceId, spanId } = place.span;
  const parent = place.parent === null ? "" : `,"parentSpanId":"${place.parent.spanId}"`;
  const status = failure === null ? `{"code":${codes.ok}}` : `{"code":${codes.error},"message":${jsonText(failure)}}`;
  const events = span.events.map((event) => eventText(event, endedAt)).join(",");
  const text =
    `{"traceId":"${traceId}","spanId":"${spanId}"${parent},"name":${jsonText(span.name)},"kind":${clientKind}` +
    `,"startTimeUnixNano":"${span.startedAt}","endTimeUnixNano":"${endedAt}"` +
    `,"attributes":${attributes.json()},"droppedAttributesCount":${attributes.dropped}` +
    `,"events":[${events}],"droppedEventsCount":0` +
    `,"status":${status},"links":[],"droppedLinksCount":0,"flags":${flagsOf(place.parent)}}`;
  const json = Buffer.from(text);
  return { scope: `{"name":${jsonText(scope.name)},"version":"${scope.version}"}`, json, bytes: json.length };
}

function flagsOf(parent: SpanContext | null): number {
  return TraceFlags.SAMPLED | hasIsRemote | (parent?.isRemote === true ? isRemote : 0);
}

function eventText({ name, attributes }: SpanEvent, at: string): string {
  return `{"attributes":${attributesJson(attributes)},"name":${jsonText(name)},"timeUnixNano":"${at}","droppedAttributesCount":0}`;
}

/** Attributes without limits, as JSON text. */
export function attributesJson(attributes: Readonly<Record<string, string | number>>): string {
  const text = new AttributeText();
  for (const [key, value] of Object.entries(attributes)) text.set(key, value);
  return text.json();
}
