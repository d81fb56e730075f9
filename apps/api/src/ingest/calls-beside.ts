import type { Clock } from "@tenantry/core";
import type { Gate } from "../operations/gate.ts";

/** Whether calls go through the gateway: none lately, one may come at any moment, or some are under way. */
export type CallsBeside = "none" | "expected" | "under-way";

/** After a call, the next one is expected for so long. */
const expectedMs = 1_000;

/** Knows of the calls that came since it was asked last. */
export function createCallsBeside(
  gate: Pick<Gate, "inFlight" | "entered">,
  clock: Pick<Clock, "monotonicMs">,
): () => CallsBeside {
  let entered = gate.entered();
  let lastMs = Number.NEGATIVE_INFINITY;
  return () => {
    const nowMs = clock.monotonicMs();
    const isUnderWay = gate.inFlight() > 0;
    if (isUnderWay || gate.entered() !== entered) lastMs = nowMs;
    entered = gate.entered();
    return isUnderWay ? "under-way" : nowMs - lastMs < expectedMs ? "expected" : "none";
  };
}
