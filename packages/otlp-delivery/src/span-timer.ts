import type { Clock } from "@tenantry/core";

/** The times of one span: its start by the wall clock, all else from there on the monotonic one. */
export interface SpanTimer {
  /** Nanoseconds, as decimal text. */
  readonly startedAt: string;
  elapsedMs(): number;
  /** So long after the start, in the same form. */
  after(elapsedMs: number): string;
}

export function startTimer(clock: Clock): SpanTimer {
  const wallMs = clock.now();
  const startMs = clock.monotonicMs();
  return {
    startedAt: nanosOf(wallMs),
    elapsedMs: () => Math.max(0, clock.monotonicMs() - startMs),
    after: (elapsedMs) => nanosOf(wallMs + elapsedMs),
  };
}

/** By way of whole milliseconds, because nanoseconds since 1970 are more than a number holds. */
function nanosOf(epochMs: number): string {
  const wholeMs = Math.floor(epochMs);
  const rest = Math.min(999_999, Math.round((epochMs - wholeMs) * 1_000_000));
  return wholeMs === 0 ? String(rest) : `${wholeMs}${String(rest).padStart(6, "0")}`;
}
