/** A value of an attribute, as OTLP has it. */
export type AttributeValue = string | number | boolean;

/** A span as an exporter would write it. */
export interface ExportedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  /** 0 unset, 1 ok, 2 error. */
  readonly status?: 0 | 1 | 2;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

export interface ExportedScope {
  readonly scope: string;
  readonly resource: Readonly<Record<string, AttributeValue>>;
  readonly spans: readonly ExportedSpan[];
}

const client = 3;

/** `ExportTraceServiceRequest` in OTLP's JSON. */
export function jsonExport({ scope, resource, spans }: ExportedScope): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: jsonAttributes(resource) },
        scopeSpans: [{ scope: { name: scope, version: "1.0.0" }, spans: spans.map(jsonSpan) }],
      },
    ],
  });
}

function jsonSpan({
  traceId,
  spanId,
  parentSpanId,
  name,
  startMs,
  endMs,
  status = 0,
  attributes,
}: ExportedSpan): unknown {
  return {
    traceId,
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    name,
    kind: client,
    startTimeUnixNano: `${startMs}000000`,
    endTimeUnixNano: `${endMs}000000`,
    attributes: jsonAttributes(attributes),
    events: [],
    links: [],
    status: { code: status },
    flags: 257,
  };
}

function jsonAttributes(attributes: Readonly<Record<string, AttributeValue>>): unknown {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value:
      typeof value === "string"
        ? { stringValue: value }
        : typeof value === "boolean"
          ? { boolValue: value }
          : Number.isInteger(value)
            ? { intValue: String(value) }
            : { doubleValue: value },
  }));
}

/** The same in protobuf: https://github.com/open-telemetry/opentelemetry-proto */
export function protobufExport({ scope, resource, spans }: ExportedScope): Buffer {
  const scopeSpans = Buffer.concat([part(1, text(1, scope)), ...spans.map((span) => part(2, protobufSpan(span)))]);
  const resourceSpans = Buffer.concat([part(1, protobufAttributes(1, resource)), part(2, scopeSpans)]);
  return part(1, resourceSpans);
}

function protobufSpan(span: ExportedSpan): Buffer {
  const { traceId, spanId, parentSpanId, name, startMs, endMs, status = 0, attributes } = span;
  return Buffer.concat([
    part(1, Buffer.from(traceId, "hex")),
    part(2, Buffer.from(spanId, "hex")),
    parentSpanId === undefined ? Buffer.alloc(0) : part(4, Buffer.from(parentSpanId, "hex")),
    text(5, name),
    whole(6, client),
    nanos(7, startMs),
    nanos(8, endMs),
    protobufAttributes(9, attributes),
    part(15, status === 0 ? Buffer.alloc(0) : whole(3, status)),
  ]);
}

function protobufAttributes(field: number, attributes: Readonly<Record<string, AttributeValue>>): Buffer {
  return Buffer.concat(
    Object.entries(attributes).map(([key, value]) =>
      part(field, Buffer.concat([text(1, key), part(2, anyValue(value))])),
    ),
  );
}

function anyValue(value: AttributeValue): Buffer {
  if (typeof value === "string") return text(1, value);
  if (typeof value === "boolean") return whole(2, value ? 1 : 0);
  if (Number.isInteger(value)) return whole(3, value);
  const double = Buffer.alloc(8);
  double.writeDoubleLE(value);
  return Buffer.concat([varint(4 * 8 + 1), double]);
}

function nanos(field: number, ms: number): Buffer {
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

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}
