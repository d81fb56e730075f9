import { setImmediate } from "node:timers/promises";

/** How long work runs before it gives way, ms. */
const sliceMs = 8;

let turn: Promise<unknown> = Promise.resolve();

/** Resolves in a later turn of the event loop that nobody else here has: concurrent work gets one slice a turn in all. */
function nextTurn(): Promise<unknown> {
  turn = turn.then(() => setImmediate());
  return turn;
}

/**
 * Runs the work to its end in slices of about 8 ms, the first of them at once unless `later`. Steps between two yields
 * are not interrupted.
 */
export async function runInSlices<Result>(
  work: Generator<void, Result>,
  options: { readonly later: boolean },
): Promise<Result> {
  if (options.later) await nextTurn();
  for (;;) {
    const end = performance.now() + sliceMs;
    do {
      const step = work.next();
      if (step.done === true) return step.value;
    } while (performance.now() < end);
    await nextTurn();
  }
}
