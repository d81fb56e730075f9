import { claimsFor, holdsFor } from "../limits/claims.ts";
import type { Denial } from "../limits/denial.ts";
import { refusalToDenial } from "../limits/refusal-to-denial.ts";
import type { AdmitResult, Claims, LimitStates, Refusal } from "../ports/limit-store.port.ts";
import type { ModelRef } from "../tenancy/model-ref.ts";
import type { Policy } from "../tenancy/tenant.ts";
import type { Instant } from "../time/instant.ts";
import type { CallPorts, CallRequest, HeldAttempt } from "./call-context.ts";
import { type Worst, worstOf } from "./worst-of.ts";

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

type Refused = Extract<AdmitResult, { kind: "refused" }>;

/** One asking of the store: what for, and what it said. */
interface Asked {
  readonly worst: Worst;
  readonly claims: Claims;
  readonly result: AdmitResult;
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
  const worstWith = (inputTokens: number, maxOutputTokens: number): Worst | { readonly denial: Denial } =>
    worstOf(call, book.find(target, now, call.who.tenantId), target, { inputTokens, maxOutputTokens });
  const take = (worst: Worst): Promise<Asked> => {
    const claims = claimsOf(call, ordinal, worst, now);
    const admitting = ports.limits.admit({ callId: call.callId, attemptId, ...claims });
    return admitting.then((result) => ({ worst, claims, result }));
  };

  const bytes = worstWith(call.work.size.inputTokens, call.maxOutputTokens);
  if ("denial" in bytes) return { kind: "denied", denial: bytes.denial };
  let asked = await take(bytes);
  if (asked.result.kind === "refused" && dependsOnTokens(asked.result)) {
    // The cheap bound of one token a byte was too dear; an exact count may fit.
    const exact = await exactInputTokens(ports, call, target);
    const tighter = exact === null ? bytes : worstWith(exact, call.maxOutputTokens);
    if (!("denial" in tighter) && tighter.tokens < bytes.tokens) asked = await take(tighter);
  }
  if (asked.result.kind === "refused") {
    const { inputTokens } = asked.worst;
    asked = await clampToBudget(call, asked, take, (limit) => worstWith(inputTokens, limit) as Worst);
  }
  const { result, worst, claims } = asked;
  if (result.kind === "refused") {
    return { kind: "denied", denial: refusalToDenial(afterReset(result.refusal, call.policy), result.at) };
  }
  const { holdPico, atMostPico, tokens: atMostTokens, maxOutputTokens } = worst;
  const amounts = { holdPico, atMostPico, atMostTokens, maxOutputTokens, holds: claims.holds };
  const attempt = { attemptId, ordinal, target, ...amounts, at: now, book };
  return { kind: "admitted", at: result.at, states: result.states, attempt };
}

/** How often a limit that fitted when it was read may no longer fit when it is claimed. */
const lostRaces = 2;

/**
 * Asks for less output until it fits, where the tier wants that. What is asked for is always held whole (R3): how much
 * is left is read from the refusal, and whether it still is decides the store.
 */
async function clampToBudget<Event>(
  { policy, maxOutputTokens }: CallRequest<Event>,
  first: Asked,
  take: (worst: Worst) => Promise<Asked>,
  worstWith: (maxOutputTokens: number) => Worst,
): Promise<Asked> {
  const { clampToBudget: clamp } = policy;
  if (clamp === null || maxOutputTokens <= clamp.minOutputTokens) return first;
  // Each of several budgets may have less left than the one before it.
  let tries = policy.budgets.length + lostRaces;
  let asked = first;
  while (asked.result.kind === "refused" && asked.result.refusal.kind === "budget" && tries > 0) {
    const { limitPico, spentPico, heldPico } = asked.result.refusal;
    const leftPico = limitPico - spentPico - heldPico;
    const { maxOutputTokens: tooMany } = asked.worst;
    if (tooMany <= clamp.minOutputTokens) break;
    // Where not even the least fits it is asked for all the same: the refusal then says when that would fit.
    const most = mostWithin(clamp.minOutputTokens, tooMany - 1, (tokens) => worstWith(tokens).holdPico <= leftPico);
    asked = await take(worstWith(most));
    tries -= 1;
  }
  return asked;
}

/** The largest whole number from `least` to `most` that fits, where all below one that fits do; `least` when none does. */
function mostWithin(least: number, most: number, fits: (tokens: number) => boolean): number {
  let low = least;
  let high = most;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** What was topped up is gone when the period is over: whether waiting for it helps depends on the budget's own limit. */
function afterReset(refusal: Refusal, { budgets }: Policy): Refusal {
  if (refusal.kind !== "budget" || refusal.resetAt === null) return refusal;
  const own = budgets.find(({ id }) => id === refusal.budgetId)?.limitPico ?? 0n;
  return refusal.amountPico <= own ? refusal : { ...refusal, resetAt: null };
}

function claimsOf<Event>(call: CallRequest<Event>, ordinal: number, worst: Worst, now: Instant): Claims {
  const at = { now, timeZone: call.timeZone, topUps: call.topUps };
  if (ordinal > 1) return { windows: [], leases: [], holds: holdsFor(call.policy, call.who, at, worst.holdPico) };
  return claimsFor(call.policy, call.who, at, { tokens: worst.tokens, costPico: worst.holdPico });
}

function dependsOnTokens(result: Refused): boolean {
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
