import { TenantryError } from "@tenantry/core";
import { type Attributes, type AttributeValue, type DecodedSpan, maxListed, type SpanSink } from "./decoded-span.ts";
import { firstChunkEvents, isChunkRun } from "./first-chunk.ts";
import { isKnownAttribute, type KnownAttribute } from "./known-attributes.ts";
import { refusals } from "./refusals.ts";

type Json = { readonly [name: string]: unknown };

/**
 * Reads OTLP/JSON. Besides the written form (hex ids, camelCase, 64-bit integers as text, enums as numbers) it takes
 * what protobuf's own JSON mapping makes (base64 ids, names of enums, snake_case) and integers written as numbers.
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 *
 * @throws TenantryError `invalid_request` that names the field, where something above the spans has the wrong type.
 */
export function readJsonTraces(body: Uint8Array, maxAttributes: number, sink: SpanSink): void {
  const root = parse(body);
  if (!isObject(root)) throw TenantryError.invalidRequest("body", "must be a JSON object");
  const resources = root["resourceSpans"] ?? root["resource_spans"];
  if (resources === undefined && Object.keys(root).length > 0) {
    throw TenantryError.invalidRequest("resourceSpans", "is missing");
  }
  objects(resources, "resourceSpans", (resource, path) => {
    readResource(resource, path, maxAttributes, sink);
  });
}

function readResource(of: Json, path: string, maxAttributes: number, sink: SpanSink): void {
  const { resource } = of;
  if (!isAbsent(resource) && !isObject(resource))
    throw TenantryError.invalidRequest(`${path}.resource`, "must be an object");
  sink.resource(isObject(resource) ? readAttributes(resource["attributes"], maxAttributes) : new Map());
  // Under their older name until OTLP 0.15.
  const scopes = of["scopeSpans"] ?? of["scope_spans"] ?? of["instrumentationLibrarySpans"];
  objects(scopes, `${path}.scopeSpans`, (scopeSpans, scopePath) => {
    const scope = scopeSpans["scope"] ?? scopeSpans["instrumentationLibrary"];
    const name = isObject(scope) ? scope["name"] : null;
    sink.scope(typeof name === "string" && name !== "" ? name : null);
    readSpans(scopeSpans["spans"], `${scopePath}.spans`, maxAttributes, sink);
  });
}

function readSpans(spans: unknown, path: string, maxAttributes: number, sink: SpanSink): void {
  if (isAbsent(spans)) return;
  if (!Array.isArray(spans)) throw TenantryError.invalidRequest(path, "must be a list");
  let index = 0;
  for (const span of spans as readonly unknown[]) {
    if (!sink.hasRoom()) {
      sink.refuse(refusals.tooMany, spans.length - index);
      return;
    }
    index++;
    if (isObject(span)) sink.span(readSpan(span, maxAttributes));
    else sink.refuse(refusals.notAnObject);
  }
}

function readSpan(span: Json, maxAttributes: number): DecodedSpan {
  const status = span["status"];
  const parent = span["parentSpanId"] ?? span["parent_span_id"];
  return {
    traceId: idOf(span["traceId"] ?? span["trace_id"], 32),
    spanId: idOf(span["spanId"] ?? span["span_id"], 16),
    parentSpanId: isAbsent(parent) || parent === "" ? null : idOf(parent, 16),
    name: typeof span["name"] === "string" ? span["name"] : "",
    kind: enumOf(span["kind"], kindNames),
    startedAt: msOf(span["startTimeUnixNano"] ?? span["start_time_unix_nano"]),
    endedAt: msOf(span["endTimeUnixNano"] ?? span["end_time_unix_nano"]),
    status: isObject(status) ? enumOf(status["code"], statusNames) : 0,
    attributes: readAttributes(span["attributes"], maxAttributes),
    firstChunkAt: firstChunkOf(span),
  };
}

/** Nothing where the list is none: a span keeps what else it says. */
function readAttributes(list: unknown, maxAttributes: number): Attributes {
  const attributes = new Map<KnownAttribute, AttributeValue>();
  if (!Array.isArray(list)) return attributes;
  const count = Math.min(list.length, maxAttributes);
  for (let index = 0; index < count; index++) {
    const attribute: unknown = list[index];
    if (!isObject(attribute)) continue;
    const key = attribute["key"];
    if (typeof key !== "string" || !isKnownAttribute(key)) continue;
    const value = valueOf(attribute["value"]);
    if (value !== undefined) attributes.set(key, value);
  }
  return attributes;
}

function valueOf(value: unknown): AttributeValue | undefined {
  if (!isObject(value)) return undefined;
  const text = value["stringValue"] ?? value["string_value"];
  if (typeof text === "string") return text;
  const whole = value["intValue"] ?? value["int_value"];
  if (!isAbsent(whole)) return wholeOf(whole);
  const flag = value["boolValue"] ?? value["bool_value"];
  if (typeof flag === "boolean") return flag;
  const double = value["doubleValue"] ?? value["double_value"];
  if (!isAbsent(double)) return typeof double === "number" ? double : undefined;
  const list = value["arrayValue"] ?? value["array_value"];
  return isObject(list) ? textsOf(list["values"]) : undefined;
}

function wholeOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^-?[0-9]{1,19}$/.test(value) ? Number(value) : undefined;
}

function textsOf(values: unknown): readonly string[] | undefined {
  if (!Array.isArray(values)) return undefined;
  const texts: string[] = [];
  for (const item of values.slice(0, maxListed) as readonly unknown[]) {
    const text = isObject(item) ? (item["stringValue"] ?? item["string_value"]) : undefined;
    if (typeof text === "string") texts.push(text);
  }
  return texts;
}

function firstChunkOf(span: Json): number | null {
  const { events } = span;
  if (!Array.isArray(events)) return null;
  const dropped = span["droppedEventsCount"] ?? span["dropped_events_count"];
  for (const event of events as readonly unknown[]) {
    if (!isObject(event) || !firstChunkEvents.has(event["name"] as string)) continue;
    if (isChunkRun(event["name"] as string) && !isAbsent(dropped) && Number(dropped) !== 0) return null;
    const at = msOf(event["timeUnixNano"] ?? event["time_unix_nano"]);
    return at === 0 ? null : at;
  }
  return null;
}

/** Hex in either case, or base64; empty for what is neither. */
function idOf(value: unknown, digits: 16 | 32): string {
  if (typeof value !== "string") return "";
  if (value.length === digits) return /^[0-9a-f]+$/.test(value) ? value : lowerHex(value);
  if (value.length !== base64Length[digits]) return "";
  return /^[A-Za-z0-9+/_-]+={1,2}$/.test(value) ? hexOfBase64(value, digits) : "";
}

const base64Length = { 16: 12, 32: 24 } as const;

function lowerHex(value: string): string {
  return /^[0-9A-Fa-f]+$/.test(value) ? value.toLowerCase() : "";
}

function hexOfBase64(value: string, digits: number): string {
  const hex = Buffer.from(value, "base64").toString("hex");
  return hex.length === digits ? hex : "";
}

/** Whole ms of nanoseconds since 1970, cut; 0 for what is no time. */
function msOf(nanoseconds: unknown): number {
  if (typeof nanoseconds === "string") {
    if (!/^[0-9]{1,20}$/.test(nanoseconds)) return 0;
    return nanoseconds.length > 6 ? Number(nanoseconds.slice(0, -6)) : 0;
  }
  if (typeof nanoseconds !== "number" || !(nanoseconds >= 0 && nanoseconds < 2 ** 64)) return 0;
  // A double has no room for nanoseconds of today: half a microsecond keeps it from falling under the ms it was cut to.
  return Math.floor((nanoseconds + 500) / 1e6);
}

const kindNames = [
  "SPAN_KIND_UNSPECIFIED",
  "SPAN_KIND_INTERNAL",
  "SPAN_KIND_SERVER",
  "SPAN_KIND_CLIENT",
  "SPAN_KIND_PRODUCER",
  "SPAN_KIND_CONSUMER",
];
const statusNames = ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"];

function enumOf(value: unknown, names: readonly string[]): number {
  if (typeof value === "number") return value;
  return typeof value === "string" ? Math.max(0, names.indexOf(value)) : 0;
}

function objects(list: unknown, path: string, each: (item: Json, path: string) => void): void {
  if (isAbsent(list)) return;
  if (!Array.isArray(list)) throw TenantryError.invalidRequest(path, "must be a list");
  let index = 0;
  for (const item of list as readonly unknown[]) {
    const itemPath = `${path}[${index++}]`;
    if (!isObject(item)) throw TenantryError.invalidRequest(itemPath, "must be an object");
    each(item, itemPath);
  }
}

function parse(body: Uint8Array): unknown {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the body.
    throw TenantryError.invalidRequest("body", "is not JSON");
  }
}

function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
