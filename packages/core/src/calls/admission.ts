import { claimsFor, holdsFor } from "../limits/claims.ts";
import type { Denial } from "../limits/denial.ts";
import { refusalToDenial } from "../limits/refusal-to-denial.ts";
import type { AdmitResult, Claims, LimitStates } from "../ports/limit-store.port.ts";
import type { Price } from "../pricing/price.ts";
import { worstCaseCost } from "../pricing/worst-case.ts";
import { formatModelRef, type ModelRef } from "../tenancy/model-ref.ts";
import type { Instant } from "../time/instant.ts";
import type { CallPorts, CallRequest, HeldAttempt } from "./call-context.ts";
import { plainDenial } from "./entitlement.ts";

export type Admission =
  | { readonly kind: "admitted"; readonly at: Instant; readonly states: LimitStates; readonly attempt: HeldAttempt }
  | { readonly kind: "denied"; readonly denial: Denial };

/** Takes every slot, place and hold the call needs for its first attempt, or none (R3). */
export function admitCall<Event>(ports: CallPorts, call: CallRequest<Event>): Promise<Admission> {
  return admit(ports, call, call.route[0], 1);
}

/** Takes the hold of a further attempt. The call's slots and place are its own already. */
export async function holdAttempt<Event>(
  ports: CallPorts,
  call: CallRequest<Event>,
  target: ModelRef,
  ordinal: number,
): Promise<Admission> {
  return await admit(ports, call, target, ordinal);
}

/** Worst case of an attempt: what it can read and write, and what that can cost. */
interface Worst {
  readonly tokens: number;
  /** What to hold. */
  readonly holdPico: bigint;
  /** Upper bound of the cost; null when there is none. */
  readonly atMostPico: bigint | null;
}

async function admit<Event>(
  ports: CallPorts,
  call: CallRequest<Event>,
  target: ModelRef,
  ordinal: number,
): Promise<Admission> {
  const attemptId = ports.ids.next("att");
  const now = ports.clock.now();
  const book = ports.prices.current();
  const take = (worst: Worst): Promise<AdmitResult> =>
    ports.limits.admit({ callId: call.callId, attemptId, ...claims(call, ordinal, worst, now) });

  let worst = worstOf(call, book.find(target, now, call.who.tenantId), target, call.work.size.inputTokens);
  if ("denial" in worst) return { kind: "denied", denial: worst.denial };
  let result = await take(worst);
  if (result.kind === "refused" && dependsOnTokens(result)) {
    // The cheap bound of one token a byte was too dear; an exact count may fit.
    const exact = await exactInputTokens(ports, call, target);
    const tighter = exact === null ? worst : worstOf(call, book.find(target, now, call.who.tenantId), target, exact);
    if (!("denial" in tighter) && tighter.tokens < worst.tokens) {
      worst = tighter;
      result = await take(worst);
    }
  }
  if (result.kind === "refused") return { kind: "denied", denial: refusalToDenial(result.refusal, result.at) };
  const { holdPico, atMostPico, tokens: atMostTokens } = worst;
  const attempt = { attemptId, ordinal, target, holdPico, atMostPico, atMostTokens, at: now, book };
  return { kind: "admitted", at: result.at, states: result.states, attempt };
}

function claims<Event>(call: CallRequest<Event>, ordinal: number, worst: Worst, now: Instant): Claims {
  const at = { now, timeZone: call.timeZone };
  if (ordinal > 1) return { windows: [], leases: [], holds: holdsFor(call.policy, call.who, at, worst.holdPico) };
  return claimsFor(call.policy, call.who, at, { tokens: worst.tokens, costPico: worst.holdPico });
}

function dependsOnTokens(result: Extract<AdmitResult, { kind: "refused" }>): boolean {
  const { refusal } = result;
  return refusal.kind === "budget" || (refusal.kind === "window" && refusal.metric === "tokens");
}

async function exactInputTokens<Event>(
  ports: CallPorts,
  call: CallRequest<Event>,
  target: ModelRef,
): Promise<number | null> {
  const { size } = call.work;
  const count = await ports.tokens.count(target.model, size.text());
  return count.exact ? Math.min(size.inputTokens, count.tokens + size.overheadTokens) : null;
}

function worstOf<Event>(
  call: CallRequest<Event>,
  price: Price | null,
  target: ModelRef,
  inputTokens: number,
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
  const outputTokens = call.maxOutputTokens * work.size.choices;
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
  return { tokens: inputTokens + outputTokens, holdPico: holdPico ?? 0n, atMostPico: holdPico };
}

/** Where part of a cost has no bound, the fixed hold comes on top of the rest: no field a caller adds makes a hold smaller. */
function holdFor(boundPico: bigint | null, isUnbounded: boolean, fixedPico: bigint | null): bigint | null {
  if (!isUnbounded) return boundPico ?? fixedPico;
  return fixedPico === null ? null : fixedPico + (boundPico ?? 0n);
}
