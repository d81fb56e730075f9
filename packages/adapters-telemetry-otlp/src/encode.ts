import { promisify } from "node:util";
import { gzip } from "node:zlib";
import {
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from "@opentelemetry/otlp-transformer";
import type { ResourceMetrics } from "@opentelemetry/sdk-metrics";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { OtlpSettings } from "./settings.ts";

/** Bodies of exports, and how to read what is answered. https://opentelemetry.io/docs/specs/otlp/#otlphttp */
export interface Encoding {
  readonly headers: Readonly<Record<string, string>>;
  spans(spans: readonly ReadableSpan[]): Promise<Uint8Array>;
  metrics(metrics: ResourceMetrics): Promise<Uint8Array>;
  /** How many spans a successful answer says were not taken. Throws when it cannot be read. */
  rejectedSpans(body: Uint8Array): number;
  /** Whether a successful answer says that data points were not taken. */
  rejectedMetrics(body: Uint8Array): number;
}

const compress = promisify(gzip);

export function createEncoding({ protocol, compression }: Pick<OtlpSettings, "protocol" | "compression">): Encoding {
  const isJson = protocol === "http/json";
  const traces = isJson ? JsonTraceSerializer : ProtobufTraceSerializer;
  const metrics = isJson ? JsonMetricsSerializer : ProtobufMetricsSerializer;

  async function bodyOf(encoded: Uint8Array | undefined): Promise<Uint8Array> {
    if (encoded === undefined) throw new Error("nothing was encoded");
    return compression === "gzip" ? await compress(encoded) : encoded;
  }

  return {
    headers: {
      "Content-Type": isJson ? "application/json" : "application/x-protobuf",
      ...(compression === "gzip" ? { "Content-Encoding": "gzip" } : {}),
    },
    spans: async (spans) => await bodyOf(traces.serializeRequest([...spans])),
    metrics: async (collected) => await bodyOf(metrics.serializeRequest(collected)),
    rejectedSpans: (body) => Number(traces.deserializeResponse(body).partialSuccess?.rejectedSpans ?? 0),
    rejectedMetrics: (body) =>
      Math.sign(Number(metrics.deserializeResponse(body).partialSuccess?.rejectedDataPoints ?? 0)),
  };
}
