import { TenantryError } from "@tenantry/core";
import type { Attributes, AttributeValue, SpanSink } from "./decoded-span.ts";
import type { KnownAttribute } from "./known-attributes.ts";
import { requestTags, resourceSpansTags, resourceTags, scopeSpansTags, scopeTags } from "./protobuf-fields.ts";
import { readProtobufAttribute } from "./read-protobuf-attribute.ts";
import { readProtobufSpan } from "./read-protobuf-span.ts";
import { refusals } from "./refusals.ts";
import { WireError, WireReader } from "./wire-reader.ts";

/**
 * Reads OTLP in protobuf. A span whose own bytes are malformed is refused alone.
 *
 * @throws TenantryError `invalid_request` that names the byte, where what is around the spans is malformed.
 */
export function readProtobufTraces(body: Uint8Array, maxAttributes: number, sink: SpanSink): void {
  const reader = new WireReader(body);
  try {
    eachOf(reader, requestTags.resourceSpans, () => {
      readResourceSpans(reader, maxAttributes, sink);
    });
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw TenantryError.invalidRequest("body", `is no OTLP export request: malformed at byte ${error.offset}`);
  }
}

/** In two passes: what the spans belong to may be written behind them. */
function readResourceSpans(reader: WireReader, maxAttributes: number, sink: SpanSink): void {
  const start = reader.position;
  let attributes: Attributes = new Map();
  eachOf(reader, resourceSpansTags.resource, () => {
    attributes = readResource(reader, maxAttributes);
  });
  sink.resource(attributes);
  reader.position = start;
  eachOf(reader, resourceSpansTags.scopeSpans, () => {
    readScopeSpans(reader, maxAttributes, sink);
  });
}

function readResource(reader: WireReader, maxAttributes: number): Attributes {
  const attributes = new Map<KnownAttribute, AttributeValue>();
  let left = maxAttributes;
  while (reader.hasMore()) {
    const tag = reader.tag();
    if (tag === resourceTags.attributes && left-- > 0) readProtobufAttribute(reader, attributes);
    else reader.skip(tag);
  }
  return attributes;
}

function readScopeSpans(reader: WireReader, maxAttributes: number, sink: SpanSink): void {
  const start = reader.position;
  let name = "";
  eachOf(reader, scopeSpansTags.scope, () => {
    while (reader.hasMore()) {
      const tag = reader.tag();
      if (tag === scopeTags.name) name = reader.text(maxScopeBytes);
      else reader.skip(tag);
    }
  });
  sink.scope(name === "" ? null : name);
  reader.position = start;
  eachOf(reader, scopeSpansTags.spans, () => {
    readSpan(reader, maxAttributes, sink);
  });
}

const maxScopeBytes = 1_024;

function readSpan(reader: WireReader, maxAttributes: number, sink: SpanSink): void {
  const { end } = reader;
  if (!sink.hasRoom()) sink.refuse(refusals.tooMany);
  else {
    try {
      sink.span(readProtobufSpan(reader, maxAttributes));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      sink.refuse(refusals.malformed);
    }
  }
  reader.end = end;
  reader.position = end;
}

/** Calls `read` within every nested message of this tag in the message the reader is in. */
function eachOf(reader: WireReader, wanted: number, read: () => void): void {
  while (reader.hasMore()) {
    const tag = reader.tag();
    if (tag !== wanted) {
      reader.skip(tag);
      continue;
    }
    const outer = reader.enter();
    read();
    reader.leave(outer);
  }
}
