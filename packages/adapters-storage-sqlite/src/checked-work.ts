/**
 * An operation that can tell its own failure before it writes anything, and so needs no savepoint: `check` only reads,
 * and answers the step that writes. What `check` throws concerns this operation alone. What the writing step throws
 * fails the whole transaction, as a full disk does: half of an operation is never committed.
 */
export interface CheckedWork<Result> {
  check(): () => Result;
}

/** A function may write and throw as it likes: it is undone alone, at the price of a savepoint. */
export type Work<Result> = (() => Result) | CheckedWork<Result>;
