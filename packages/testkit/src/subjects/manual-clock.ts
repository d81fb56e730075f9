import { createManualClock } from "@tenantry/core/testing";
import type { ClockSubject } from "../clock.contract.ts";
import type { Opened } from "../contract.ts";

/** The manual clock as a subject. */
export function openManualClock(): Opened<ClockSubject> {
  const clock = createManualClock();
  return { subject: { clock, pass: (ms) => clock.advance(ms), timers: () => clock.sleeping() }, close: () => {} };
}
