export { createOtlpTelemetry } from "./otlp-telemetry.ts";
export type {
  Compression,
  Conventions,
  OtlpProvider,
  OtlpTelemetryOptions,
  Protocol,
  Temporality,
} from "./settings.ts";
