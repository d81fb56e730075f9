import type { AttributeValue, DecodedSpan } from "./decoded-span.ts";
import { firstChunkEvents, isChunkRun } from "./first-chunk.ts";
import { KeyTable } from "./key-table.ts";
import type { KnownAttribute } from "./known-attributes.ts";
import { eventTags, spanTags, statusTags } from "./protobuf-fields.ts";
import { readProtobufAttribute } from "./read-protobuf-attribute.ts";
import type { WireReader } from "./wire-reader.ts";

const maxNameBytes = 1_024;

/** Reads the `Span` the reader is in, up to its end. */
export function readProtobufSpan(reader: WireReader, maxAttributes: number): DecodedSpan {
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
  let chunk: Chunk | null = null;
  while (reader.hasMore()) {
    const tag = reader.tag();
    switch (tag) {
      case spanTags.traceId:
        traceId = reader.hex(16);
        break;
      case spanTags.spanId:
        spanId = reader.hex(8);
        break;
      case spanTags.parentSpanId:
        parentSpanId = reader.bytes[reader.position] === 0 ? emptyId(reader) : reader.hex(8);
        break;
      case spanTags.name:
        name = reader.text(maxNameBytes);
        break;
      case spanTags.kind:
        kind = reader.varint();
        break;
      case spanTags.startTime:
        startedAt = reader.nanosecondsAsMs();
        break;
      case spanTags.endTime:
        endedAt = reader.nanosecondsAsMs();
        break;
      case spanTags.attributes:
        if (left-- > 0) readProtobufAttribute(reader, attributes);
        else reader.skip(tag);
        break;
      case spanTags.events:
        if (chunk === null) chunk = readChunk(reader);
        else reader.skip(tag);
        break;
      case spanTags.droppedEvents:
        droppedEvents = reader.varint();
        break;
      case spanTags.status:
        status = readStatus(reader);
        break;
      default:
        reader.skip(tag);
    }
  }
  const firstChunkAt = chunk === null || (chunk.isRun && droppedEvents > 0) ? null : chunk.at;
  return { traceId, spanId, parentSpanId, name, kind, startedAt, endedAt, status, attributes, firstChunkAt };
}

/** A length of 0, which is how a root has no parent. */
function emptyId(reader: WireReader): null {
  reader.pass();
  return null;
}

interface Chunk {
  readonly at: number | null;
  readonly isRun: boolean;
}

const chunkEvents = new KeyTable(firstChunkEvents);

function readChunk(reader: WireReader): Chunk | null {
  const outer = reader.enter();
  let at = 0;
  let name: string | null = null;
  while (reader.hasMore()) {
    const tag = reader.tag();
    if (tag === eventTags.time) at = reader.nanosecondsAsMs();
    else if (tag === eventTags.name) {
      const start = reader.pass();
      name = chunkEvents.find(reader.bytes, start, reader.position);
    } else reader.skip(tag);
  }
  reader.leave(outer);
  return name === null ? null : { at: at === 0 ? null : at, isRun: isChunkRun(name) };
}

function readStatus(reader: WireReader): number {
  const outer = reader.enter();
  let code = 0;
  while (reader.hasMore()) {
    const tag = reader.tag();
    if (tag === statusTags.code) code = reader.varint();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return code;
}
