import { type ReportedSpan, TenantryError } from "@tenantry/core";
import type { Attributes, DecodedSpan, SpanSink } from "./decoded-span.ts";
import { readJsonTraces } from "./read-json-traces.ts";
import { readProtobufTraces } from "./read-protobuf-traces.ts";
import { type ResourceFacts, toResourceFacts } from "./to-resource-facts.ts";
import { toReportedSpan } from "./to-reported-span.ts";

/** The two encodings of OTLP/HTTP, after the content type. https://opentelemetry.io/docs/specs/otlp/#otlphttp-request */
export type OtlpEncoding = "json" | "protobuf";

export interface ReadLimits {
  /** Spans of one export; those past it are refused. Default 10 000. */
  readonly spans?: number;
  /** Attributes of a span or resource that are looked at. Default 512. */
  readonly attributes?: number;
}

/** Spans that were not taken, and why: one of a closed list of reasons, never words of the sender. */
export interface RefusedSpans {
  readonly reason: string;
  /** At least 1. */
  readonly spans: number;
}

export interface ReadSpans {
  /** In the order in which they were written. */
  readonly spans: readonly ReportedSpan[];
  readonly refused: readonly RefusedSpans[];
}

/**
 * The spans of an export request, in words of our own. A span that cannot be read is refused alone; so are those past
 * the limit. Time is linear in the body's length, whatever is in it.
 *
 * @param body Decompressed `ExportTraceServiceRequest`. Not changed, not kept.
 * @throws TenantryError `invalid_request`, naming the field or the byte, where the body is no such request.
 */
export function readReportedSpans(body: Uint8Array, encoding: OtlpEncoding, limits: ReadLimits = {}): ReadSpans {
  const { spans: maxSpans = 10_000, attributes: maxAttributes = 512 } = limits;
  const collector = new Collector(maxSpans);
  if (encoding === "json") readJsonTraces(body, maxAttributes, collector);
  else if (encoding === "protobuf") readProtobufTraces(body, maxAttributes, collector);
  else throw TenantryError.invalidRequest("content-type", "must be application/json or application/x-protobuf");
  return { spans: collector.spans, refused: collector.refused() };
}

class Collector implements SpanSink {
  readonly spans: ReportedSpan[] = [];
  readonly #refused = new Map<string, number>();
  readonly #maxSpans: number;
  #seen = 0;
  #resource: ResourceFacts = toResourceFacts(new Map());
  #scope: string | null = null;

  constructor(maxSpans: number) {
    this.#maxSpans = maxSpans;
  }

  resource(attributes: Attributes): void {
    this.#resource = toResourceFacts(attributes);
  }

  scope(name: string | null): void {
    this.#scope = name;
  }

  span(decoded: DecodedSpan): void {
    this.#seen++;
    const span = toReportedSpan(decoded, this.#scope, this.#resource);
    if (typeof span === "string") this.#count(span, 1);
    else this.spans.push(span);
  }

  refuse(reason: string, spans = 1): void {
    this.#seen += spans;
    this.#count(reason, spans);
  }

  hasRoom(): boolean {
    return this.#seen < this.#maxSpans;
  }

  refused(): readonly RefusedSpans[] {
    return [...this.#refused].map(([reason, spans]) => ({ reason, spans }));
  }

  #count(reason: string, spans: number): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + spans);
  }
}
