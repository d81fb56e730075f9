import type { CancelSignal } from "../ports/cancel-signal.ts";

/** A signal and the hand that fires it. */
export interface CancelSource {
  readonly signal: CancelSignal;
  /** Fires once; later calls change nothing. */
  cancel(reason: unknown): void;
  /** Lets go of the parent signal. */
  dispose(): void;
}

/** A source that fires by itself, or when its parent does. */
export function createCancelSource(parent?: CancelSignal): CancelSource {
  const listeners = new Set<() => void>();
  const state = { aborted: false, reason: undefined as unknown };
  const cancel = (reason: unknown): void => {
    if (state.aborted) return;
    state.aborted = true;
    state.reason = reason;
    for (const listener of listeners) listener();
    listeners.clear();
  };
  const onParent = (): void => cancel(parent?.reason);
  if (parent?.aborted === true) cancel(parent.reason);
  else parent?.addEventListener("abort", onParent, { once: true });
  return {
    signal: {
      get aborted() {
        return state.aborted;
      },
      get reason() {
        return state.reason;
      },
      addEventListener: (_type, listener) => void listeners.add(listener),
      removeEventListener: (_type, listener) => void listeners.delete(listener),
    },
    cancel,
    dispose: () => parent?.removeEventListener("abort", onParent),
  };
}
