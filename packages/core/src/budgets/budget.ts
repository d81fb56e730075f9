import type { LimitScope } from "../limits/rate-limit.ts";
import type { PicoUsd } from "../money/pico-usd.ts";
import type { CalendarUnit } from "../time/period.ts";

/** Over what time a budget counts: a calendar period in the tenant's time zone, or a sliding window (R8). */
export type BudgetSpan =
  | { readonly kind: "calendar"; readonly unit: CalendarUnit }
  | { readonly kind: "rolling"; readonly windowMs: number };

/** A money limit on provider cost. */
export interface Budget {
  /** Unique within the tier: `month-tenant`. */
  readonly id: string;
  readonly limitPico: PicoUsd;
  readonly span: BudgetSpan;
  readonly scope: LimitScope;
  /** `block`: never exceeded by calls we admitted (R3). `warn`: counted and reported, never refused. */
  readonly breach: "block" | "warn";
  /**
   * Calendar budgets alone: what the period before left unspent is added to this one, at most this much (`rollover.ts`).
   * Absent: nothing is carried over.
   */
  readonly rolloverPico?: PicoUsd;
  /** Whole per cent of the limit at which spending is told, ascending; absent means `defaultAlertAtPercent`. Empty: never. */
  readonly alertAtPercent?: readonly number[];
}

/** Shares of a budget at which somebody should know. */
export const defaultAlertAtPercent: readonly number[] = [80, 100];
