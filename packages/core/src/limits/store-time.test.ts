import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { storeTime } from "./store-time.ts";

const steps = fc.array(
  fc.record({
    passMs: fc.nat({ max: 5_000 }),
    stepMs: fc.integer({ min: -100_000, max: 100_000 }),
    stamps: fc.boolean(),
  }),
  { maxLength: 60 },
);

describe("store time", () => {
  it("is the wall clock's while that only moves on", () => {
    expect(storeTime(1_000, 0, null)).toEqual({ t: 1_000, offsetMs: 0 });
    expect(storeTime(1_000, 0, 900)).toEqual({ t: 1_000, offsetMs: 0 });
  });

  it("goes on from where it stood when the wall clock steps back", () => {
    const stepped = storeTime(400, 0, 1_000);
    expect(stepped).toEqual({ t: 1_000, offsetMs: 600 });
    expect(storeTime(450, stepped.offsetMs, 1_000).t).toBe(1_050);
  });

  it("is never before a stamp, and moves on by at least what passes between two looks", () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        let now = 1_000_000;
        let offsetMs = 0;
        let stamp: number | null = null;
        for (const { passMs, stepMs, stamps } of sequence) {
          now += stepMs;
          const before = storeTime(now, offsetMs, stamp);
          expect(before.t).toBeGreaterThanOrEqual(stamp ?? -Infinity);
          expect(before.offsetMs).toBeGreaterThanOrEqual(offsetMs);
          now += passMs;
          const after = storeTime(now, before.offsetMs, stamp);
          expect(after.t - before.t).toBe(passMs);
          offsetMs = after.offsetMs;
          if (stamps) stamp = after.t;
        }
      }),
      { numRuns: 200 },
    );
  });
});
