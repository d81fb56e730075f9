import type { Denial } from "../limits/denial.ts";
import type { Price } from "../pricing/price.ts";
import { worstCaseCost } from "../pricing/worst-case.ts";
import { formatModelRef, type ModelRef } from "../tenancy/model-ref.ts";
import type { CallRequest } from "./call-context.ts";
import { plainDenial } from "./entitlement.ts";

/** Worst case of an attempt: what it can read and write, and what that can cost. */
export interface Worst {
  readonly inputTokens: number;
  /** Of one answer. */
  readonly maxOutputTokens: number;
  /** Input and all answers. */
  readonly tokens: number;
  /** What to hold. */
  readonly holdPico: bigint;
  /** Upper bound of the cost; null when there is none. */
  readonly atMostPico: bigint | null;
}

/** The most an attempt can read, write and cost; a denial where that has no bound and the tier wants one. */
export function worstOf<Event>(
  call: CallRequest<Event>,
  price: Price | null,
  target: ModelRef,
  { inputTokens, maxOutputTokens }: { readonly inputTokens: number; readonly maxOutputTokens: number },
): Worst | { readonly denial: Denial } {
  const { policy, work } = call;
  if (price === null && policy.unpriced === "deny") {
    return {
      denial: plainDenial(
        "unpriced_model",
        `${formatModelRef(target)} has no price now, and tier ${policy.tierId} denies unpriced models`,
      ),
    };
  }
  const outputTokens = maxOutputTokens * work.size.choices;
  const bound = { inputTokens, inputClasses: work.size.inputClasses, outputTokens };
  const boundPico = price === null ? null : worstCaseCost(price, bound);
  const holdPico = holdFor(boundPico, work.size.unbounded !== null, policy.fixedHoldPico);
  if (holdPico === null && policy.budgets.some((budget) => budget.breach === "block")) {
    const why = work.size.unbounded ?? `${formatModelRef(target)} has no complete price`;
    return {
      denial: plainDenial(
        price === null ? "unpriced_model" : "budget_exceeded",
        `the cost of this call has no upper bound (${why}), so no budget can cover it; set fixedHold on tier ${policy.tierId} to allow it`,
      ),
    };
  }
  const tokens = inputTokens + outputTokens;
  return { inputTokens, maxOutputTokens, tokens, holdPico: holdPico ?? 0n, atMostPico: holdPico };
}

/** Where part of a cost has no bound, the fixed hold comes on top of the rest: no field a caller adds makes a hold smaller. */
function holdFor(boundPico: bigint | null, isUnbounded: boolean, fixedPico: bigint | null): bigint | null {
  if (!isUnbounded) return boundPico ?? fixedPico;
  return fixedPico === null ? null : fixedPico + (boundPico ?? 0n);
}
