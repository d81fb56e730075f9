import type { CancelSignal } from "../ports/cancel-signal.ts";

/**
 * The promise's own outcome, or a rejection with the signal's reason as soon as it fires, whichever is first. `explain`
 * turns either reason into the error that is told.
 */
export function untilCancelled<Value>(
  promise: Promise<Value>,
  signal: CancelSignal,
  explain: (reason: unknown) => Error = asError,
): Promise<Value> {
  return new Promise<Value>((resolve, reject) => {
    const onAbort = (): void => reject(explain(signal.reason));
    if (signal.aborted) {
      promise.catch(() => undefined);
      return onAbort();
    }
    signal.addEventListener("abort", onAbort, { once: true });
    const settled = (): void => signal.removeEventListener("abort", onAbort);
    promise.then(
      (value) => {
        settled();
        resolve(value);
      },
      (error: unknown) => {
        settled();
        reject(explain(error));
      },
    );
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
