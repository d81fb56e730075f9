export { createOtlpTelemetry } from "./otlp-telemetry.ts";
export { conventions, compressions, protocols, temporalities } from "./settings.ts";
export type {
  Compression,
  Conventions,
  OtlpProvider,
  OtlpTelemetryOptions,
  Protocol,
  Temporality,
} from "./settings.ts";
