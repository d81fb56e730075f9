/** Bounds and times of delivery; see `NetraTelemetryOptions`. */
export interface DeliverySettings {
  readonly maxQueue: number;
  readonly maxQueueBytes: number;
  readonly maxBatch: number;
  /** A batch ends before this size, unless its first span alone is larger. */
  readonly maxBatchBytes: number;
  readonly flushIntervalMs: number;
  readonly requestTimeoutMs: number;
  readonly retryDelayMs: number;
  /** Requests that carry one batch before it is given up, when the collector answers 5xx to each. */
  readonly maxTries: number;
}

export const deliveryDefaults: DeliverySettings = {
  maxQueue: 8_192,
  maxQueueBytes: 32 * 2 ** 20,
  maxBatch: 512,
  maxBatchBytes: 4 * 2 ** 20,
  flushIntervalMs: 5_000,
  requestTimeoutMs: 10_000,
  retryDelayMs: 1_000,
  maxTries: 10,
};
