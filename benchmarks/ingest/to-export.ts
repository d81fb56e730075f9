import { type AttributeValue, type MadeSpan, service } from "./made-spans.ts";

export const encodings = ["json", "protobuf"] as const;
export type Encoding = (typeof encodings)[number];

export const contentTypes: Readonly<Record<Encoding, string>> = {
  json: "application/json",
  protobuf: "application/x-protobuf",
};

type Attributes = Readonly<Record<string, AttributeValue>>;

const scope = "bench.instrumentation";
const client = 3;
const ok = 1;

/** An `ExportTraceServiceRequest`: https://github.com/open-telemetry/opentelemetry-proto */
export function toExport(spans: readonly MadeSpan[], encoding: Encoding): Buffer {
  return encoding === "json" ? Buffer.from(JSON.stringify(inJson(spans))) : inProtobuf(spans);
}

function inJson(spans: readonly MadeSpan[]): unknown {
  const scopeSpans = [{ scope: { name: scope, version: "1.0.0" }, spans: spans.map(spanInJson) }];
  return { resourceSpans: [{ resource: { attributes: attributesInJson(service) }, scopeSpans }] };
}

function spanInJson({ traceId, spanId, parentSpanId, name, startMs, endMs, attributes }: MadeSpan): unknown {
  return {
    traceId,
    spanId,
    ...(parentSpanId === null ? {} : { parentSpanId }),
    name,
    kind: client,
    startTimeUnixNano: `${startMs}000000`,
    endTimeUnixNano: `${endMs}000000`,
    attributes: attributesInJson(attributes),
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    status: { code: ok },
    links: [],
    droppedLinksCount: 0,
  };
}

function attributesInJson(attributes: Attributes): unknown {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: valueInJson(value) }));
}

function valueInJson(value: AttributeValue): unknown {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isInteger(value) ? { intValue: value } : { doubleValue: value };
}

function inProtobuf(spans: readonly MadeSpan[]): Buffer {
  const named = part(1, Buffer.concat([text(1, scope), text(2, "1.0.0")]));
  const scopeSpans = Buffer.concat([named, ...spans.map((span) => part(2, spanInProtobuf(span)))]);
  return part(1, Buffer.concat([part(1, attributesInProtobuf(1, service)), part(2, scopeSpans)]));
}

function spanInProtobuf({ traceId, spanId, parentSpanId, name, startMs, endMs, attributes }: MadeSpan): Buffer {
  return Buffer.concat([
    part(1, Buffer.from(traceId, "hex")),
    part(2, Buffer.from(spanId, "hex")),
    ...(parentSpanId === null ? [] : [part(4, Buffer.from(parentSpanId, "hex"))]),
    text(5, name),
    whole(6, client),
    nanoseconds(7, startMs),
    nanoseconds(8, endMs),
    attributesInProtobuf(9, attributes),
    part(15, whole(3, ok)),
  ]);
}

function attributesInProtobuf(field: number, attributes: Attributes): Buffer {
  return Buffer.concat(
    Object.entries(attributes).map(([key, value]) =>
      part(field, Buffer.concat([text(1, key), part(2, valueInProtobuf(value))])),
    ),
  );
}

function valueInProtobuf(value: AttributeValue): Buffer {
  if (typeof value === "string") return text(1, value);
  if (typeof value === "boolean") return whole(2, value ? 1 : 0);
  if (Number.isInteger(value)) return whole(3, value);
  const double = Buffer.alloc(8);
  double.writeDoubleLE(value);
  return Buffer.concat([varint(4 * 8 + 1), double]);
}

function nanoseconds(field: number, ms: number): Buffer {
  const fixed = Buffer.alloc(8);
  fixed.writeBigUInt64LE(BigInt(ms) * 1_000_000n);
  return Buffer.concat([varint(field * 8 + 1), fixed]);
}

function part(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);
}

function text(field: number, value: string): Buffer {
  return part(field, Buffer.from(value));
}

function whole(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

/** Whole numbers below 2³¹. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest >>>= 7;
  }
  return Buffer.from([...bytes, rest]);
}
