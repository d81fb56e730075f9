import type { KnownAttribute } from "./known-attributes.ts";

/** What we keep of an attribute's value: lists of texts only, and no maps or bytes. */
export type AttributeValue = string | number | boolean | readonly string[];

/** Items of a list that are read: more than any dialect has. */
export const maxListed = 16;

/** The attributes some dialect knows. What is not on that list is never read, content least of all (R10). */
export type Attributes = ReadonlyMap<KnownAttribute, AttributeValue>;

/** A span as either encoding tells it, before anything is made of it. */
export interface DecodedSpan {
  /** 32 lower-case hex digits; empty where what was sent is no id. */
  readonly traceId: string;
  /** 16 lower-case hex digits; empty where what was sent is no id. */
  readonly spanId: string;
  /** 16 lower-case hex digits; null for a root, empty where what was sent is no id. */
  readonly parentSpanId: string | null;
  readonly name: string;
  /** Number of the kind, 0 for unspecified. */
  readonly kind: number;
  /** Whole ms since 1970; 0 where none was sent. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** 0 unset, 1 ok, 2 error. */
  readonly status: number;
  readonly attributes: Attributes;
  /** When the first event that stands for a piece of the answer was; null where none is known. */
  readonly firstChunkAt: number | null;
}

/** Takes what a decoder finds, in the order in which it is written. */
export interface SpanSink {
  /** What the next scopes belong to. */
  resource(attributes: Attributes): void;
  /** What made the next spans. */
  scope(name: string | null): void;
  span(span: DecodedSpan): void;
  /** One that cannot be read. `reason` is one of a closed list. */
  refuse(reason: string, spans?: number): void;
  /** Whether another span may be read. */
  hasRoom(): boolean;
}
