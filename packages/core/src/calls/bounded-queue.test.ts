import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BoundedQueue, createBoundedQueue } from "./bounded-queue.ts";

/** Lets everything run that can run without time passing. */
async function turns(count = 10): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
}

/** Whether it is done after everything that can run has run. */
async function isDone(step: Promise<unknown> | void): Promise<boolean> {
  if (step === undefined) return true;
  let done = false;
  const finish = (): void => {
    done = true;
  };
  step.then(finish, finish);
  await turns();
  return done;
}

const readerOf = <Value>(queue: BoundedQueue<Value>): AsyncIterator<Value> => queue.values[Symbol.asyncIterator]();
const never = (): void => {
  throw new Error("the reader did not leave");
};

describe("a bounded queue", () => {
  it("gives values in their order, and ends", async () => {
    const queue = createBoundedQueue<number>(10, never);
    for (const value of [1, 2, 3]) void queue.push(value);
    queue.end();
    const read: number[] = [];
    for await (const value of queue.values) read.push(value);
    expect(read).toEqual([1, 2, 3]);
  });

  it("holds the writer back when it is full, and lets it go on when a value is taken", async () => {
    const queue = createBoundedQueue<number>(2, never);
    const reader = readerOf(queue);
    expect(await isDone(queue.push(1))).toBe(true);
    const second = queue.push(2);
    expect(await isDone(second)).toBe(false);
    expect(await reader.next()).toEqual({ done: false, value: 1 });
    expect(await isDone(second)).toBe(true);
    const third = queue.push(3);
    expect(await isDone(third)).toBe(false);
  });

  it("wakes a reader that waits", async () => {
    const queue = createBoundedQueue<string>(4, never);
    const waiting = readerOf(queue).next();
    expect(await isDone(waiting)).toBe(false);
    void queue.push("a");
    expect(await waiting).toEqual({ done: false, value: "a" });
  });

  it("tells a reader that waits of the end", async () => {
    const queue = createBoundedQueue<string>(4, never);
    const waiting = readerOf(queue).next();
    queue.end();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it("gives an error after what is queued, once", async () => {
    const queue = createBoundedQueue<number>(4, never);
    const reader = readerOf(queue);
    void queue.push(1);
    void queue.push(2);
    queue.end(new Error("broke off"));
    expect(await reader.next()).toEqual({ done: false, value: 1 });
    expect(await reader.next()).toEqual({ done: false, value: 2 });
    await expect(reader.next()).rejects.toThrow("broke off");
    expect(await reader.next()).toEqual({ done: true, value: undefined });
  });

  it("gives an error to a reader that waits", async () => {
    const queue = createBoundedQueue<number>(4, never);
    const waiting = readerOf(queue).next();
    queue.end(new Error("broke off"));
    await expect(waiting).rejects.toThrow("broke off");
  });

  it("says once that the reader left before the end, and drops what it did not take", async () => {
    let left = 0;
    const queue = createBoundedQueue<number>(4, () => {
      left += 1;
    });
    const reader = readerOf(queue);
    void queue.push(1);
    void queue.push(2);
    await reader.next();
    expect(await reader.return?.()).toEqual({ done: true, value: undefined });
    await reader.return?.();
    expect(left).toBe(1);
    expect(await reader.next()).toEqual({ done: true, value: undefined });
  });

  it("lets a writer that is held back go on when the reader leaves, and never holds it back again", async () => {
    const queue = createBoundedQueue<number>(1, () => undefined);
    const held = queue.push(1);
    expect(await isDone(held)).toBe(false);
    await readerOf(queue).return?.();
    expect(await isDone(held)).toBe(true);
    for (let value = 2; value < 10; value += 1) expect(queue.push(value)).toBeUndefined();
  });

  it("does not say that the reader left when there was nothing more to come", async () => {
    const queue = createBoundedQueue<number>(4, never);
    void queue.push(1);
    queue.end();
    for await (const value of queue.values) {
      expect(value).toBe(1);
      break;
    }
  });

  it("ends a reader that waits when it is told to leave", async () => {
    let left = 0;
    const queue = createBoundedQueue<number>(4, () => {
      left += 1;
    });
    const reader = readerOf(queue);
    const waiting = reader.next();
    await reader.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(left).toBe(1);
  });

  it("loses no value and no wake-up, and is never more than its capacity ahead, in any interleaving", async () => {
    const plan = fc.record({
      capacity: fc.integer({ min: 1, max: 4 }),
      count: fc.nat(20),
      fails: fc.boolean(),
      leavesAfter: fc.option(fc.nat(20)),
      // Turns each side sits out before its next step.
      writerPauses: fc.array(fc.nat(6), { minLength: 1, maxLength: 8 }),
      readerPauses: fc.array(fc.nat(6), { minLength: 1, maxLength: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ capacity, count, fails, leavesAfter, writerPauses, readerPauses }) => {
        let leaves = 0;
        const queue = createBoundedQueue<number>(capacity, () => {
          leaves += 1;
        });
        const read: number[] = [];
        let written = 0;
        let error: unknown = null;
        const write = async (): Promise<void> => {
          for (; written < count;) {
            await turns(writerPauses[written % writerPauses.length]);
            const room = queue.push(written);
            written += 1;
            if (leaves === 0) expect(written - read.length).toBeLessThanOrEqual(capacity + 1);
            await room;
          }
          queue.end(fails ? new Error("broke off") : undefined);
        };
        const take = async (): Promise<void> => {
          try {
            for await (const value of queue.values) {
              read.push(value);
              if (leavesAfter !== null && read.length > leavesAfter) break;
              await turns(readerPauses[read.length % readerPauses.length]);
            }
          } catch (thrown) {
            error = thrown;
          }
        };
        // A lost wake-up would leave one of them waiting: no turns are enough for it then.
        expect(await isDoneIn(Promise.all([write(), take()]), 2_000)).toBe(true);
        expect(written).toBe(count);
        const leavesEarly = leavesAfter !== null && leavesAfter < count;
        expect(read).toEqual(Array.from({ length: leavesEarly ? leavesAfter + 1 : count }, (_, index) => index));
        expect(error !== null).toBe(fails && !leavesEarly);
        if (!leavesEarly) expect(leaves).toBe(0);
        else expect(leaves).toBeLessThanOrEqual(1);
      }),
      { numRuns: 300 },
    );
  });
});

async function isDoneIn(step: Promise<unknown>, mostTurns: number): Promise<boolean> {
  let done = false;
  void step.then(() => {
    done = true;
  });
  for (let turn = 0; turn < mostTurns && !done; turn += 1) await Promise.resolve();
  if (done) await step;
  return done;
}
