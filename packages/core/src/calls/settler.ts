import { type BudgetEvent, budgetEventFields, budgetEventOf } from "../budgets/budget-event.ts";
import type { LedgerLine } from "../metering/ledger-line.ts";
import type { Clock } from "../ports/clock.port.ts";
import type { LimitRelease, LimitSettlement, LimitStore } from "../ports/limit-store.port.ts";
import type { Log } from "../ports/log.port.ts";
import type { Settlement, UsageLedger } from "../ports/usage-ledger.port.ts";
import { TenantryError } from "../errors/tenantry-error.ts";
import { createCancelSource } from "./cancel-source.ts";

/** What ends an attempt, or with `release` the whole call. */
export interface Closing {
  /** Null gives back what was taken for an attempt that was never made. */
  readonly settlement: Settlement | null;
  readonly limits: LimitSettlement | null;
  readonly release: LimitRelease | null;
  /** Told what the spending reached, before `settle` resolves where the stores work. */
  readonly onReached?: (events: readonly BudgetEvent[]) => void;
}

/** What became of a closing. */
export interface Closed {
  /** False while a store that failed still owes the writing. */
  readonly settled: boolean;
  /** The line as it is stored; null while it is not, and without one. */
  readonly line: LedgerLine | null;
}

/** Writes what happened, until it is written. */
export interface Settler {
  /**
   * Writes line, record, spending and release in one turn, so that a store can commit them together. Not settled when the
   * store failed: the answer is delivered all the same, the intent stays open, and the writing is retried behind.
   */
  settle(closing: Closing): Promise<Closed>;
  /** Closings that still wait for a store that works. */
  pending(): number;
  /** Tries once more for everything that waits, at most `deadlineMs`; resolves with what still waits. */
  close(deadlineMs: number): Promise<number>;
}

/** Beyond this the oldest are given up: their intents stay open and the next start settles them as unknown (R2). */
const mostPending = 10_000;
const retryMs = 500;
/** Of one closing in a row, before others are tried first. */
const mostFailures = 5;

export function createSettler(ports: {
  readonly ledger: UsageLedger;
  readonly limits: LimitStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Told once of every share of a budget that is spent. What it throws is logged. */
  readonly onBudgetEvent?: (event: BudgetEvent) => void;
}): Settler {
  const { ledger, limits, clock, log, onBudgetEvent = () => {} } = ports;
  const waiting: Closing[] = [];
  const stop = createCancelSource();
  let retrying: Promise<void> | null = null;
  let lastFailed: Closing | null = null;
  let failures = 0;

  const spend = async (spent: LimitSettlement, onReached: Closing["onReached"]): Promise<void> => {
    const { reached } = await limits.settle(spent);
    if (reached.length === 0) return;
    // Told here and not after the ledger: the store will not tell again, whatever becomes of the rest.
    const events = reached.map(budgetEventOf);
    onReached?.(events);
    for (const event of events) {
      log.warn("budget-reached", budgetEventFields(event));
      try {
        onBudgetEvent(event);
      } catch (error) {
        log.error("budget-event-failed", { reason: TenantryError.from(error).message });
      }
    }
  };
  const write = async ({ settlement, limits: spent, release, onReached }: Closing): Promise<LedgerLine | null> => {
    const [line] = await Promise.all([
      settlement === null ? null : ledger.settle(settlement),
      spent === null ? undefined : spend(spent, onReached),
      release === null ? undefined : limits.release(release),
    ]);
    return line;
  };
  const writeWaiting = async (): Promise<void> => {
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      try {
        await write(first);
      } catch (error) {
        stepBack(first);
        throw error;
      }
      // It may have been given up in the meantime; then another is first.
      if (waiting[0] === first) waiting.shift();
    }
  };
  /** One that no store takes must not keep the others back for ever. */
  const stepBack = (failed: Closing): void => {
    failures = failed === lastFailed ? failures + 1 : 1;
    lastFailed = failed;
    if (failures < mostFailures || waiting[0] !== failed) return;
    waiting.shift();
    waiting.push(failed);
    lastFailed = null;
  };
  const retry = async (): Promise<void> => {
    while (waiting.length > 0 && !stop.signal.aborted) {
      await clock.sleep(retryMs, stop.signal).catch(() => undefined);
      if (!stop.signal.aborted) await writeWaiting().catch(() => undefined);
    }
    retrying = null;
  };
  const postpone = (closing: Closing, cause: unknown): void => {
    const callId = callIdOf(closing);
    log.error("settlement-postponed", {
      callId,
      waiting: waiting.length + 1,
      reason: TenantryError.from(cause).message,
    });
    if (waiting.length >= mostPending) {
      const lost = waiting.shift();
      log.error("settlement-given-up", { callId: lost === undefined ? null : callIdOf(lost) });
    }
    waiting.push(closing);
    if (!stop.signal.aborted) retrying ??= retry();
  };
  return {
    async settle(closing) {
      try {
        return { settled: true, line: await write(closing) };
      } catch (error) {
        postpone(closing, error);
        return { settled: false, line: null };
      }
    },
    pending: () => waiting.length,
    async close(deadlineMs) {
      stop.cancel(new TenantryError("cancelled", "closing"));
      const deadline = createCancelSource();
      const timer = clock.sleep(deadlineMs, deadline.signal).catch(() => undefined);
      // A store that hangs may hold up the writing under way: that too counts against the deadline.
      const once = Promise.resolve(retrying).then(writeWaiting);
      await Promise.race([once.catch(() => undefined), timer]);
      deadline.cancel(undefined);
      return waiting.length;
    },
  };
}

function callIdOf({ settlement, limits, release }: Closing): string | null {
  return (settlement?.line ?? settlement?.call ?? limits ?? release)?.callId ?? null;
}
