import type { HrTime } from "@opentelemetry/api";
import type { Clock } from "@tenantry/core";

/** The times of one span: its start by the wall clock, all else from there on the monotonic one. */
export interface SpanTimer {
  readonly startedAt: HrTime;
  elapsedMs(): number;
  /** Never before the start. */
  endedAt(): HrTime;
}

export function startTimer(clock: Clock): SpanTimer {
  const wallMs = clock.now();
  const startMs = clock.monotonicMs();
  const elapsedMs = (): number => Math.max(0, clock.monotonicMs() - startMs);
  return { startedAt: toHrTime(wallMs), elapsedMs, endedAt: () => toHrTime(wallMs + elapsedMs()) };
}

/** Given as seconds and nanoseconds, because the SDK reads small numbers as another kind of time. */
function toHrTime(epochMs: number): HrTime {
  const seconds = Math.floor(epochMs / 1_000);
  return [seconds, Math.min(999_999_999, Math.round((epochMs - seconds * 1_000) * 1_000_000))];
}
