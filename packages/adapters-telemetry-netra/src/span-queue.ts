/** A span ready to be sent. */
export interface EncodedSpan {
  /** The instrumentation scope as JSON text. */
  readonly scope: string;
  /** The span as OTLP JSON text. */
  readonly json: string;
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
  let spans: { span: EncodedSpan; bytes: number }[] = [];
  let bytesQueued = 0;
  return {
    add: (span) => {
      // Measuring also flattens the text, so that what is kept is what was measured.
      const bytes = Buffer.byteLength(span.json, "utf8");
      if (spans.length >= maxSpans || bytesQueued + bytes > maxBytes) return false;
      spans.push({ span, bytes });
      bytesQueued += bytes;
      return true;
    },
    peek: (most, mostBytes) => {
      const taken: EncodedSpan[] = [];
      let total = 0;
      for (const { span, bytes } of spans) {
        total += bytes;
        if (taken.length === most || (taken.length > 0 && total > mostBytes)) break;
        taken.push(span);
      }
      return taken;
    },
    remove: (count) => {
      for (const { bytes } of spans.slice(0, count)) bytesQueued -= bytes;
      spans = spans.slice(count);
    },
    size: () => spans.length,
  };
}
