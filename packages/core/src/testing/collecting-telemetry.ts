import type {
  AttemptEnd,
  AttemptSpan,
  AttemptStart,
  CallEnd,
  CallSpan,
  CallStart,
  Telemetry,
  CallRefusal,
} from "../ports/telemetry.port.ts";

/** Where a span is: its own ids, and the span above it. */
export interface CollectedPlace {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits, counted up from 1. */
  readonly spanId: string;
  /** Null for the root of a trace. */
  readonly parentSpanId: string | null;
}

export interface CollectedAttempt {
  readonly place: CollectedPlace;
  readonly start: AttemptStart;
  /** Null while it runs, and when it ended after `close`. */
  end: AttemptEnd | null;
}

export interface CollectedCall {
  readonly place: CollectedPlace;
  readonly start: CallStart;
  /** Null while it runs, and for a denied call. */
  end: CallEnd | null;
  denial: CallRefusal | null;
  readonly attempts: CollectedAttempt[];
}

/** A double of `Telemetry` that keeps what it saw, for assertions. */
export interface CollectingTelemetry extends Telemetry {
  /** In the order they started. */
  readonly calls: readonly CollectedCall[];
}

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}$/;

/**
 * Telemetry that delivers nowhere: every ended span counts as sent at once. `within` nests only what starts before the
 * first await inside it, because core knows no asynchronous context.
 */
export function createCollectingTelemetry(): CollectingTelemetry {
  const calls: CollectedCall[] = [];
  const active: CollectedPlace[] = [];
  let lastSpan = 0;
  let sent = 0;
  let dropped = 0;
  let closed = false;

  /** Keeps the first end of a span, and nothing once closed. */
  function onceUntilClosed(): (keep: () => void) => void {
    let over = false;
    return (keep) => {
      if (over) return;
      over = true;
      if (closed) {
        dropped++;
        return;
      }
      keep();
      sent++;
    };
  }

  function placeOf(traceId: string | null, parentSpanId: string | null): CollectedPlace {
    lastSpan++;
    const spanId = lastSpan.toString(16).padStart(16, "0");
    return { traceId: traceId ?? spanId.padStart(32, "0"), spanId, parentSpanId };
  }

  function startAttempt(call: CollectedCall, start: AttemptStart): AttemptSpan {
    const place = placeOf(call.place.traceId, call.place.spanId);
    const attempt: CollectedAttempt = { place, start, end: null };
    call.attempts.push(attempt);
    const finish = onceUntilClosed();
    return {
      within: (work) => {
        active.push(place);
        try {
          return work();
        } finally {
          active.pop();
        }
      },
      end: (end) => finish(() => void (attempt.end = end)),
    };
  }

  function startCall(start: CallStart): CallSpan {
    const remote = TRACEPARENT.exec(start.traceparent ?? "");
    const above = active.at(-1);
    const place = placeOf(remote?.[1] ?? above?.traceId ?? null, remote?.[2] ?? above?.spanId ?? null);
    const call: CollectedCall = { place, start, end: null, denial: null, attempts: [] };
    calls.push(call);
    const finish = onceUntilClosed();
    return {
      startAttempt: (attempt) => startAttempt(call, attempt),
      end: (end) => finish(() => void (call.end = end)),
      deny: (denial) => finish(() => void (call.denial = denial)),
    };
  }

  return {
    calls,
    startCall,
    flush: () => Promise.resolve(),
    close: () => {
      closed = true;
      return Promise.resolve();
    },
    counts: () => ({ sent, dropped, queued: 0 }),
  };
}
