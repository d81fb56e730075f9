import { type AttributeValue, maxListed } from "./decoded-span.ts";
import { KeyTable } from "./key-table.ts";
import { type KnownAttribute, knownAttributes } from "./known-attributes.ts";
import { anyValueTags, arrayValueTags, keyValueTags } from "./protobuf-fields.ts";
import type { WireReader } from "./wire-reader.ts";

const keys = new KeyTable(knownAttributes);

/** Longer texts say nothing that is read. */
const maxTextBytes = 65_536;

/** Reads a `KeyValue`. What no dialect knows is stepped over: its value is never made a text. */
export function readProtobufAttribute(reader: WireReader, into: Map<KnownAttribute, AttributeValue>): void {
  const outer = reader.enter();
  let name: KnownAttribute | null = null;
  let valueAt = -1;
  while (reader.hasMore()) {
    const tag = reader.tag();
    if (tag === keyValueTags.key) {
      const start = reader.pass();
      name = keys.find(reader.bytes, start, reader.position);
    } else if (tag === keyValueTags.value) {
      valueAt = reader.position;
      reader.skip(tag);
    } else reader.skip(tag);
  }
  if (name !== null && valueAt >= 0) {
    reader.position = valueAt;
    const value = readValue(reader);
    if (value !== undefined) into.set(name, value);
    reader.position = reader.end;
  }
  reader.leave(outer);
}

/** Of an `AnyValue` the member written last, which is the one that counts. */
function readValue(reader: WireReader): AttributeValue | undefined {
  const outer = reader.enter();
  let value: AttributeValue | undefined;
  while (reader.hasMore()) {
    const tag = reader.tag();
    switch (tag) {
      case anyValueTags.text:
        value = readText(reader);
        break;
      case anyValueTags.flag:
        value = reader.varint() !== 0;
        break;
      case anyValueTags.whole:
        value = reader.int64();
        break;
      case anyValueTags.double:
        value = reader.double();
        break;
      case anyValueTags.list:
        value = readTexts(reader);
        break;
      default:
        value = undefined;
        reader.skip(tag);
    }
  }
  reader.leave(outer);
  return value;
}

function readText(reader: WireReader): string | undefined {
  const start = reader.pass();
  return reader.position - start > maxTextBytes ? undefined : reader.bytes.toString("utf8", start, reader.position);
}

/** The texts of an `ArrayValue`, of which none is looked for in lists within it. */
function readTexts(reader: WireReader): readonly string[] {
  const texts: string[] = [];
  const outer = reader.enter();
  let left = maxListed;
  while (reader.hasMore()) {
    const tag = reader.tag();
    if (tag !== arrayValueTags.values || left-- <= 0) {
      reader.skip(tag);
      continue;
    }
    const listed = readListed(reader);
    if (listed !== undefined) texts.push(listed);
  }
  reader.leave(outer);
  return texts;
}

function readListed(reader: WireReader): string | undefined {
  const outer = reader.enter();
  let text: string | undefined;
  while (reader.hasMore()) {
    const tag = reader.tag();
    if (tag === anyValueTags.text) text = readText(reader);
    else reader.skip(tag);
  }
  reader.leave(outer);
  return text;
}
