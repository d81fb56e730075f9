/** Why a span was not taken. A closed list: what a sender writes never comes back in it. */
export const refusals = {
  notAnObject: "the span is not an object",
  malformed: "the span cannot be decoded",
  traceId: "traceId is not 16 bytes, or all zero",
  spanId: "spanId is not 8 bytes, or all zero",
  parentSpanId: "parentSpanId is not 8 bytes",
  times: "the span has neither a start nor an end time",
  tooMany: "the request has more spans than are read at once",
} as const;
