import { TenantryError } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import type { CheckedWork, Work } from "./checked-work.ts";
import { asUnavailable, isBusy, translateError } from "./translate-error.ts";

export interface GroupCommit {
  /** Runs `work` in the turn's transaction and resolves at once, before the commit. */
  decide<Result>(work: Work<Result>): Promise<Result>;
  /** Runs `work` in the turn's transaction and resolves when it is committed. */
  write<Result>(work: Work<Result>): Promise<Result>;
  /** As `write`, but never put off to a later transaction than the one that is open: see `decide`. */
  join<Result>(work: Work<Result>): Promise<Result>;
  /**
   * Refuses work from now on; resolves when everything handed in before has been committed or rejected, and then
   * `farewell` as well.
   */
  close(farewell: () => void): Promise<void>;
}

export interface GroupCommitOptions {
  /** How long work waits for another process's lock before it is rejected as `unavailable`. */
  readonly busyTimeoutMs: number;
  /** Operations of one transaction; the rest goes to the next, except what joins. */
  readonly maxOperations?: number;
}

export interface BatchHooks {
  /** A transaction has begun. */
  afterBegin(): void;
  /** Last statements of a transaction that had work. What it throws fails the batch. */
  beforeCommit(): void;
  /** The transaction is over; when it failed, nothing of it may be kept in memory. `operations` is how many it had. */
  afterBatch(failure: TenantryError | null, operations: number): void;
}

interface Operation {
  readonly joins: boolean;
  run(): void;
  reject(error: TenantryError): void;
}

interface Waiter {
  commit(): void;
  reject(error: TenantryError): void;
}

const DEFAULT_MAX_OPERATIONS = 1_000;
const RETRY_MS = 4;

/**
 * One transaction for all operations of a turn of the event loop: begun by the first, committed in the `setImmediate`
 * that ends the turn, so that it needs no timer and the write lock is never held across turns. An operation's failure
 * leaves the others alone: it fails before it writes (`CheckedWork`) or has a savepoint of its own.
 *
 * When the transaction as a whole fails, everything of it is rolled back, and whatever else arrives in the same turn is
 * rejected too: an intent must not become durable without the admission before it (R2, R3).
 *
 * While another process holds the lock, operations wait in a queue without blocking the event loop.
 */
export function createGroupCommit(db: DatabaseSync, hooks: BatchHooks, options: GroupCommitOptions): GroupCommit {
  const maxOperations = options.maxOperations ?? DEFAULT_MAX_OPERATIONS;
  const begin = db.prepare("BEGIN IMMEDIATE");
  const commit = db.prepare("COMMIT");
  const savepoint = db.prepare("SAVEPOINT operation");
  const release = db.prepare("RELEASE operation");
  const rollbackTo = db.prepare("ROLLBACK TO operation");
  const queue: Operation[] = [];
  let waiters: Waiter[] = [];
  let operations = 0;
  let isOpen = false;
  /** Why the turn's transaction failed, until the turn ends. */
  let failure: TenantryError | null = null;
  let lockedSinceMs: number | null = null;
  let isClosing = false;

  /** False when the lock is taken by somebody else and there is time left to wait for it. */
  function tryBegin(): boolean {
    try {
      begin.run();
      hooks.afterBegin();
    } catch (error) {
      // The process's own clock: the wait has to end also where the store's clock is set by hand.
      const nowMs = performance.now();
      lockedSinceMs ??= nowMs;
      if (isBusy(error) && nowMs - lockedSinceMs < options.busyTimeoutMs) return false;
      lockedSinceMs = null;
      if (db.isTransaction) db.exec("ROLLBACK");
      throw translateError(error);
    }
    lockedSinceMs = null;
    isOpen = true;
    operations = 0;
    setImmediate(endTurn);
    return true;
  }

  function runNow(operation: Operation): void {
    operations += 1;
    operation.run();
  }

  function submit(operation: Operation): void {
    if (isClosing) return operation.reject(closedError());
    accept(operation);
  }

  function accept(operation: Operation): void {
    if (failure !== null) return operation.reject(failure);
    if (isOpen && (operation.joins || (operations < maxOperations && queue.length === 0))) return runNow(operation);
    queue.push(operation);
    if (!isOpen && lockedSinceMs === null && queue.length === 1) drain();
  }

  /** Begins a transaction and runs what is queued; tries again later when the lock is taken. */
  function drain(): void {
    try {
      if (!tryBegin()) {
        setTimeout(drain, RETRY_MS);
        return;
      }
    } catch (error) {
      for (const operation of queue.splice(0)) operation.reject(translateError(error));
      return;
    }
    while (isOpen && operations < maxOperations && queue.length > 0) runNow(queue.shift()!);
  }

  function endTurn(): void {
    if (failure !== null) failure = null;
    else commitBatch();
    if (queue.length > 0) drain();
  }

  function commitBatch(): void {
    try {
      hooks.beforeCommit();
      commit.run();
    } catch (error) {
      failBatch(error);
      failure = null;
      return;
    }
    isOpen = false;
    hooks.afterBatch(null, operations);
    const done = waiters;
    waiters = [];
    for (const waiter of done) waiter.commit();
  }

  function failBatch(error: unknown): void {
    if (db.isTransaction) {
      try {
        db.exec("ROLLBACK");
      } catch {
        // Nothing is committed either way; the first error is the one to tell.
      }
    }
    isOpen = false;
    failure = asUnavailable(error);
    hooks.afterBatch(failure, operations);
    const lost = waiters;
    waiters = [];
    for (const waiter of lost) waiter.reject(failure);
  }

  function runInSavepoint<Result>(work: () => Result): Result {
    try {
      savepoint.run();
      const result = work();
      release.run();
      return result;
    } catch (error) {
      // Full disks and failing ones make SQLite roll back the whole transaction by itself.
      if (!db.isTransaction || !undo()) {
        failBatch(error);
        throw asUnavailable(error);
      }
      throw translateError(error);
    }
  }

  function runChecked<Result>(work: CheckedWork<Result>): Result {
    let write: () => Result;
    try {
      write = work.check();
    } catch (error) {
      if (db.isTransaction) throw translateError(error);
      failBatch(error);
      throw asUnavailable(error);
    }
    try {
      return write();
    } catch (error) {
      failBatch(error);
      throw asUnavailable(error);
    }
  }

  function undo(): boolean {
    try {
      rollbackTo.run();
      release.run();
      return true;
    } catch {
      return false;
    }
  }

  function enqueue<Result>(
    work: Work<Result>,
    how: { readonly joins: boolean; readonly isDurable: boolean },
    hand: (operation: Operation) => void = submit,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      hand({
        joins: how.joins,
        reject,
        run() {
          let result: Result;
          try {
            result = typeof work === "function" ? runInSavepoint(work) : runChecked(work);
          } catch (error) {
            reject(error as TenantryError);
            return;
          }
          if (how.isDurable) waiters.push({ commit: () => resolve(result), reject });
          else resolve(result);
        },
      });
    });
  }

  return {
    decide: (work) => enqueue(work, { joins: false, isDurable: false }),
    write: (work) => enqueue(work, { joins: false, isDurable: true }),
    join: (work) => enqueue(work, { joins: true, isDurable: true }),
    async close(farewell) {
      isClosing = true;
      // A farewell that fails has no one to tell: the batch's failure has been reported.
      await enqueue(farewell, { joins: false, isDurable: true }, accept).catch(() => {});
      while (isOpen || queue.length > 0) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

function closedError(): TenantryError {
  return new TenantryError("unavailable", "the storage is closed", { publicMessage: "storage is unavailable" });
}
