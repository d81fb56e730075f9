import { setTimeout as wait } from "node:timers/promises";
import { clockContract, testContract } from "@tenantry/testkit";
import { vi } from "vitest";
import { createSystemClock } from "../src/index.ts";

testContract(clockContract, {
  name: "system",
  open: () => {
    const timers = countTimers();
    return {
      subject: {
        clock: createSystemClock(),
        // A little more, because a timer may fire a fraction of a millisecond early.
        pass: (ms) => wait(ms + 2),
        timers: timers.pending,
      },
      close: timers.restore,
    };
  },
});

/** Counts the timers that are set and neither fired nor cleared. */
function countTimers(): { pending: () => number; restore: () => void } {
  const pending = new Set<unknown>();
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const setting = vi.spyOn(globalThis, "setTimeout").mockImplementation(((work: () => void, ms?: number) => {
    const timer = set(() => {
      pending.delete(timer);
      work();
    }, ms);
    pending.add(timer);
    return timer;
  }) as typeof setTimeout);
  const clearing = vi.spyOn(globalThis, "clearTimeout").mockImplementation((timer) => {
    pending.delete(timer);
    clear(timer);
  });
  return {
    pending: () => pending.size,
    restore: () => {
      setting.mockRestore();
      clearing.mockRestore();
    },
  };
}
