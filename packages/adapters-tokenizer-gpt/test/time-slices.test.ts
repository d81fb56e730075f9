import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createGptTokenCounter } from "../src/index.ts";
import { runInSlices } from "../src/time-slices.ts";

function* busy(forMs: number): Generator<void, string> {
  const end = performance.now() + forMs;
  while (performance.now() < end) yield;
  return "done";
}

/** The longest time between two turns of the event loop, ms. */
async function longestPauseMs(work: () => Promise<unknown>): Promise<number> {
  let isDone = false;
  let longest = 0;
  let last = performance.now();
  const done = work().finally(() => {
    isDone = true;
  });
  while (!isDone) {
    await setImmediate();
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }
  await done;
  return longest;
}

describe("long work", () => {
  it("ends with its result, and gives way meanwhile", async () => {
    let result = "";
    const pauseMs = await longestPauseMs(async () => {
      result = await runInSlices(busy(150), { later: true });
    });
    expect(result).toBe("done");
    // 8 ms slices; the rest is for a busy machine.
    expect(pauseMs).toBeLessThan(75);
  });

  it("shares one slice a turn with all other long work", async () => {
    const pauseMs = await longestPauseMs(() =>
      Promise.all(Array.from({ length: 10 }, () => runInSlices(busy(100), { later: true }))),
    );
    expect(pauseMs).toBeLessThan(75);
  });

  it("begins at once unless told otherwise", async () => {
    let hasBegun = false;
    const work = function* (): Generator<void, void> {
      hasBegun = true;
      yield;
    };
    const done = runInSlices(work(), { later: false });
    expect(hasBegun).toBe(true);
    await done;
  });

  it("fails with the error of the work, and the next work runs", async () => {
    const failing = function* (): Generator<void, void> {
      yield;
      throw new Error("broken");
    };
    await expect(runInSlices(failing(), { later: true })).rejects.toThrow("broken");
    expect(await runInSlices(busy(1), { later: true })).toBe("done");
  });
});

describe("counting", () => {
  it("a megabyte without a break beside others holds up the event loop for slices only", async () => {
    const counter = createGptTokenCounter();
    await counter.count("gpt-4o", "warm");
    const texts = ["a", "!", "🔥", "漢", "ab"].map((unit) => unit.repeat(2 ** 20 / unit.length));
    const pauseMs = await longestPauseMs(() => Promise.all(texts.map((text) => counter.count("gpt-4o", text))));
    expect(pauseMs).toBeLessThan(120);
  });
});
