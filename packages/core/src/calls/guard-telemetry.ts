import { TenantryError } from "../errors/tenantry-error.ts";
import type { Log } from "../ports/log.port.ts";
import type { AttemptSpan, AttemptStart, CallSpan, Telemetry } from "../ports/telemetry.port.ts";
import { noTelemetry } from "./no-telemetry.ts";

/** Telemetry never changes a result (R9), not even when its adapter has a bug: what it throws is logged, once. */
export function guardTelemetry(telemetry: Telemetry, log: Log): Telemetry {
  let reported = false;
  const report = (error: unknown): void => {
    if (!reported) log.error("telemetry-failed", { reason: TenantryError.from(error).message });
    reported = true;
  };
  const guard = <Result>(work: () => Result, fallback: Result): Result => {
    try {
      return work();
    } catch (error) {
      report(error);
      return fallback;
    }
  };
  const guardAttempt = (span: AttemptSpan): AttemptSpan => ({
    within(work) {
      // The work runs once, whatever telemetry does before or after it, and only its own failure passes.
      let run: (() => ReturnType<typeof work>) | null = null;
      const once = (): ReturnType<typeof work> => {
        try {
          const result = work();
          run = () => result;
          return result;
        } catch (error) {
          run = () => {
            throw error;
          };
          throw error;
        }
      };
      try {
        span.within(once);
      } catch (error) {
        if (run === null) report(error);
      }
      return (run ?? work)();
    },
    end: (end) => guard(() => span.end(end), undefined),
  });
  const guardCall = (span: CallSpan): CallSpan => ({
    startAttempt: (start: AttemptStart) => guard(() => guardAttempt(span.startAttempt(start)), noAttemptSpan),
    end: (end) => guard(() => span.end(end), undefined),
    deny: (denial) => guard(() => span.deny(denial), undefined),
  });
  return {
    startCall: (start) => guard(() => guardCall(telemetry.startCall(start)), noTelemetry.startCall(start)),
    flush: async (deadlineMs) => await telemetry.flush(deadlineMs),
    close: async (deadlineMs) => await telemetry.close(deadlineMs),
    counts: () => telemetry.counts(),
  };
}

const noAttemptSpan: AttemptSpan = { within: (work) => work(), end: () => {} };
