/**
 * Tags of the fields that are read: number × 8 + how it is written (0 varint, 1 eight bytes, 2 length and bytes).
 * Others, and these written otherwise, are skipped.
 * https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
 */
export const requestTags = { resourceSpans: 10 } as const;
export const resourceSpansTags = { resource: 10, scopeSpans: 18 } as const;
export const scopeSpansTags = { scope: 10, spans: 18 } as const;
export const resourceTags = { attributes: 10 } as const;
export const scopeTags = { name: 10 } as const;
export const spanTags = {
  traceId: 10,
  spanId: 18,
  parentSpanId: 34,
  name: 42,
  kind: 48,
  startTime: 57,
  endTime: 65,
  attributes: 74,
  events: 90,
  droppedEvents: 96,
  status: 122,
} as const;
export const eventTags = { time: 9, name: 18 } as const;
export const statusTags = { code: 24 } as const;
export const keyValueTags = { key: 10, value: 18 } as const;
export const anyValueTags = { text: 10, flag: 16, whole: 24, double: 33, list: 42 } as const;
export const arrayValueTags = { values: 10 } as const;
