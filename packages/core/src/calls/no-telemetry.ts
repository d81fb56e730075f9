import type { AttemptSpan, CallSpan, Telemetry } from "../ports/telemetry.port.ts";

const attemptSpan: AttemptSpan = { within: (work) => work(), end: () => {} };
const callSpan: CallSpan = { startAttempt: () => attemptSpan, end: () => {}, deny: () => {} };

/** Watches nothing: for programs without a telemetry platform. `within` still runs its work. */
export const noTelemetry: Telemetry = {
  startCall: () => callSpan,
  flush: () => Promise.resolve(),
  close: () => Promise.resolve(),
  counts: () => ({ sent: 0, dropped: 0, queued: 0 }),
};
