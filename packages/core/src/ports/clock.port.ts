import type { Instant } from "../time/instant.ts";
import type { CancelSignal } from "./cancel-signal.ts";

/** Time since the machine was started. */
export interface SinceBoot {
  /** Another after every start of the machine. */
  readonly bootId: string;
  /** Fractions allowed. */
  ms(): number;
}

/**
 * Time. The only source of "now" in core and in the stores.
 *
 * Concurrency: any number of callers. Nothing here throws, except `sleep` when its signal fires.
 */
export interface Clock {
  /** Wall time, epoch ms (an integer). May jump either way; used for records, periods and windows, never for latency. */
  now(): Instant;
  /**
   * The clock that starts with the machine: all its processes read the same, it never goes back, and nobody sets it.
   * Absent where there is none. A machine that sleeps may stop it meanwhile.
   */
  readonly sinceBoot?: SinceBoot;
  /** Milliseconds from an arbitrary start; never goes back. Fractions allowed. Used for latency and deadlines. */
  monotonicMs(): number;
  /**
   * Resolves after at least `ms` (0 or less: in a later turn). Rejects with the signal's reason as soon as the signal
   * fires, or at once when it already has; no timer is left behind then.
   */
  sleep(ms: number, signal?: CancelSignal): Promise<void>;
}
