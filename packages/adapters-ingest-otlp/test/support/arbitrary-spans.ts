import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import fc from "fast-check";
import { knownAttributes } from "../../src/known-attributes.ts";

const hex = (digits: number): fc.Arbitrary<string> =>
  fc.bigInt(1n, 2n ** BigInt(4 * digits) - 1n).map((value) => value.toString(16).padStart(digits, "0"));

const values = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 30 }),
  fc.constantFrom("openai", "anthropic", "gpt-4o", "chat", "LLM", "GENERATION", "stop", "429", "ai.embed", "netra"),
  fc.nat({ max: 5_000 }),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.array(fc.string({ maxLength: 8 }), { maxLength: 20 }),
  fc.constant('[{"model":"gpt-4o","usage_type":"input","units_used":5,"cost_in_usd":0.1}]'),
  fc.constant('{"tenant_id":"t","user_id":5}'),
);

const attributes = fc.dictionary(
  fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...knownAttributes) }, fc.string({ maxLength: 20 })),
  values,
  { maxKeys: 30, noNullPrototype: true },
);

/** Times that both encodings can say: whole seconds and nanoseconds. */
const time = fc.tuple(fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 0, max: 999_999_999 }));

const eventNames = fc.constantFrom("exception", "llm.content.completion.chunk", "ai.stream.firstChunk", "other");

/** Spans as an SDK hands them to its exporter, with attributes that dialects know, of the right types and of wrong ones. */
export const arbitrarySpan: fc.Arbitrary<ReadableSpan> = fc
  .record({
    traceId: hex(32),
    spanId: hex(16),
    parent: fc.option(hex(16)),
    name: fc.string({ maxLength: 30 }),
    kind: fc.constantFrom(SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER),
    code: fc.constantFrom(SpanStatusCode.UNSET, SpanStatusCode.OK, SpanStatusCode.ERROR),
    startTime: time,
    endTime: time,
    attributes,
    events: fc.array(fc.record({ name: eventNames, time }), { maxLength: 4 }),
    dropped: fc.constantFrom(0, 0, 3),
    scope: fc.constantFrom("lib", "netra", "@traceloop/instrumentation-anthropic", "com.anthropic.sdk.typescript", ""),
  })
  .map(({ traceId, spanId, parent, code, dropped, scope, events, ...span }) => {
    const context = { traceId, spanId, traceFlags: 1 };
    const parentOf = parent === null ? {} : { parentSpanContext: { ...context, spanId: parent } };
    return {
      ...span,
      ...parentOf,
      spanContext: () => context,
      status: { code },
      events: events.map((event) => ({ ...event, attributes: {}, droppedAttributesCount: 0 })),
      links: [],
      duration: [0, 0],
      ended: true,
      resource: { attributes: { "service.name": "shop", "tenant.id": "everybody" } },
      instrumentationScope: { name: scope, version: "1" },
      droppedAttributesCount: 0,
      droppedEventsCount: dropped,
      droppedLinksCount: 0,
    } as unknown as ReadableSpan;
  });
