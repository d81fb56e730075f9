import type { Clock } from "@tenantry/core";
import type { ManualClock } from "@tenantry/core/testing";
import type { ClockSubject } from "../clock.contract.ts";
import type { Mutant } from "../contract.ts";
import { openManualClock } from "../subjects/manual-clock.ts";

function mutant(
  name: string,
  kills: readonly string[],
  change: (clock: ManualClock) => Partial<Clock>,
): Mutant<ClockSubject> {
  return { name, kills, open: () => openManualClock(change) };
}

/** Clocks that break the contract. */
export const clockMutants: readonly Mutant<ClockSubject>[] = [
  mutant("tells seconds", ["C1"], (clock) => ({ now: () => Math.floor(clock.now() / 1_000) })),
  mutant("tells fractions", ["C1"], (clock) => ({ now: () => clock.now() + 0.25 })),
  mutant("stands still", ["C1", "C2"], () => ({ now: () => Date.UTC(2026, 0), monotonicMs: () => 5 })),
  mutant("measures in seconds", ["C2"], (clock) => ({ monotonicMs: () => clock.monotonicMs() / 1_000 })),
  mutant("goes back a little now and then", ["C2"], (clock) => {
    let reading = 0;
    return {
      monotonicMs() {
        reading += 1;
        return clock.monotonicMs() - (reading % 100 === 0 ? 1 : 0);
      },
    };
  }),
  mutant("counts from its own start backwards", ["C8"], (clock) => ({
    sinceBoot: { bootId: "boot", ms: () => -clock.monotonicMs() },
  })),
  mutant("has a start without a name", ["C8"], (clock) => ({
    sinceBoot: { bootId: "", ms: () => clock.monotonicMs() },
  })),
  mutant("wakes at once", ["C3", "C7"], () => ({ sleep: async () => {} })),
  mutant("oversleeps", ["C3"], (clock) => ({ sleep: async (ms, signal) => await clock.sleep(ms * 100, signal) })),
  mutant("refuses to sleep for nothing", ["C4"], (clock) => ({
    async sleep(ms, signal) {
      if (ms <= 0) throw new RangeError("a sleep takes time");
      await clock.sleep(ms, signal);
    },
  })),
  mutant("never wakes from a sleep of nothing", ["C4"], (clock) => ({
    sleep: async (ms, signal) => await clock.sleep(ms <= 0 ? Infinity : ms, signal),
  })),
  mutant("cannot be woken", ["C5"], (clock) => ({ sleep: async (ms) => await clock.sleep(ms) })),
  mutant("rejects with an error of its own", ["C5"], (clock) => ({
    sleep: async (ms, signal) =>
      await clock.sleep(ms, signal).catch(() => {
        throw new Error("cancelled");
      }),
  })),
  mutant("sleeps on although the signal had fired", ["C5"], (clock) => ({
    sleep: async (ms, signal) => await clock.sleep(ms, signal?.aborted === true ? undefined : signal),
  })),
  mutant("leaves its listeners behind", ["C6"], (clock) => ({
    async sleep(ms, signal) {
      signal?.addEventListener("abort", () => {});
      await clock.sleep(ms, signal);
    },
  })),
  mutant("leaves its timers behind", ["C6"], (clock) => ({
    async sleep(ms, signal) {
      void clock.sleep(ms * 10 + 10_000);
      await clock.sleep(ms, signal);
    },
  })),
  mutant("keeps delays in 31 bits", ["C7"], (clock) => ({
    sleep: async (ms, signal) => await clock.sleep(ms >= 2 ** 31 ? 1 : ms, signal),
  })),
];
