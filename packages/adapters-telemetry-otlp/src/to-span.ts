import type { Attributes, HrTime, SpanKind } from "@opentelemetry/api";
import { SpanStatusCode } from "@opentelemetry/api";
import type { Resource } from "@opentelemetry/resources";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { Exportable, Place, SpanTimer } from "@tenantry/otlp-delivery";
import type { AttributeList } from "./attributes.ts";

/** A span that waits for its batch. */
export interface QueuedSpan extends Exportable {
  readonly span: ReadableSpan;
}

export interface SpanEvent {
  readonly name: string;
  readonly attributes: Attributes;
}

/** A span that has ended. */
export interface EndedSpan {
  readonly place: Place;
  readonly name: string;
  readonly kind: SpanKind;
  readonly timer: SpanTimer;
  readonly elapsedMs: number;
  readonly attributes: AttributeList;
  readonly events: readonly SpanEvent[];
  /** Null when it succeeded. */
  readonly failure: string | null;
}

/** This package. https://opentelemetry.io/docs/specs/otel/common/instrumentation-scope/ */
export const scope = { name: "@tenantry/adapters-telemetry-otlp", version: "0.1.0" } as const;

/** Ids, times, counts and the objects around them. */
const bareSpanBytes = 800;
const eventBytes = 400;

/**
 * What the exporter's encoder reads of a span. A success leaves the status unset, as the conventions ask:
 * https://opentelemetry.io/docs/specs/semconv/general/recording-errors/
 */
export function toSpan(ended: EndedSpan, resource: Resource): QueuedSpan {
  const { place, timer, elapsedMs, attributes, failure } = ended;
  const endTime = hrTimeOf(timer.after(elapsedMs));
  const span: ReadableSpan = {
    name: ended.name,
    kind: ended.kind,
    spanContext: () => place.span,
    ...(place.parent === null ? {} : { parentSpanContext: place.parent }),
    startTime: hrTimeOf(timer.startedAt),
    endTime,
    duration: [Math.floor(elapsedMs / 1_000), Math.round((elapsedMs % 1_000) * 1_000_000)],
    status: failure === null ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: failure },
    attributes: attributes.values,
    events: ended.events.map((event) => ({ ...event, time: endTime })),
    links: [],
    ended: true,
    resource,
    instrumentationScope: scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
  const bytes =
    bareSpanBytes +
    attributes.bytes +
    2 * (ended.name.length + (failure ?? "").length) +
    eventBytes * ended.events.length;
  return { span, bytes };
}

/** Seconds and nanoseconds of a decimal text of nanoseconds. */
function hrTimeOf(nanos: string): HrTime {
  return [Number(nanos.slice(0, -9)), Number(nanos.slice(-9))];
}
