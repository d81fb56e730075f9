import { gunzipSync } from "node:zlib";
import type { CollectedRequest, OtlpAttribute, OtlpSpan } from "@tenantry/testkit";
import protobuf from "protobufjs";
import { otlpSchema } from "./otlp-schema.ts";

const { root } = protobuf.parse(otlpSchema);

/** A span with what stands around it in the request, whatever encoding it came in. */
export interface ReadSpan {
  readonly span: OtlpSpan;
  readonly scope: { readonly name: string; readonly version?: string };
  readonly resource: readonly OtlpAttribute[];
}

/** One point of a metric. */
export interface ReadPoint {
  readonly attributes: readonly OtlpAttribute[];
  /** Of a counter. */
  readonly value: number;
  /** Of a histogram. */
  readonly count: number;
  readonly sum: number;
  readonly bounds: readonly number[];
  readonly buckets: readonly number[];
}

export interface ReadMetric {
  readonly name: string;
  readonly unit: string;
  readonly kind: "counter" | "histogram";
  readonly temporality: number;
  readonly points: readonly ReadPoint[];
  readonly resource: readonly OtlpAttribute[];
}

export function spansIn(request: CollectedRequest): readonly ReadSpan[] {
  const body = read<TracesBody>(request, "otlp.TracesRequest");
  return body.resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) => spans.map((span) => ({ span, scope, resource: resource.attributes }))),
  );
}

export function metricsIn(request: CollectedRequest): readonly ReadMetric[] {
  const body = read<MetricsBody>(request, "otlp.MetricsRequest");
  return body.resourceMetrics.flatMap(({ resource, scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics }) =>
      metrics.map(({ name, unit, sum, histogram }) => {
        const data = sum ?? histogram;
        const kind = sum === undefined ? ("histogram" as const) : ("counter" as const);
        const points = (data?.dataPoints ?? []).map(pointOf);
        return {
          name,
          unit,
          kind,
          temporality: data?.aggregationTemporality ?? 0,
          points,
          resource: resource.attributes,
        };
      }),
    ),
  );
}

/** A body of the answer that says how many spans were not taken. */
export function rejectingAnswer(rejectedSpans: number): Uint8Array {
  const type = root.lookupType("otlp.TracesResponse");
  return type.encode(type.fromObject({ partialSuccess: { rejectedSpans, errorMessage: "too many" } })).finish();
}

interface TracesBody {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeSpans: readonly { readonly scope: ReadSpan["scope"]; readonly spans: readonly OtlpSpan[] }[];
  }[];
}

interface Data {
  readonly aggregationTemporality: number;
  readonly dataPoints: readonly Point[];
}

interface Point {
  readonly attributes: readonly OtlpAttribute[];
  readonly asInt?: string;
  readonly asDouble?: number;
  readonly count?: string | number;
  readonly sum?: number;
  readonly explicitBounds?: readonly number[];
  readonly bucketCounts?: readonly (string | number)[];
}

interface MetricsBody {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeMetrics: readonly {
      readonly metrics: readonly {
        readonly name: string;
        readonly unit: string;
        readonly sum?: Data;
        readonly histogram?: Data;
      }[];
    }[];
  }[];
}

function pointOf(point: Point): ReadPoint {
  return {
    attributes: point.attributes,
    value: Number(point.asInt ?? point.asDouble ?? 0),
    count: Number(point.count ?? 0),
    sum: point.sum ?? 0,
    bounds: point.explicitBounds ?? [],
    buckets: (point.bucketCounts ?? []).map(Number),
  };
}

/** The body as OTLP JSON has it: 64-bit integers as text, ids in hex. */
function read<Body>(request: CollectedRequest, type: string): Body {
  const bytes = request.headers["content-encoding"] === "gzip" ? gunzipSync(request.bytes) : request.bytes;
  if (request.headers["content-type"] === "application/json") {
    return JSON.parse(Buffer.from(bytes).toString("utf8")) as Body;
  }
  if (request.headers["content-type"] !== "application/x-protobuf") {
    throw new Error(`neither JSON nor protobuf: ${request.headers["content-type"]}`);
  }
  const message = root.lookupType(type);
  const decoded = message.toObject(message.decode(bytes), { longs: String, arrays: true, bytes: Array }) as Body;
  return withHexIds(decoded) as Body;
}

const ids = new Set(["traceId", "spanId", "parentSpanId"]);

function withHexIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withHexIds);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      ids.has(key) ? Buffer.from(inner as number[]).toString("hex") : withHexIds(inner),
    ]),
  );
}
