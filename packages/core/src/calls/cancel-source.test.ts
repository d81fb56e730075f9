import { describe, expect, it } from "vitest";
import { createCancelSource } from "./cancel-source.ts";
import { untilCancelled } from "./until-cancelled.ts";

describe("a cancel source", () => {
  it("fires once, with the first reason, to everyone who listens", () => {
    const source = createCancelSource();
    const heard: string[] = [];
    source.signal.addEventListener("abort", () => heard.push("a"));
    source.signal.addEventListener("abort", () => heard.push("b"), { once: true });
    expect([source.signal.aborted, source.signal.reason]).toEqual([false, undefined]);
    source.cancel("first");
    source.cancel("second");
    expect([source.signal.aborted, source.signal.reason]).toEqual([true, "first"]);
    expect(heard).toEqual(["a", "b"]);
  });

  it("does not call those who left, nor those who come too late", () => {
    const source = createCancelSource();
    const heard: string[] = [];
    const left = (): void => void heard.push("left");
    source.signal.addEventListener("abort", left);
    source.signal.removeEventListener("abort", left);
    source.cancel("now");
    source.signal.addEventListener("abort", () => heard.push("late"));
    source.cancel("again");
    expect(heard).toEqual([]);
  });

  it("is already said to be cancelled when its listeners hear of it", () => {
    const source = createCancelSource();
    let seen: unknown;
    source.signal.addEventListener("abort", () => {
      seen = [source.signal.aborted, source.signal.reason];
    });
    source.cancel("why");
    expect(seen).toEqual([true, "why"]);
  });

  it("fires with its parent, for the parent's reason", () => {
    const parent = createCancelSource();
    const child = createCancelSource(parent.signal);
    parent.cancel("from above");
    expect([child.signal.aborted, child.signal.reason]).toEqual([true, "from above"]);
  });

  it("is cancelled from the start when its parent is", () => {
    const parent = createCancelSource();
    parent.cancel("long ago");
    const child = createCancelSource(parent.signal);
    expect([child.signal.aborted, child.signal.reason]).toEqual([true, "long ago"]);
    child.dispose();
  });

  it("does not cancel its parent", () => {
    const parent = createCancelSource();
    createCancelSource(parent.signal).cancel("mine");
    expect(parent.signal.aborted).toBe(false);
  });

  it("that was disposed of has let go of its parent, and can still be cancelled", () => {
    const controller = new AbortController();
    const child = createCancelSource(controller.signal);
    child.dispose();
    controller.abort("from above");
    expect(child.signal.aborted).toBe(false);
    child.cancel("mine");
    expect(child.signal.reason).toBe("mine");
  });

  it("has any platform's signal for a parent", () => {
    const controller = new AbortController();
    const child = createCancelSource(controller.signal);
    const reason = new Error("gone");
    controller.abort(reason);
    expect(child.signal.reason).toBe(reason);
  });
});

describe("a promise awaited until cancelled", () => {
  /** A source that tells how many listen. */
  function counted(): { source: ReturnType<typeof createCancelSource>; listening: () => number } {
    const source = createCancelSource();
    let listening = 0;
    return {
      source: {
        ...source,
        signal: {
          get aborted() {
            return source.signal.aborted;
          },
          get reason() {
            return source.signal.reason;
          },
          addEventListener: (type, listener) => {
            listening += 1;
            source.signal.addEventListener(type, listener);
          },
          removeEventListener: (type, listener) => {
            listening -= 1;
            source.signal.removeEventListener(type, listener);
          },
        },
      },
      listening: () => listening,
    };
  }

  it("has its own outcome when that is first, and nobody listens any more", async () => {
    const { source, listening } = counted();
    await expect(untilCancelled(Promise.resolve(5), source.signal)).resolves.toBe(5);
    const failure = new Error("its own");
    await expect(untilCancelled(Promise.reject(failure), source.signal)).rejects.toBe(failure);
    expect(listening()).toBe(0);
  });

  it("is rejected with the reason as soon as the signal fires", async () => {
    const source = createCancelSource();
    const reason = new Error("given up");
    const awaited = untilCancelled(new Promise(() => undefined), source.signal);
    source.cancel(reason);
    await expect(awaited).rejects.toBe(reason);
  });

  it("is rejected at once when the signal has fired, whatever the promise does later", async () => {
    const source = createCancelSource();
    source.cancel(new Error("long ago"));
    await expect(untilCancelled(Promise.resolve(5), source.signal)).rejects.toThrow("long ago");
    // A rejection nobody waits for any more is not an unhandled one.
    await expect(untilCancelled(Promise.reject(new Error("late")), source.signal)).rejects.toThrow("long ago");
  });

  it("does not let a late failure go unhandled", async () => {
    const source = createCancelSource();
    let fail: (error: Error) => void = () => undefined;
    const awaited = untilCancelled(new Promise((_resolve, reject) => (fail = reject)), source.signal);
    source.cancel(new Error("given up"));
    await expect(awaited).rejects.toThrow("given up");
    fail(new Error("late"));
    await Promise.resolve();
  });

  it("is always rejected with an error, also for other reasons", async () => {
    const source = createCancelSource();
    const awaited = untilCancelled(new Promise(() => undefined), source.signal);
    source.cancel("just so");
    await expect(awaited).rejects.toEqual(new Error("just so"));
    const rejected = new Promise<never>((_resolve, reject) => reject("a text" as unknown as Error));
    await expect(untilCancelled(rejected, createCancelSource().signal)).rejects.toEqual(new Error("a text"));
  });
});
