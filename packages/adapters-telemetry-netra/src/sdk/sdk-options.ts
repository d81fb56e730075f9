import { type Issue, TenantryError } from "@tenantry/core";
import type { NetraSdk } from "./netra-sdk.ts";
import { sharesContext } from "./sdk-context.ts";
import { findForceFlush } from "./sdk-delivery.ts";

export interface NetraSdkTelemetryOptions {
  /** The class `Netra` of `netra-sdk`, after `await Netra.init(…)`. */
  readonly netra: NetraSdk;
  /** Most spans open or not yet delivered, 1–100,000. Default 2,048, which is what the SDK itself keeps. */
  readonly maxQueue?: number;
  /** Longest time an ended span waits until the SDK is asked to send it, ms, 1–60,000. Default 1,000. */
  readonly flushIntervalMs?: number;
  /** Applied to prompts, answers and providers' error messages, before the SDK's own scrubbing. */
  readonly scrub?: (text: string) => string;
}

/** Options with defaults applied, checked against the process they are in. */
export interface SdkSettings {
  readonly netra: NetraSdk;
  readonly maxQueue: number;
  readonly flushIntervalMs: number;
  /** The SDK's own switch; a tier's stands before it. */
  readonly traceContent: boolean;
  readonly scrub: (text: string) => string;
  readonly forceFlush: () => Promise<void>;
}

/** @throws TenantryError `invalid_configuration` with every problem and the option it is in. */
export function readSdkSettings(options: NetraSdkTelemetryOptions): SdkSettings {
  const { netra, scrub = (text: string) => text } = options;
  const issues: Issue[] = [];
  const integer = (name: "maxQueue" | "flushIntervalMs", fallback: number, max: number): number => {
    const value = options[name] ?? fallback;
    if (Number.isInteger(value) && value >= 1 && value <= max) return value;
    issues.push({ path: name, message: `must be a whole number from 1 to ${max}` });
    return fallback;
  };
  const maxQueue = integer("maxQueue", 2_048, 100_000);
  const flushIntervalMs = integer("flushIntervalMs", 1_000, 60_000);
  const forceFlush = findForceFlush();
  const problem = sdkProblem(netra, forceFlush);
  if (problem !== null) issues.push({ path: "netra", message: problem });
  if (issues.length > 0 || forceFlush === null) throw TenantryError.invalidConfiguration(issues);
  const traceContent = netra.getConfig().traceContent !== false;
  return { netra, maxQueue, flushIntervalMs, traceContent, scrub, forceFlush };
}

function sdkProblem(netra: NetraSdk, forceFlush: unknown): string | null {
  if (typeof netra?.isInitialized !== "function" || typeof netra.startSpan !== "function") {
    return "must be the class Netra of netra-sdk";
  }
  if (!netra.isInitialized()) return "is not initialised: `await Netra.init(…)` comes first";
  if (forceFlush !== null && sharesContext()) return null;
  return "is out of reach: netra-sdk and this package must find the same @opentelemetry/api (`npm ls @opentelemetry/api`)";
}
