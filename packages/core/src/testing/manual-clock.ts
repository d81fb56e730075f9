import type { CancelSignal } from "../ports/cancel-signal.ts";
import type { Clock } from "../ports/clock.port.ts";
import type { Instant } from "../time/instant.ts";

/** A clock that moves only when told to. */
export interface ManualClock extends Clock {
  /**
   * Moves wall and monotonic time on by `ms` (≥ 0), stopping at every sleep that ends on the way, so that what it
   * wakes may sleep again within the same advance. Without sleepers time has moved when the call returns.
   */
  advance(ms: number): Promise<void>;
  /** Steps the wall clock to an instant, either way; the monotonic clock does not notice. */
  setWall(instant: Instant): void;
  /** How many sleeps have not ended. */
  sleeping(): number;
}

interface Sleeper {
  readonly dueMs: number;
  wake(): void;
}

/** Enough turns of the microtask queue for what was woken to reach its next wait. */
const settlingTurns = 25;

/** A manual clock; `now` defaults to 2026-01-15T12:00:00Z. */
export function createManualClock(options: { readonly now?: Instant } = {}): ManualClock {
  let wall = options.now ?? Date.UTC(2026, 0, 15, 12);
  let monotonic = 0;
  const sleepers = new Set<Sleeper>();

  const moveTo = (ms: number): void => {
    wall += ms - monotonic;
    monotonic = ms;
  };
  const nextDue = (endMs: number): Sleeper | undefined => {
    let next: Sleeper | undefined;
    for (const sleeper of sleepers) {
      if (sleeper.dueMs <= endMs && (next === undefined || sleeper.dueMs < next.dueMs)) next = sleeper;
    }
    return next;
  };
  return {
    now: () => Math.floor(wall),
    sinceBoot: { bootId: "manual", ms: () => monotonic },
    monotonicMs: () => monotonic,
    sleep: (ms, signal) => sleepUntil(sleepers, monotonic + ms, ms <= 0, signal),
    async advance(ms) {
      if (!(ms >= 0)) throw new RangeError(`a clock is advanced by 0 ms or more, not ${ms}`);
      const endMs = monotonic + ms;
      for (let next = nextDue(endMs); next !== undefined; next = nextDue(endMs)) {
        moveTo(next.dueMs);
        next.wake();
        await settle();
      }
      moveTo(endMs);
      await settle();
    },
    setWall(instant) {
      wall = instant;
    },
    sleeping: () => sleepers.size,
  };
}

function sleepUntil(
  sleepers: Set<Sleeper>,
  dueMs: number,
  isOver: boolean,
  signal: CancelSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    if (isOver) {
      resolve();
      return;
    }
    const end = (): void => {
      sleepers.delete(sleeper);
      signal?.removeEventListener("abort", cancel);
    };
    const cancel = (): void => {
      end();
      reject(signal?.reason);
    };
    const sleeper: Sleeper = {
      dueMs,
      wake: () => {
        end();
        resolve();
      },
    };
    sleepers.add(sleeper);
    signal?.addEventListener("abort", cancel, { once: true });
  });
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < settlingTurns; turn += 1) await Promise.resolve();
}
