import { readFileSync } from "node:fs";
import type { CancelSignal, Clock } from "@tenantry/core";

/** Node keeps a timer's delay in 31 bits and turns a longer one into 1 ms: https://nodejs.org/api/timers.html. */
const longestTimerMs = 2 ** 31 - 1;

/** The machine's clock. Sleeps of any length; a pending sleep keeps the process alive. */
export function createSystemClock(): Clock {
  return {
    now: () => Date.now(),
    ...sinceBoot(),
    monotonicMs: () => performance.now(),
    sleep: (ms, signal) => sleepUntil(performance.now() + ms, signal),
  };
}

/**
 * Linux names each start of the machine (https://man7.org/linux/man-pages/man4/random.4.html), and Node's high-resolution
 * time is its CLOCK_MONOTONIC, which all processes share. Elsewhere there is nothing to tell two starts apart by.
 */
function sinceBoot(): Pick<Clock, "sinceBoot"> {
  try {
    const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return bootId === "" ? {} : { sinceBoot: { bootId, ms: () => Number(process.hrtime.bigint()) / 1e6 } };
  } catch {
    return {};
  }
}

function sleepUntil(dueMs: number, signal: CancelSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    let timer: NodeJS.Timeout;
    const cancel = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", cancel);
      reject(signal?.reason);
    };
    const wait = (): void => {
      // Timers may fire a fraction of a millisecond early, and long sleeps take several: so look again.
      const leftMs = Math.min(Math.ceil(dueMs - performance.now()), longestTimerMs);
      timer = setTimeout(
        () => {
          if (performance.now() < dueMs) {
            wait();
            return;
          }
          signal?.removeEventListener("abort", cancel);
          resolve();
        },
        Math.max(leftMs, 0),
      );
    };
    wait();
    signal?.addEventListener("abort", cancel, { once: true });
  });
}
