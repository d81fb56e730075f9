import { TenantryError } from "../errors/tenantry-error.ts";
import type { Denial } from "../limits/denial.ts";
import type { Attribution } from "../metering/ledger-line.ts";
import { formatModelRef, type ModelRef } from "../tenancy/model-ref.ts";
import { resolvePolicy } from "../tenancy/resolve-policy.ts";
import { admitCall, holdAttempt } from "./admission.ts";
import { type Answering, answerCall } from "./answer-call.ts";
import { type OpenAttempt, sendAttempt, startAttempt, writeIntent } from "./attempt.ts";
import { type AdmittedCall, type CallPorts, type CallRequest, type HeldAttempt, timeLeftMs } from "./call-context.ts";
import { attributionOf, type CallInput } from "./call-input.ts";
import { type CallEnded, closeAttempt, closeCall } from "./close-attempt.ts";
import { entitlementOf, plainDenial } from "./entitlement.ts";
import { nextStep } from "./retry-plan.ts";
import type { Work } from "./work.ts";

/** What became of a call. A denial is a value; so is a failure that was metered. */
export type Metered<Event> =
  | { readonly kind: "denied"; readonly callId: string; readonly denial: Denial }
  | {
      readonly kind: "failed";
      readonly callId: string;
      readonly error: TenantryError;
      /** The budget that ended the chain, when one did. */
      readonly denial: Denial | null;
      readonly ended: CallEnded;
    }
  | Answering<Event>;

/**
 * The one way a call is made: who is it and may they → admit (windows, places, money) → for each attempt: hold, durable
 * intent, send, settle → observe. Retries and falls back along the tier's route until the caller has seen a byte.
 *
 * Throws `invalid_request` for bad ids, `cancelled` when the caller gave up before admission, and `unavailable` when a
 * store of ours failed before anything was sent.
 */
export async function meteredCall<Event>(
  ports: CallPorts,
  input: CallInput,
  work: Work<Event>,
): Promise<Metered<Event>> {
  const callId = ports.ids.next("call");
  const identified = await identify(ports, callId, input, work);
  if (identified.kind === "denied") return await deny(ports, callId, identified.who, null, identified.denial);

  const { request } = identified;
  const admission = await admitCall(ports, request).catch((error: unknown) => {
    request.span.deny({ code: "unavailable", message: "the limit store failed", limitId: null });
    throw error;
  });
  if (admission.kind === "denied") {
    request.span.deny(admission.denial);
    return await deny(ports, callId, request.who, request.route[0], admission.denial);
  }
  const call: AdmittedCall<Event> = {
    ...request,
    admittedAt: admission.at,
    admittedMs: ports.clock.monotonicMs(),
    timeoutMs: Math.min(request.policy.timeoutMs, input.timeoutMs ?? Infinity),
    states: admission.states,
    tokens: [],
    lines: [],
    budgetEvents: [],
  };
  return await runChain(ports, call, admission.attempt);
}

type Identified<Event> =
  | { readonly kind: "request"; readonly request: CallRequest<Event> }
  | { readonly kind: "denied"; readonly who: Attribution; readonly denial: Denial };

async function identify<Event>(
  ports: CallPorts,
  callId: string,
  input: CallInput,
  work: Work<Event>,
): Promise<Identified<Event>> {
  const claimed = attributionOf(input, input.features ?? []);
  if (input.signal?.aborted === true) {
    throw new TenantryError("cancelled", "the caller gave up before the call was admitted", {
      cause: input.signal.reason,
    });
  }
  const tenant = await ports.tenants.find(input.tenantId);
  if (tenant === null) {
    const denial = plainDenial("unknown_tenant", `there is no tenant ${input.tenantId}`);
    return { kind: "denied", who: claimed, denial };
  }
  const tier = ports.tiers.get(tenant.tier);
  if (tier === undefined) {
    throw new TenantryError(
      "invalid_configuration",
      `tenant ${tenant.id} is on tier ${tenant.tier}, which is not configured`,
    );
  }
  const policy = resolvePolicy(tier, tenant);
  const entitlement = entitlementOf(tenant, policy, input);
  if (entitlement.kind === "denied") return { kind: "denied", who: claimed, denial: entitlement.denial };

  const who = attributionOf(input, entitlement.features);
  const route = usableRoute(ports, work, policy.unpriced, who, entitlement.route);
  const span = ports.telemetry.startCall({
    ...who,
    callId,
    operation: input.operation ?? input.feature ?? "call",
    tierId: policy.tierId,
    model: route[0],
    traceparent: input.traceparent ?? null,
  });
  const maxOutputTokens = Math.min(policy.maxOutputTokens, work.size.maxOutputTokens ?? Infinity);
  const { timeZone, topUps } = tenant;
  const request = { callId, input, who, policy, timeZone, topUps, route, work, span, maxOutputTokens };
  return { kind: "request", request };
}

/**
 * The route without models nobody connected, and without fallbacks nobody can price where the tier wants prices. When
 * nothing is connected the first model stays, so that the failure says so.
 */
function usableRoute<Event>(
  ports: CallPorts,
  work: Work<Event>,
  unpriced: "deny" | "allow",
  who: Attribution,
  route: readonly [ModelRef, ...ModelRef[]],
): readonly [ModelRef, ...ModelRef[]] {
  const isPriced = (target: ModelRef): boolean =>
    unpriced === "allow" || ports.prices.current().find(target, ports.clock.now(), who.tenantId) !== null;
  const [first = route[0], ...fallbacks] = route.filter((target) => work.reaches(target));
  return [first, ...fallbacks.filter(isPriced)];
}

async function deny<Event>(
  ports: CallPorts,
  callId: string,
  who: Attribution,
  model: ModelRef | null,
  denial: Denial,
): Promise<Metered<Event>> {
  // An unknown tenant has no books to count in.
  if (denial.code !== "unknown_tenant") {
    const { tenantId, userId, feature } = who;
    const count = {
      tenantId,
      userId,
      feature,
      model: model === null ? null : formatModelRef(model),
      code: denial.code,
      at: ports.clock.now(),
    };
    await ports.ledger.deny(count).catch((error: unknown) => {
      ports.log.warn("denial-not-counted", { callId, reason: TenantryError.from(error).message });
    });
  }
  return { kind: "denied", callId, denial };
}

/** Attempts one after the other, until one answers or no further one may be made. */
async function runChain<Event>(
  ports: CallPorts,
  call: AdmittedCall<Event>,
  firstAttempt: HeldAttempt,
): Promise<Metered<Event>> {
  let held = firstAttempt;
  let place = 0;
  let tries = 1;
  for (;;) {
    const opened = await openAttempt(ports, call, held);
    if (opened.kind === "failed") return failed(call, opened.ended, null);
    const { attempt } = opened;
    let error: TenantryError;
    try {
      const { exchange, first } = await sendAttempt(call, attempt);
      return answerCall(ports, call, attempt, exchange, first);
    } catch (thrown) {
      error = TenantryError.from(thrown);
    }
    const step = nextStep({
      failure: error.upstream,
      attempts: tries,
      retries: call.policy.retries,
      hasNext: place + 1 < call.route.length,
      leftMs: timeLeftMs(call, ports.clock),
      jitter: jitterOf(held.attemptId),
    });
    if (step.kind === "stop") {
      const felt = { latencyMs: ports.clock.monotonicMs() - call.admittedMs, ttftMs: null };
      return failed(call, (await closeAttempt(ports, call, attempt, error, felt)) as CallEnded, null);
    }
    await closeAttempt(ports, call, attempt, error, null);
    if (step.kind === "retry") {
      tries += 1;
      const gaveUp = await pause(ports, call, step.afterMs);
      if (gaveUp !== null) return failed(call, await closeCall(ports, call, gaveUp, "cancelled"), null);
    } else {
      place += 1;
      tries = 1;
    }
    const admission = await holdAttempt(ports, call, call.route[place] as ModelRef, held.ordinal + 1).catch(
      (thrown: unknown) => TenantryError.from(thrown),
    );
    if (admission instanceof Error) return failed(call, await closeCall(ports, call, error, admission.code), null);
    if (admission.kind === "denied") {
      return failed(call, await closeCall(ports, call, error, admission.denial.code), admission.denial);
    }
    held = admission.attempt;
  }
}

/** Writes the intent and starts the attempt. A first attempt that cannot be written was never a call. */
async function openAttempt<Event>(
  ports: CallPorts,
  call: AdmittedCall<Event>,
  held: HeldAttempt,
): Promise<
  | { readonly kind: "open"; readonly attempt: OpenAttempt<Event> }
  | { readonly kind: "failed"; readonly ended: CallEnded }
> {
  try {
    const written = await writeIntent(ports, call, held);
    return { kind: "open", attempt: startAttempt(ports, call, held, written) };
  } catch (thrown) {
    const error = TenantryError.from(thrown);
    if (held.ordinal > 1) return { kind: "failed", ended: await closeCall(ports, call, error, error.code) };
    call.span.deny({ code: "unavailable", message: error.message, limitId: null });
    throw error;
  }
}

async function pause<Event>(
  ports: CallPorts,
  call: AdmittedCall<Event>,
  afterMs: number,
): Promise<TenantryError | null> {
  try {
    await ports.clock.sleep(afterMs, call.input.signal);
    return null;
  } catch (cause) {
    return new TenantryError("cancelled", "the caller gave up between two attempts", { cause });
  }
}

function failed<Event>(call: AdmittedCall<Event>, ended: CallEnded, denial: Denial | null): Metered<Event> {
  const error = ended.error ?? new TenantryError("internal", "a call failed without an error");
  return { kind: "failed", callId: call.callId, error, denial, ended };
}

/** A number in [0, 1) from an id, so that core needs no source of randomness. */
function jitterOf(id: string): number {
  let hash = 2_166_136_261;
  for (let index = 0; index < id.length; index += 1) hash = Math.imul(hash ^ id.charCodeAt(index), 16_777_619);
  return (hash >>> 0) / 2 ** 32;
}
