import { AsyncLocalStorage } from "node:async_hooks";

/** Work that is put off to the end of a turn of the event loop. */
export interface PutOff {
  add(work: () => void): void;
  /** What has been put off is done when this returns. */
  doNow(): void;
}

/**
 * Does together what comes up in one turn, at most `most` at a time: no call waits for it, and code that runs many times in
 * a row runs twice as fast as between other code.
 */
export function createPutOff(most: number): PutOff {
  // The work belongs to no call's asynchronous context.
  const outside = AsyncLocalStorage.snapshot();
  let works: (() => void)[] = [];
  const doNow = (): void => {
    const due = works;
    works = [];
    for (const work of due) work();
  };
  return {
    add(work) {
      if (works.length === 0) outside(() => setImmediate(doNow));
      works.push(work);
      if (works.length >= most) doNow();
    },
    doNow,
  };
}
