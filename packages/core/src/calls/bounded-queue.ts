/** Hands values from one writer to one reader, at most `capacity` ahead. */
export interface BoundedQueue<Value> {
  /** Resolves when there is room for more. After the reader has gone it resolves at once and the value is dropped. */
  push(value: Value): Promise<void> | void;
  /** No more values; with an error the reader gets it after what is queued. */
  end(error?: unknown): void;
  readonly values: AsyncIterable<Value>;
}

/** `onLeave` runs once when the reader stops before the end. */
export function createBoundedQueue<Value>(capacity: number, onLeave: () => void): BoundedQueue<Value> {
  const queued: Value[] = [];
  let ended = false;
  let failure: { readonly error: unknown } | null = null;
  let left = false;
  let wakeReader: (() => void) | null = null;
  let wakeWriter: (() => void) | null = null;
  const wake = (): void => {
    wakeReader?.();
    wakeReader = null;
  };
  const next = async (): Promise<IteratorResult<Value>> => {
    for (;;) {
      if (queued.length > 0) {
        const value = queued.shift() as Value;
        wakeWriter?.();
        wakeWriter = null;
        return { done: false, value };
      }
      if (failure !== null) {
        const { error } = failure;
        failure = null;
        throw error;
      }
      if (ended || left) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        wakeReader = resolve;
      });
    }
  };
  const leave = (): void => {
    if (left) return;
    left = true;
    queued.length = 0;
    wakeWriter?.();
    wakeWriter = null;
    wake();
    if (!ended) onLeave();
  };
  return {
    push(value) {
      if (left) return;
      queued.push(value);
      wake();
      if (queued.length < capacity) return;
      return new Promise<void>((resolve) => {
        wakeWriter = resolve;
      });
    },
    end(error) {
      ended = true;
      if (error !== undefined) failure = { error };
      wake();
    },
    values: {
      [Symbol.asyncIterator]: () => ({
        next,
        return: async () => {
          leave();
          return { done: true, value: undefined };
        },
      }),
    },
  };
}
