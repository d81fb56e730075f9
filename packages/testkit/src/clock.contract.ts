import assert from "node:assert/strict";
import type { CancelSignal, Clock } from "@tenantry/core";
import { type Contract, defineContract } from "./contract.ts";

/** What the Clock rules need of an implementation. */
export interface ClockSubject {
  readonly clock: Clock;
  /** Lets this much of the clock's time go by. */
  readonly pass: (ms: number) => Promise<void>;
  /** How many timers the clock keeps. */
  readonly timers: () => number;
}

/** Node's timers hold 32 bits; a longer one would end at once. */
const beyondTimersMs = 2 ** 31 + 1_000;

/** What every `Clock` does. */
export const clockContract: Contract<ClockSubject> = defineContract("Clock", [
  {
    id: "C1",
    sentence: "now is whole milliseconds since 1970 and moves on with time",
    reason: "seconds, or fractions, make periods and stamps that no store can compare",
    async check({ clock, pass }) {
      const before = clock.now();
      assert.ok(Number.isInteger(before), `${before} is not whole`);
      assert.ok(before > Date.UTC(2020, 0) && before < Date.UTC(2200, 0), `${before} is not milliseconds since 1970`);
      await pass(30.5);
      assert.ok(Number.isInteger(clock.now()), "not whole after a while");
      assertNear(clock.now() - before, 30);
    },
  },
  {
    id: "C2",
    sentence: "monotonicMs measures what has passed, in milliseconds, and never goes back",
    reason: "every latency and deadline is a difference of two of its readings",
    async check({ clock, pass }) {
      const start = clock.monotonicMs();
      await pass(40);
      assertNear(clock.monotonicMs() - start, 40);
      let last = clock.monotonicMs();
      for (let reading = 0; reading < 1_000; reading += 1) {
        const next = clock.monotonicMs();
        assert.ok(next >= last, `went back from ${last} to ${next}`);
        last = next;
      }
    },
  },
  {
    id: "C8",
    sentence:
      "time since the machine's start, where there is one, passes as monotonicMs does, and its start has a name",
    reason: "windows and budgets go by it, so that nobody who sets the wall clock frees them",
    async check({ clock: { sinceBoot, monotonicMs }, pass }) {
      if (sinceBoot === undefined) return;
      assert.ok(sinceBoot.bootId.length > 0);
      const [bootMs, ms] = [sinceBoot.ms(), monotonicMs()];
      await pass(40);
      assertNear(sinceBoot.ms() - bootMs, 40);
      assertNear(sinceBoot.ms() - bootMs - (monotonicMs() - ms), 0);
      let last = sinceBoot.ms();
      for (let reading = 0; reading < 1_000; reading += 1) {
        const next = sinceBoot.ms();
        assert.ok(next >= last, `went back from ${last} to ${next}`);
        last = next;
      }
    },
  },
  {
    id: "C3",
    sentence: "sleep ends when its time has passed and not before, the shortest first",
    reason: "a retry before its time is refused again, one long after is a slow answer",
    async check({ clock, pass }) {
      const long = follow(clock.sleep(60));
      const short = follow(clock.sleep(20));
      await pass(1);
      assert.deepEqual([short.end, long.end], [null, null]);
      await untilOver(short, pass);
      assert.deepEqual([short.end, long.end], ["slept", null]);
      await untilOver(long, pass);
      assert.equal(long.end, "slept");
    },
  },
  {
    id: "C4",
    sentence: "a sleep of 0 or less ends in a later turn",
    reason: "a deadline that has passed already must not hang or throw",
    async check({ clock, pass }) {
      for (const ms of [0, -1, -1e12]) {
        const sleep = follow(clock.sleep(ms));
        assert.equal(sleep.end, null);
        await untilOver(sleep, pass);
        assert.equal(sleep.end, "slept");
      }
    },
  },
  {
    id: "C5",
    sentence: "a sleep rejects with the signal's own reason as soon as it fires, or at once when it has",
    reason: "a caller who has hung up must not keep a request waiting",
    async check({ clock, pass }) {
      const reason = new Error("gave up");
      const controller = new AbortController();
      const sleep = follow(clock.sleep(60_000, controller.signal));
      await pass(5);
      assert.equal(sleep.end, null);
      controller.abort(reason);
      await untilOver(sleep, pass);
      assert.deepEqual([sleep.end, sleep.reason], ["cancelled", reason]);
      for (const ms of [60_000, 0]) {
        const late = follow(clock.sleep(ms, controller.signal));
        await untilOver(late, pass);
        assert.deepEqual([late.end, late.reason], ["cancelled", reason]);
      }
    },
  },
  {
    id: "C6",
    sentence: "a sleep that is over leaves no timer and no listener behind, however it ended",
    reason: "one listener a retry on a long-lived signal is a leak, and a timer keeps a process alive",
    async check({ clock, pass, timers }) {
      const before = timers();
      const signal = createCountingSignal();
      await untilOver(follow(clock.sleep(10, signal)), pass);
      assert.deepEqual([timers(), signal.listening()], [before, 0]);
      const cancelled = follow(clock.sleep(60_000, signal));
      assert.equal(timers(), before + 1);
      signal.fire("enough");
      await untilOver(cancelled, pass);
      assert.deepEqual([timers(), signal.listening()], [before, 0]);
      await untilOver(follow(clock.sleep(60_000, signal)), pass);
      assert.deepEqual([timers(), signal.listening()], [before, 0]);
    },
  },
  {
    id: "C7",
    sentence: "a sleep of more than 2^31 ms does not end early",
    reason: "Node turns such a timer into one of 1 ms: a monthly job would run in a loop",
    async check({ clock, pass }) {
      const controller = new AbortController();
      const sleeps = [beyondTimersMs, 2 ** 40, Infinity].map((ms) => follow(clock.sleep(ms, controller.signal)));
      await pass(20);
      assert.deepEqual(
        sleeps.map(({ end }) => end),
        [null, null, null],
      );
      controller.abort();
      for (const sleep of sleeps) await untilOver(sleep, pass);
    },
  },
]);

interface Sleep {
  end: "slept" | "cancelled" | null;
  reason: unknown;
}

/** Watches a sleep, so that a rule can look at it at any time and never waits for one that hangs. */
function follow(sleep: Promise<void>): Sleep {
  const seen: Sleep = { end: null, reason: undefined };
  sleep.then(
    () => {
      seen.end = "slept";
    },
    (reason: unknown) => {
      seen.end = "cancelled";
      seen.reason = reason;
    },
  );
  return seen;
}

/** Lets time go by in small steps until the sleep is over; fails after half a second. */
async function untilOver(sleep: Sleep, pass: ClockSubject["pass"]): Promise<void> {
  for (let step = 0; step < 100 && sleep.end === null; step += 1) await pass(5);
  assert.notEqual(sleep.end, null, "the sleep does not end");
}

/** A loaded machine is late, and a wall clock is adjusted by a little; seconds are neither. */
function assertNear(actualMs: number, expectedMs: number): void {
  assert.ok(actualMs >= expectedMs - 5 && actualMs < expectedMs + 5_000, `${actualMs} ms instead of ${expectedMs}`);
}

/** A signal that knows how many listen to it. */
function createCountingSignal(): CancelSignal & { listening(): number; fire(reason: unknown): void } {
  const listeners = new Set<() => void>();
  const state: { aborted: boolean; reason: unknown } = { aborted: false, reason: undefined };
  return {
    get aborted() {
      return state.aborted;
    },
    get reason() {
      return state.reason;
    },
    addEventListener: (_, listener) => void listeners.add(listener),
    removeEventListener: (_, listener) => void listeners.delete(listener),
    listening: () => listeners.size,
    fire(reason) {
      state.aborted = true;
      state.reason = reason;
      for (const listener of [...listeners]) listener();
    },
  };
}
