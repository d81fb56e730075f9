import type { Clock, Log, LogFields } from "@tenantry/core";

export interface ThrottledLog {
  warn(event: string, fields: LogFields): void;
  error(event: string, fields: LogFields): void;
}

const quietMs = 60_000;
/** Reasons are few; this bounds them all the same. */
const maxKinds = 100;

/**
 * One entry a minute for each event and reason, with how many were `suppressed` since: a platform that is down all
 * night must not fill the disk. Never throws.
 */
export function createThrottledLog(log: Log, clock: Clock): ThrottledLog {
  const seen = new Map<string, { atMs: number; suppressed: number }>();

  function write(level: "warn" | "error", event: string, fields: LogFields): void {
    try {
      const kind = `${event} ${String(fields["reason"] ?? "")}`;
      const nowMs = clock.monotonicMs();
      const last = seen.get(kind);
      if (last !== undefined && nowMs - last.atMs < quietMs) {
        last.suppressed++;
        return;
      }
      if (seen.size >= maxKinds) seen.clear();
      seen.set(kind, { atMs: nowMs, suppressed: 0 });
      log[level](event, { ...fields, suppressed: last?.suppressed ?? 0 });
    } catch {
      // A log that fails must not fail a call (R9).
    }
  }

  return {
    warn: (event, fields) => write("warn", event, fields),
    error: (event, fields) => write("error", event, fields),
  };
}
