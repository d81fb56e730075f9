import type { Budget } from "../budgets/budget.ts";
import type { ConcurrencyLimit, RateLimit } from "../limits/rate-limit.ts";
import type { PicoUsd } from "../money/pico-usd.ts";
import type { ChargePolicy } from "../pricing/charge.ts";
import type { Objective } from "../sla/objective.ts";
import type { ModelAlias } from "./find-model.ts";
import type { ModelRef } from "./model-ref.ts";

/** What a customer bought. All of it can be overridden per tenant. */
export interface TierPolicy {
  /** Models in order of preference: the first is the default, the rest are fallbacks. Never empty. */
  readonly route: readonly ModelRef[];
  /** Further names of models of the route. */
  readonly aliases: readonly ModelAlias[];
  /** What the tenant may use (`summary`, `action_items`); a call that asks for another is denied. Empty is none. */
  readonly features: readonly string[];
  readonly limits: readonly RateLimit[];
  readonly concurrency: readonly ConcurrencyLimit[];
  readonly budgets: readonly Budget[];
  /** Empty is "best effort": never reported as passing an objective. */
  readonly objectives: readonly Objective[];
  readonly charge: ChargePolicy;
  /** Models without a price: refuse the call, or allow it and flag its lines (R6). */
  readonly unpriced: "deny" | "allow";
  /**
   * What to hold for the part of a request whose cost has no upper bound, on top of what its text and output can cost;
   * null denies such requests under a blocking budget.
   */
  readonly fixedHoldPico: PicoUsd | null;
  /** Upper limit of output tokens a call, also sent to the provider, so that a hold is a bound. */
  readonly maxOutputTokens: number;
  /**
   * What becomes of a call whose worst case is more than a blocking budget has left. Null: it is refused. Otherwise its
   * output limit is lowered until it fits, to this many tokens at least; where not even those fit it is refused.
   */
  readonly clampToBudget: { readonly minOutputTokens: number } | null;
  /** Whole call, retries and fallbacks included. */
  readonly timeoutMs: number;
  /** One attempt at most, so that a provider that hangs leaves time for the next; null is the whole call's time. */
  readonly attemptTimeoutMs: number | null;
  /** Further tries of one model before the next of the route; 0 is one attempt a model. */
  readonly retries: number;
  /** Whether prompts and answers go to the telemetry platform (R10). */
  readonly traceContent: boolean;
  /**
   * Whether an answer to a call with an `Idempotency-Key` is kept for minutes, sealed, to be given again (R10). Without it a
   * repeated key is refused once its call was made.
   */
  readonly keepAnswers: boolean;
  /**
   * Whether it is left to the request if the provider keeps the answer in its account, which all tenants share (R4). What is
   * kept there cannot be asked for again through us.
   */
  readonly store: boolean;
  /**
   * Whether the tenant's own key may see provider cost. Null: where it pays just that, and nowhere else; what is charged by
   * other rules, or partly included, would tell the margin.
   */
  readonly showCost: boolean | null;
}

export interface Tier extends TierPolicy {
  readonly id: string;
  readonly name: string;
}
