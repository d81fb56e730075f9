import { type Attributes, type HrTime, TraceFlags } from "@opentelemetry/api";
import type { ReadableSpan, TimedEvent } from "@opentelemetry/sdk-trace";
import type { EncodedSpan } from "./span-queue.ts";

/** https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: the bits above the trace flags. */
const hasIsRemote = 0x100;
const isRemote = 0x200;

/**
 * A span as Netra's SDK writes it in OTLP JSON: ids in hex, times as decimal strings of nanoseconds, integers as JSON
 * numbers, `parentSpanId` absent on roots, everything else always present.
 */
export function encodeSpan(span: ReadableSpan): EncodedSpan {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const parent = span.parentSpanContext;
  const { name, version } = span.instrumentationScope;
  const status = span.status.message === undefined ? "" : `,"message":${text(span.status.message)}`;
  const flags = (traceFlags & TraceFlags.SAMPLED) | hasIsRemote | (parent?.isRemote === true ? isRemote : 0);
  const json = [
    `{"traceId":"${traceId}","spanId":"${spanId}"`,
    parent === undefined ? "" : `,"parentSpanId":"${parent.spanId}"`,
    // OTLP counts kinds from 1, the API from 0.
    `,"name":${text(span.name)},"kind":${span.kind + 1}`,
    `,"startTimeUnixNano":"${nanos(span.startTime)}","endTimeUnixNano":"${nanos(span.endTime)}"`,
    `,"attributes":${encodeAttributes(span.attributes)},"droppedAttributesCount":${span.droppedAttributesCount}`,
    `,"events":[${span.events.map(encodeEvent).join(",")}],"droppedEventsCount":${span.droppedEventsCount}`,
    `,"status":{"code":${span.status.code}${status}},"links":[],"droppedLinksCount":0,"flags":${flags}}`,
  ].join("");
  return { scope: JSON.stringify({ name: name.toWellFormed(), version }), json };
}

export function encodeAttributes(attributes: Attributes): string {
  let encoded = "";
  for (const key of Object.keys(attributes)) {
    const json = encodeValue(attributes[key]);
    if (json === null) continue;
    if (encoded !== "") encoded += ",";
    encoded += `${keyText(key)}${json}}`;
  }
  return `[${encoded}]`;
}

/** Far more than the vocabulary has, and few enough to keep: an application's own resource attributes pass here too. */
const maxKnownKeys = 1_024;
const knownKeys = new Map<string, string>();

/** The same few dozen keys stand in every span. */
function keyText(key: string): string {
  const known = knownKeys.get(key);
  if (known !== undefined) return known;
  const made = `{"key":${text(key)},"value":`;
  if (knownKeys.size < maxKnownKeys) knownKeys.set(key, made);
  return made;
}

function encodeEvent({ name, time, attributes, droppedAttributesCount }: TimedEvent): string {
  const dropped = droppedAttributesCount ?? 0;
  return `{"attributes":${encodeAttributes(attributes ?? {})},"name":${text(name)},"timeUnixNano":"${nanos(time)}","droppedAttributesCount":${dropped}}`;
}

/** Null for what the adapter never writes. */
function encodeValue(value: unknown): string | null {
  switch (typeof value) {
    case "string":
      return `{"stringValue":${text(value)}}`;
    case "boolean":
      return `{"boolValue":${value}}`;
    case "number":
      if (Number.isSafeInteger(value)) return `{"intValue":${value}}`;
      return `{"doubleValue":${Number.isFinite(value) ? String(value) : `"${value}"`}}`;
    default:
      return null;
  }
}

/** A lone surrogate is not text: a strict reader would refuse the whole batch for it. */
function text(value: string): string {
  return JSON.stringify(value.toWellFormed());
}

function nanos([seconds, rest]: HrTime): string {
  return seconds === 0 ? String(rest) : `${seconds}${String(rest).padStart(9, "0")}`;
}
