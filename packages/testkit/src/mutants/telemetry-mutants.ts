import type { Mutant } from "../contract.ts";
import type { TelemetrySubject } from "../telemetry-subject.ts";
import { openReferenceTelemetry, type TelemetryFault } from "./telemetry-reference.ts";

const kills: Readonly<Record<TelemetryFault, readonly string[]>> = {
  "attempts are roots": ["T1", "T2"],
  "ids are global": ["T2"],
  "user falls back to the last one seen": ["T2"],
  "within does nothing": ["T3", "T4"],
  "within ends at the first await": ["T4"],
  "within is never left": ["T5"],
  "within wraps its result": ["T6"],
  "within skips work of an ended attempt": ["T6"],
  "ignores traceparent": ["T7"],
  "trusts any traceparent": ["T7"],
  "throws on bad values": ["T8"],
  "a bad span spoils the next": ["T8"],
  "ends twice": ["T9"],
  "last end wins": ["T9"],
  "flush does nothing": ["T10"],
  "flush waits for open calls": ["T10"],
  "flush has no deadline": ["T11"],
  "drops on failure": ["T12"],
  "sends again after a failure that arrived": ["T12"],
  "queue has no bound": ["T13"],
  "drops in silence": ["T13"],
  "close does not deliver": ["T14"],
  "close counts ended spans as sent": ["T14"],
  "close has no deadline": ["T15"],
  "close forgets the rest": ["T15"],
  "cost is a float": ["T16"],
  "cost on attempts too": ["T16"],
  "tokens on the call too": ["T16"],
  "unknown cost is zero": ["T17"],
  "unknown usage is zero": ["T17"],
  "denials are not seen": ["T18"],
};

/** Wrong implementations of `Telemetry`, each with one fault seen in the field or easily made. */
export const telemetryMutants: readonly Mutant<TelemetrySubject>[] = (
  Object.entries(kills) as [TelemetryFault, readonly string[]][]
).map(([fault, rules]) => ({ name: fault, open: () => openReferenceTelemetry(fault), kills: rules }));
