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
  return parent === undefined ? new LoneSource() : new ChildSource(parent);
}

/** A class, as the next two: every call makes three sources, and closures of their own cost each of them more. */
class Signal implements CancelSignal {
  aborted = false;
  reason: unknown = undefined;
  #listeners: Set<() => void> | null = null;

  addEventListener(_type: "abort", listener: () => void): void {
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    this.#listeners?.delete(listener);
  }

  fire(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    if (this.#listeners !== null) for (const listener of this.#listeners) listener();
    this.#listeners = null;
  }
}

class LoneSource implements CancelSource {
  readonly signal: Signal = new Signal();

  cancel(reason: unknown): void {
    this.signal.fire(reason);
  }

  dispose(): void {}
}

class ChildSource extends LoneSource {
  readonly #parent: CancelSignal;
  readonly #onParent = (): void => this.cancel(this.#parent.reason);

  constructor(parent: CancelSignal) {
    super();
    this.#parent = parent;
    if (parent.aborted) this.cancel(parent.reason);
    else parent.addEventListener("abort", this.#onParent, { once: true });
  }

  override dispose(): void {
    this.#parent.removeEventListener("abort", this.#onParent);
  }
}
