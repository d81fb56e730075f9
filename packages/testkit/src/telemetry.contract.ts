import { defineContract, type Contract } from "./contract.ts";
import { deliveryRules } from "./telemetry-delivery-rules.ts";
import { factRules } from "./telemetry-fact-rules.ts";
import type { TelemetrySubject } from "./telemetry-subject.ts";
import { traceRules } from "./telemetry-trace-rules.ts";

/** The rules of `Telemetry`. Against a real collector where the implementation has one. */
export const telemetryContract: Contract<TelemetrySubject> = defineContract<TelemetrySubject>("Telemetry", [
  ...traceRules,
  ...deliveryRules,
  ...factRules,
]);
