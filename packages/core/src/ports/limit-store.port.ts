import type { PicoUsd } from "../money/pico-usd.ts";
import type { Instant } from "../time/instant.ts";
import type { Period } from "../time/period.ts";

/** A claim on a sliding window: `amount` calls or tokens under `key`. */
export interface WindowClaim {
  /** Identifies the count; equal keys share it. Opaque to the store. */
  readonly key: string;
  readonly limitId: string;
  readonly metric: "calls" | "tokens";
  readonly capacity: number;
  readonly windowMs: number;
  /** 1 for calls; the worst case for tokens. Whole number ≥ 0. */
  readonly amount: number;
}

/** A claim on a place among calls in flight. */
export interface LeaseClaim {
  readonly key: string;
  readonly limitId: string;
  readonly capacity: number;
}

/** A claim on money of a budget. */
export interface HoldClaim {
  /** Identifies the budget and its scope; the store adds the period. */
  readonly key: string;
  readonly budgetId: string;
  readonly limitPico: PicoUsd;
  /** Calendar: spent counts in this period. Rolling: spent counts over (t − windowMs, t]. */
  readonly span:
    | { readonly kind: "calendar"; readonly period: Period }
    | { readonly kind: "rolling"; readonly windowMs: number };
  readonly amountPico: PicoUsd;
  /** `warn` claims are counted and reported, never denied. */
  readonly breach: "block" | "warn";
  /** Calendar spans alone: what the period before adds to `limitPico`. Absent: nothing. */
  readonly rollover?: Rollover;
  /** Whole per cent of the limit, ascending, at which spending is told once. Absent or empty: never. */
  readonly alertAtPercent?: readonly number[];
}

/**
 * What a period inherits: of the period before, what is left of *its own* limit when everything spent and everything
 * still held is taken off, at least 0 and at most `atMostPico`. What that period had inherited itself is not passed on:
 * money lives one period longer and no more. Unknown attempts count with their most, open holds whole; when they settle
 * lower, more is inherited from then on.
 */
export interface Rollover {
  /** Ends where the claim's period begins. */
  readonly previous: Period;
  /** The earlier period's own limit. */
  readonly previousLimitPico: PicoUsd;
  readonly atMostPico: PicoUsd;
}

/** All claims of an admission. Any of the lists may be empty. */
export interface Claims {
  readonly windows: readonly WindowClaim[];
  readonly leases: readonly LeaseClaim[];
  readonly holds: readonly HoldClaim[];
}

export interface AdmitRequest extends Claims {
  readonly callId: string;
  /** The attempt the holds are for. */
  readonly attemptId: string;
}

export interface WindowState {
  readonly limitId: string;
  readonly metric: "calls" | "tokens";
  readonly capacity: number;
  readonly windowMs: number;
  /** After this admission; ≥ 0. */
  readonly remaining: number;
  /** When the window is empty again if nothing else is admitted. */
  readonly resetAt: Instant;
}

export interface LeaseState {
  readonly limitId: string;
  readonly capacity: number;
  readonly inFlight: number;
}

export interface BudgetState {
  readonly budgetId: string;
  /** In force: the claim's, and what was inherited from the period before. */
  readonly limitPico: PicoUsd;
  /** Settled in this period or window, unknown attempts at their most. */
  readonly spentPico: PicoUsd;
  /** Reserved by attempts in flight. */
  readonly heldPico: PicoUsd;
  readonly breach: "block" | "warn";
  /** When spent money counts no more; null for a rolling budget without spending. */
  readonly resetAt: Instant | null;
}

/** A budget as `peek` tells of it. */
export interface PeekedBudget extends BudgetState {
  /** The part of `limitPico` that was inherited; ≥ 0. */
  readonly rolledPico: PicoUsd;
  /** The highest of `alertAtPercent` that was told in this period or window; null while none was. */
  readonly toldPercent: number | null;
}

/** What `peek` answers. */
export interface PeekedStates extends LimitStates {
  readonly budgets: readonly PeekedBudget[];
}

/** Where the counts stand. */
export interface LimitStates {
  readonly windows: readonly WindowState[];
  readonly leases: readonly LeaseState[];
  readonly budgets: readonly BudgetState[];
}

/** The first claim that did not fit, in the order windows, leases, holds. */
export type Refusal =
  | {
      readonly kind: "window";
      readonly limitId: string;
      readonly metric: "calls" | "tokens";
      readonly capacity: number;
      readonly remaining: number;
      /** Earliest instant at which the same claim fits if nothing else is admitted; null when it never can (amount > capacity). */
      readonly fitsAt: Instant | null;
    }
  | { readonly kind: "lease"; readonly limitId: string; readonly capacity: number }
  | {
      readonly kind: "budget";
      readonly budgetId: string;
      /** In force, as in `BudgetState`. */
      readonly limitPico: PicoUsd;
      readonly spentPico: PicoUsd;
      readonly heldPico: PicoUsd;
      /** What was asked for. */
      readonly amountPico: PicoUsd;
      /** When spent money counts no more: the end of the period, or when enough has left the rolling window. Null when it never fits. */
      readonly resetAt: Instant | null;
    };

export type AdmitResult =
  | { readonly kind: "admitted"; readonly at: Instant; readonly states: LimitStates }
  | { readonly kind: "refused"; readonly at: Instant; readonly refusal: Refusal };

export interface LimitSettlement {
  /** The call of the attempt: both as they were admitted. */
  readonly callId: string;
  readonly attemptId: string;
  /** What counts as spent from now on in the periods the hold was taken in. May be above the hold. */
  readonly spentPico: PicoUsd;
  /** The claims the holds were taken with, for `alertAtPercent`; without them nothing is told. */
  readonly claims?: readonly HoldClaim[];
}

/** A share of a budget that has been spent, told once. */
export interface BudgetReached {
  /** Of the claim. */
  readonly key: string;
  readonly budgetId: string;
  readonly percent: number;
  /** In force when it was reached. */
  readonly limitPico: PicoUsd;
  readonly spentPico: PicoUsd;
  /** End of the period; null for a rolling window. */
  readonly resetAt: Instant | null;
}

/** What a settlement brought about. */
export interface SettledLimits {
  /** By claim, each by per cent ascending. */
  readonly reached: readonly BudgetReached[];
}

export interface LimitRelease {
  readonly callId: string;
  /** What the whole call used; replaces the stamped worst case at its stamp. Null leaves the worst case. */
  readonly tokens: number | null;
}

/** Money that turned out later to have been spent, or not to have been. */
export interface LimitSpending {
  /** Identifies the fact. */
  readonly spendingId: string;
  /** The budgets it concerns; amounts, limits and breaches of the claims are ignored. Calendar claims carry their period. */
  readonly claims: readonly HoldClaim[];
  /** Below 0 it takes back what was counted too much. */
  readonly amountPico: PicoUsd;
  /** When it was spent: the `occurredAt` of its line, on the wall clock. */
  readonly at: Instant;
}

/**
 * Limits and budgets in force: windows, calls in flight, money held and spent (R3).
 *
 * - `admit` takes all claims or none, atomically against every other caller of the same store, in this process or
 *   another. A window claim fits iff the amounts stamped in (t − windowMs, t] plus this one are ≤ capacity. A lease
 *   claim fits iff fewer than `capacity` calls hold one. A blocking hold fits iff spent + held + amount ≤ limit, the
 *   limit being the claim's and what its `rollover` adds, computed in the same step. Of what a period has drawn from
 *   the one before nothing can be claimed there any more: a call that is late in the old period fits iff it leaves the
 *   old limit's drawn part alone.
 *   t is the store's own time, which moves on as real time does while the machine runs: a wall clock that is set, back
 *   or forward, neither frees a slot nor keeps one. After the machine was started again it goes on from the wall clock,
 *   and per key never goes back. Every admitted call counts whatever its outcome; a refused one never. Claims of one request may share a
 *   key. Repeating an `attemptId` that is held is a `conflict`.
 * - Admission may become durable only together with the next `UsageLedger.open` of the same turn; a store that cannot
 *   make it durable rejects that one, and the admission is undone with it.
 * - `settle` turns the attempt's holds into spent money. Idempotent by `attemptId`: a repetition and an unknown id
 *   change nothing. `spentPico` 0 gives all back. In the same step it tells which of the claims' `alertAtPercent` are
 *   reached (spent × 100 ≥ per cent × limit, where this settlement spent anything): each once per key and period, also
 *   across processes and restarts, and for a rolling budget at most once in any window; after a higher one a lower is
 *   told no more. What is told is durable with the spending, so a process that dies may take the telling with it and
 *   nobody hears twice.
 * - `release` ends the call: its leases go, its token stamps become what was used (debt allowed). Idempotent.
 * - `spend` moves spent money outside an admission, for facts that come after. The amount counts in every budget of the
 *   claims, whatever their limits: what is owed is never refused. Calendar: in the period the claim names. Rolling:
 *   stamped at `at`, for as long as that is in the window; nothing is ever stamped later than the budget's time. A
 *   budget claimed twice counts it once.
 *   A negative amount takes back at most what is there, of rolling money the earliest from `at` on, and nothing from a
 *   budget first claimed more than a minute after `at`: what never counted there cannot be taken back, or the budget
 *   would admit more than it has (R3). Rolling money that has left the window, and a calendar period 32 days after the end
 *   of the next one, change no more. Which alerts are reached by it is told with the next settlement. Idempotent by `spendingId` for at least as long as it can count; the first wins.
 *   Durable on return; handed in together with a `UsageLedger.settle` of the same turn it is committed with it, where
 *   both share a store. An attempt's hold is settled before its money is corrected.
 * - `peek` says where the counts stand for these claims (their amounts are ignored) and changes nothing.
 * - `recover` drops leases and holds of owners *proven* dead; call it after their open intents have been settled.
 *   It never touches a living owner and never frees a window slot. Where ledger and limits share a store, a hold whose
 *   attempt already has its line becomes that line's cost.
 *
 * Money is exact beyond 2⁶³ in sums. Keys may contain any character. Errors: `unavailable` when the store cannot be
 * reached or written, within a bounded time; nothing is taken then.
 */
export interface LimitStore {
  admit(request: AdmitRequest): Promise<AdmitResult>;
  settle(settlement: LimitSettlement): Promise<SettledLimits>;
  release(release: LimitRelease): Promise<void>;
  spend(spending: LimitSpending): Promise<void>;
  peek(claims: Claims): Promise<PeekedStates>;
  recover(): Promise<{ readonly leases: number; readonly holds: number }>;
}
