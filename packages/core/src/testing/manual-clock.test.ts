import { describe, expect, it } from "vitest";
import { createManualClock } from "./manual-clock.ts";

describe("createManualClock", () => {
  it("moves only when told to, at once when nobody sleeps", () => {
    const clock = createManualClock({ now: 1_000 });
    expect([clock.now(), clock.monotonicMs()]).toEqual([1_000, 0]);
    void clock.advance(250);
    expect([clock.now(), clock.monotonicMs()]).toEqual([1_250, 250]);
  });

  it("stops at every sleep on the way, also at those begun on the way", async () => {
    const clock = createManualClock({ now: 0 });
    const seen: number[] = [];
    const loop = (async () => {
      for (let turn = 0; turn < 3; turn += 1) {
        await clock.sleep(100);
        seen.push(clock.now());
      }
    })();
    await clock.advance(1_000);
    await loop;
    expect(seen).toEqual([100, 200, 300]);
    expect(clock.now()).toBe(1_000);
    expect(clock.sleeping()).toBe(0);
  });

  it("steps the wall clock without waking or delaying anybody", async () => {
    const clock = createManualClock({ now: 5_000 });
    let isOver = false;
    const sleep = clock.sleep(100).then(() => (isOver = true));
    clock.setWall(1_000_000);
    await clock.advance(99);
    expect([isOver, clock.now(), clock.monotonicMs()]).toEqual([false, 1_000_099, 99]);
    await clock.advance(1);
    await sleep;
    expect(isOver).toBe(true);
  });

  it("refuses to go back", async () => {
    await expect(createManualClock().advance(-1)).rejects.toThrow(RangeError);
  });
});
