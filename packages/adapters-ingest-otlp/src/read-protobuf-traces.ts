import { TenantryError } from "@tenantry/core";
import type { Attributes, AttributeValue, DecodedSpan, SpanSink } from "./decoded-span.ts";
import { firstChunkEvents, isChunkRun } from "./first-chunk.ts";
import { isKnownAttribute, knownAttributes, type KnownAttribute } from "./known-attributes.ts";
import { maxListed } from "./read-json-traces.ts";
import { refusals } from "./refusals.ts";
import { type Extent, wire, WireError, WireReader } from "./wire-reader.ts";

/**
 * Tags of the fields that are read: number × 8 + how it is written. Others, and these written otherwise, are skipped.
 * https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
 */
const request = { resourceSpans: bytes(1) } as const;
const resourceSpans = { resource: bytes(1), scopeSpans: bytes(2) } as const;
const scopeSpans = { scope: bytes(1), spans: bytes(2) } as const;
const resource = { attributes: bytes(1) } as const;
const scopeFields = { name: bytes(1) } as const;
const span = {
  traceId: bytes(1),
  spanId: bytes(2),
  parentSpanId: bytes(4),
  name: bytes(5),
  kind: varint(6),
  startTime: fixed64(7),
  endTime: fixed64(8),
  attributes: bytes(9),
  events: bytes(11),
  droppedEvents: varint(12),
  status: bytes(15),
} as const;
const event = { time: fixed64(1), name: bytes(2) } as const;
const statusFields = { code: varint(3) } as const;
const keyValue = { key: bytes(1), value: bytes(2) } as const;
const anyValue = { text: bytes(1), flag: varint(2), whole: varint(3), double: fixed64(4), list: bytes(5) } as const;
const arrayValue = { values: bytes(1) } as const;

/**
 * Reads OTLP in protobuf. A span whose own bytes are malformed is refused alone.
 *
 * @throws TenantryError `invalid_request` that names the byte, where what is around the spans is malformed.
 */
export function readProtobufTraces(body: Uint8Array, maxAttributes: number, sink: SpanSink): void {
  const reader = new WireReader(body);
  try {
    eachOf(reader, request.resourceSpans, (extent) => {
      readResourceSpans(reader, extent, maxAttributes, sink);
    });
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw TenantryError.invalidRequest("body", `is no protobuf message at byte ${error.offset}`);
  }
}

/** In two passes: what the spans belong to may be written behind them. */
function readResourceSpans(reader: WireReader, extent: Extent, maxAttributes: number, sink: SpanSink): void {
  let attributes: Attributes = new Map();
  within(reader, extent, resourceSpans.resource, (inner) => {
    attributes = readAttributesOf(reader, inner, resource.attributes, maxAttributes);
  });
  sink.resource(attributes);
  within(reader, extent, resourceSpans.scopeSpans, (inner) => {
    readScopeSpans(reader, inner, maxAttributes, sink);
  });
}

function readScopeSpans(reader: WireReader, extent: Extent, maxAttributes: number, sink: SpanSink): void {
  let name = "";
  within(reader, extent, scopeSpans.scope, (inner) => {
    within(reader, inner, scopeFields.name, (text) => {
      name = reader.text(text);
    });
  });
  sink.scope(name === "" ? null : name);
  within(reader, extent, scopeSpans.spans, (inner) => {
    if (!sink.hasRoom()) sink.refuse(refusals.tooMany);
    else readWholeSpan(reader, inner, maxAttributes, sink);
  });
}

function readWholeSpan(reader: WireReader, extent: Extent, maxAttributes: number, sink: SpanSink): void {
  let decoded: DecodedSpan;
  try {
    decoded = readSpan(reader, extent, maxAttributes);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    sink.refuse(refusals.malformed);
    return;
  }
  sink.span(decoded);
}

function readSpan(reader: WireReader, extent: Extent, maxAttributes: number): DecodedSpan {
  const attributes = new Map<KnownAttribute, AttributeValue>();
  let left = maxAttributes;
  let traceId = "";
  let spanId = "";
  let parentSpanId: string | null = null;
  let name = "";
  let kind = 0;
  let startedAt = 0;
  let endedAt = 0;
  let status = 0;
  let droppedEvents = 0;
  let firstChunk: FirstChunk | null = null;
  reader.within(extent, () => {
    while (reader.hasMore()) {
      const tag = reader.tag();
      switch (tag) {
        case span.traceId:
          traceId = idOf(reader, 16);
          break;
        case span.spanId:
          spanId = idOf(reader, 8);
          break;
        case span.parentSpanId:
          parentSpanId = parentOf(reader);
          break;
        case span.name:
          name = reader.text(clipped(reader.extent(), maxNameBytes));
          break;
        case span.kind:
          kind = reader.varint();
          break;
        case span.startTime:
          startedAt = reader.nanosecondsAsMs();
          break;
        case span.endTime:
          endedAt = reader.nanosecondsAsMs();
          break;
        case span.attributes:
          if (left-- > 0) readAttribute(reader, reader.extent(), attributes);
          else reader.skip(tag);
          break;
        case span.events:
          if (firstChunk === null) firstChunk = readFirstChunk(reader, reader.extent());
          else reader.skip(tag);
          break;
        case span.droppedEvents:
          droppedEvents = reader.varint();
          break;
        case span.status:
          status = readStatus(reader, reader.extent());
          break;
        default:
          reader.skip(tag);
      }
    }
  });
  const firstChunkAt = firstChunkOf(firstChunk, droppedEvents);
  return { traceId, spanId, parentSpanId, name, kind, startedAt, endedAt, status, attributes, firstChunkAt };
}

function readAttributesOf(reader: WireReader, extent: Extent, tag: number, maxAttributes: number): Attributes {
  const attributes = new Map<KnownAttribute, AttributeValue>();
  let left = maxAttributes;
  within(reader, extent, tag, (inner) => {
    if (left-- > 0) readAttribute(reader, inner, attributes);
  });
  return attributes;
}

const maxKeyBytes = Math.max(...knownAttributes.map((name) => name.length));

/** What no dialect knows is stepped over: its value is never made a text. */
function readAttribute(reader: WireReader, extent: Extent, attributes: Map<KnownAttribute, AttributeValue>): void {
  let key: Extent | null = null;
  let value: Extent | null = null;
  reader.within(extent, () => {
    while (reader.hasMore()) {
      const tag = reader.tag();
      if (tag === keyValue.key) key = reader.extent();
      else if (tag === keyValue.value) value = reader.extent();
      else reader.skip(tag);
    }
  });
  if (key === null || value === null) return;
  const name = nameOf(reader, key);
  if (name === null) return;
  const read = readValue(reader, value);
  if (read !== undefined) attributes.set(name, read);
}

function nameOf(reader: WireReader, extent: Extent): KnownAttribute | null {
  if (extent.end - extent.start > maxKeyBytes) return null;
  const name = reader.asciiText(extent);
  return isKnownAttribute(name) ? name : null;
}

/** Nothing that is read as text has more. */
const maxTextBytes = 65_536;
const maxNameBytes = 1_024;

function readValue(reader: WireReader, extent: Extent): AttributeValue | undefined {
  let value: AttributeValue | undefined;
  reader.within(extent, () => {
    while (reader.hasMore()) {
      const tag = reader.tag();
      switch (tag) {
        case anyValue.text:
          value = textOf(reader, reader.extent());
          break;
        case anyValue.flag:
          value = reader.varint() !== 0;
          break;
        case anyValue.whole:
          value = reader.int64();
          break;
        case anyValue.double:
          value = reader.double();
          break;
        case anyValue.list:
          value = readTexts(reader, reader.extent());
          break;
        default:
          value = undefined;
          reader.skip(tag);
      }
    }
  });
  return value;
}

function textOf(reader: WireReader, extent: Extent): string | undefined {
  return extent.end - extent.start > maxTextBytes ? undefined : reader.text(extent);
}

function readTexts(reader: WireReader, extent: Extent): readonly string[] {
  const texts: string[] = [];
  let left = maxListed;
  within(reader, extent, arrayValue.values, (inner) => {
    if (left-- <= 0) return;
    within(reader, inner, anyValue.text, (text) => {
      const read = textOf(reader, text);
      if (read !== undefined) texts.push(read);
    });
  });
  return texts;
}

interface FirstChunk {
  readonly at: number;
  readonly isRun: boolean;
}

function readFirstChunk(reader: WireReader, extent: Extent): FirstChunk | null {
  let at = 0;
  let name = "";
  reader.within(extent, () => {
    while (reader.hasMore()) {
      const tag = reader.tag();
      if (tag === event.time) at = reader.nanosecondsAsMs();
      else if (tag === event.name) name = reader.asciiText(clipped(reader.extent(), maxKeyBytes));
      else reader.skip(tag);
    }
  });
  return firstChunkEvents.has(name) ? { at, isRun: isChunkRun(name) } : null;
}

function firstChunkOf(chunk: FirstChunk | null, droppedEvents: number): number | null {
  if (chunk === null || chunk.at === 0) return null;
  return chunk.isRun && droppedEvents > 0 ? null : chunk.at;
}

function readStatus(reader: WireReader, extent: Extent): number {
  let code = 0;
  reader.within(extent, () => {
    while (reader.hasMore()) {
      const tag = reader.tag();
      if (tag === statusFields.code) code = reader.varint();
      else reader.skip(tag);
    }
  });
  return code;
}

function idOf(reader: WireReader, length: number): string {
  const extent = reader.extent();
  return extent.end - extent.start === length ? reader.hex(extent) : "";
}

function parentOf(reader: WireReader): string | null {
  const extent = reader.extent();
  if (extent.end === extent.start) return null;
  return extent.end - extent.start === 8 ? reader.hex(extent) : "";
}

function clipped({ start, end }: Extent, length: number): Extent {
  return { start, end: Math.min(end, start + length) };
}

/** Calls `each` with every field of this tag in the message that lies there. */
function within(reader: WireReader, extent: Extent, tag: number, each: (inner: Extent) => void): void {
  reader.within(extent, () => {
    eachOf(reader, tag, each);
  });
}

function eachOf(reader: WireReader, tag: number, each: (inner: Extent) => void): void {
  while (reader.hasMore()) {
    const next = reader.tag();
    if (next === tag) each(reader.extent());
    else reader.skip(next);
  }
}

function bytes(field: number): number {
  return field * 8 + wire.bytes;
}

function varint(field: number): number {
  return field * 8 + wire.varint;
}

function fixed64(field: number): number {
  return field * 8 + wire.fixed64;
}
