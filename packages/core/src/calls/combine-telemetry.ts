import { type Log, silentLog } from "../ports/log.port.ts";
import type { AttemptSpan, CallSpan, Telemetry } from "../ports/telemetry.port.ts";
import { guardTelemetry } from "./guard-telemetry.ts";
import { noTelemetry } from "./no-telemetry.ts";

/**
 * Several telemetries as one: each hears of every call. One that throws is logged once and keeps no other from hearing.
 *
 * Within an attempt's work the span of the first is the innermost, and so the active one: its ids are those that the work
 * passes on. `flush` and `close` run side by side under the one deadline, and `counts` are sums: a span that goes to two
 * platforms counts twice.
 */
export function combineTelemetry(telemetries: readonly Telemetry[], log: Log = silentLog): Telemetry {
  const [only] = telemetries;
  if (only === undefined) return noTelemetry;
  if (telemetries.length === 1) return only;
  const all = telemetries.map((telemetry) => guardTelemetry(telemetry, log));
  return {
    startCall: (start) => combineCalls(all.map((telemetry) => telemetry.startCall(start))),
    flush: async (deadlineMs) => await settled(all.map((telemetry) => telemetry.flush(deadlineMs))),
    close: async (deadlineMs) => await settled(all.map((telemetry) => telemetry.close(deadlineMs))),
    counts: () => {
      const counts = all.map((telemetry) => telemetry.counts());
      const sum = (name: "sent" | "dropped" | "queued"): number =>
        counts.reduce((total, count) => total + count[name], 0);
      return { sent: sum("sent"), dropped: sum("dropped"), queued: sum("queued") };
    },
  };
}

function combineCalls(calls: readonly CallSpan[]): CallSpan {
  return {
    startAttempt: (start) => combineAttempts(calls.map((call) => call.startAttempt(start))),
    end: (end) => calls.forEach((call) => call.end(end)),
    deny: (refusal) => calls.forEach((call) => call.deny(refusal)),
  };
}

function combineAttempts(attempts: readonly AttemptSpan[]): AttemptSpan {
  return {
    within: (work) => attempts.reduce((inner, attempt) => () => attempt.within(inner), work)(),
    end: (end) => attempts.forEach((attempt) => attempt.end(end)),
  };
}

/** `flush` and `close` never reject; one that does all the same must not hide that the others are done. */
async function settled(all: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(all);
}
