import type { Span } from "@opentelemetry/api";

/**
 * What is used of `netra-sdk` 1.8: its class `Netra`, handed over after `await Netra.init(…)`. Nothing of it is imported
 * here, and none of its process-wide setters (`setTenantId`, `setSessionId`, `setUserId`) is ever called.
 */
export interface NetraSdk {
  isInitialized(): boolean;
  /** Settings in force after `init`. */
  getConfig(): { readonly traceContent?: boolean };
  /** Starts a span below the one that is active. */
  startSpan(name: string): NetraSdkSpan;
}

/** The span that `startSpan` gives. */
export interface NetraSdkSpan {
  setError(message: string): unknown;
  /** Writes status and duration, and ends the span. */
  end(): unknown;
  /** The span of OpenTelemetry below it. */
  getCurrentSpan(): Span | undefined;
}
