import type { Issue } from "@tenantry/core";
import type { SendRequest } from "./send-request.ts";

/** What a user may set of delivery. */
export interface DeliveryOptions {
  /** Most spans waiting for delivery, 1–1,000,000. Default 8,192. */
  readonly maxQueue?: number;
  /** Most bytes of spans waiting for delivery. Default 32 MiB. */
  readonly maxQueueBytes?: number;
  /** Most spans in a request, 1–10,000. Default 512. */
  readonly maxBatch?: number;
  /** Longest time a span waits for its batch to fill, ms. Default 5,000. */
  readonly flushIntervalMs?: number;
  /** Time limit of one request, ms. Default 10,000. */
  readonly requestTimeoutMs?: number;
  /** First pause after a failed request, ms; doubles up to 30 times itself. Default 1,000. */
  readonly retryDelayMs?: number;
  /** Sends one request; for tests and proxies. Default: Node's HTTP client with a keep-alive connection of its own. */
  readonly request?: SendRequest;
}

/** Bounds and times of delivery, checked; see `DeliveryOptions`. */
export interface DeliverySettings {
  readonly maxQueue: number;
  readonly maxQueueBytes: number;
  readonly maxBatch: number;
  /** A batch ends before this size, unless its first item alone is larger. */
  readonly maxBatchBytes: number;
  readonly flushIntervalMs: number;
  readonly requestTimeoutMs: number;
  readonly retryDelayMs: number;
  /** Requests that carry one batch before it is given up, when the collector answers 5xx to each. */
  readonly maxTries: number;
}

/** Options with their defaults. What is wrong goes into `issues`, with the option's name. */
export function readDeliveryOptions(options: DeliveryOptions, issues: Issue[]): DeliverySettings {
  const integer = (name: Exclude<keyof DeliveryOptions, "request">, ifAbsent: number, from: number, to: number) =>
    readInteger(options[name] ?? ifAbsent, { name, from, to }, issues) ?? ifAbsent;
  return {
    maxQueue: integer("maxQueue", 8_192, 1, 1_000_000),
    maxQueueBytes: integer("maxQueueBytes", 32 * 2 ** 20, 1_024, 2 ** 30),
    maxBatch: integer("maxBatch", 512, 1, 10_000),
    maxBatchBytes: 4 * 2 ** 20,
    flushIntervalMs: integer("flushIntervalMs", 5_000, 1, 3_600_000),
    requestTimeoutMs: integer("requestTimeoutMs", 10_000, 1, 600_000),
    retryDelayMs: integer("retryDelayMs", 1_000, 1, 60_000),
    maxTries: 10,
  };
}

/** The value, or null and an issue when it is not a whole number in the range. */
export function readInteger(
  value: number,
  { name, from, to }: { readonly name: string; readonly from: number; readonly to: number },
  issues: Issue[],
): number | null {
  if (Number.isInteger(value) && value >= from && value <= to) return value;
  issues.push({ path: name, message: `must be a whole number from ${from} to ${to}` });
  return null;
}
