export { createNetraTelemetry } from "./netra-telemetry.ts";
export type { NetraTelemetryOptions } from "./settings.ts";
export type { ExportAnswer, ExportRequest, SendRequest } from "@tenantry/otlp-delivery";
export { createNetraUsage } from "./usage/netra-usage.ts";
export type { NetraUsageOptions } from "./usage/netra-usage.ts";
export { createNetraSdkTelemetry } from "./sdk/netra-sdk-telemetry.ts";
export type { NetraSdkTelemetryOptions } from "./sdk/sdk-options.ts";
export type { NetraSdk, NetraSdkSpan } from "./sdk/netra-sdk.ts";
