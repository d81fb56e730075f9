import type { Clock } from "@tenantry/core";
import { createManualClock, type ManualClock } from "@tenantry/core/testing";
import type { ClockSubject } from "../clock.contract.ts";
import type { Opened } from "../contract.ts";

/** The manual clock as a subject; `change` may replace parts of it. */
export function openManualClock(change: (clock: ManualClock) => Partial<Clock> = () => ({})): Opened<ClockSubject> {
  const manual = createManualClock();
  const clock: Clock = { ...manual, ...change(manual) };
  return { subject: { clock, pass: manual.advance, timers: manual.sleeping }, close: () => {} };
}
