/** A span ready to be sent. */
export interface EncodedSpan {
  /** The instrumentation scope as JSON text. */
  readonly scope: string;
  /**
   * The span as OTLP JSON text. Bytes and not a string: what waits for its batch would be copied by the garbage collector
   * again and again.
   */
  readonly json: Uint8Array;
}

/** First in, first out, bounded in spans and in bytes. */
export interface SpanQueue {
  /** False when there is no room. */
  add(span: EncodedSpan): boolean;
  /** The oldest spans: at most `maxSpans`, and fewer when they would exceed `maxBytes`. Leaves them in. */
  peek(maxSpans: number, maxBytes: number): readonly EncodedSpan[];
  /** Removes the oldest `count`. */
  remove(count: number): void;
  size(): number;
}

export function createSpanQueue(maxSpans: number, maxBytes: number): SpanQueue {
  let spans: EncodedSpan[] = [];
  let bytesQueued = 0;
  return {
    add: (span) => {
      const { length } = span.json;
      if (spans.length >= maxSpans || bytesQueued + length > maxBytes) return false;
      spans.push(span);
      bytesQueued += length;
      return true;
    },
    peek: (most, mostBytes) => {
      const taken: EncodedSpan[] = [];
      let total = 0;
      for (const span of spans) {
        total += span.json.length;
        if (taken.length === most || (taken.length > 0 && total > mostBytes)) break;
        taken.push(span);
      }
      return taken;
    },
    remove: (count) => {
      for (const { json } of spans.slice(0, count)) bytesQueued -= json.length;
      spans = spans.slice(count);
    },
    size: () => spans.length,
  };
}
