import { TenantryError } from "../errors/tenantry-error.ts";
import type { UpstreamFailure } from "../errors/upstream-failure.ts";
import { objectiveIds } from "../metering/call-record.ts";
import type { Intent } from "../metering/ledger-line.ts";
import type { Exchange } from "../ports/exchange.ts";
import type { AttemptSpan } from "../ports/telemetry.port.ts";
import { type AdmittedCall, type CallPorts, type HeldAttempt, timeLeftMs } from "./call-context.ts";
import { type CancelSource, createCancelSource } from "./cancel-source.ts";
import { untilCancelled } from "./until-cancelled.ts";

/** What is durable of an attempt before it is sent. */
export interface WrittenIntent {
  readonly intent: Intent;
  /** What `beforeFirstAttempt` answered; undefined where nobody waits. Nothing is sent before it resolves. */
  readonly announced: Promise<void> | undefined;
}

/** An attempt on its way: its intent is durable. */
export interface OpenAttempt<Event> extends WrittenIntent {
  readonly held: HeldAttempt;
  readonly span: AttemptSpan;
  readonly source: CancelSource;
  /** Monotonic ms at the start. */
  readonly startedMs: number;
  /** Stops the clock of the attempt's time limit. */
  stopTimer(): void;
  /** Set once the provider has begun to answer. */
  exchange: Exchange<Event> | null;
}

/**
 * Makes the intent durable (R2), and tells first who wants to know of the call: in the same turn, so that a store that
 * commits a turn at once has both or neither after a crash, and no other store has the intent alone. When that fails nothing has been sent: what was taken is given back, and the call is
 * refused with `unavailable`.
 */
export async function writeIntent<Event>(
  ports: CallPorts,
  call: AdmittedCall<Event>,
  held: HeldAttempt,
): Promise<WrittenIntent> {
  const intent: Intent = {
    ...call.who,
    attemptId: held.attemptId,
    callId: call.callId,
    tierId: call.policy.tierId,
    ordinal: held.ordinal,
    target: held.target,
    occurredAt: held.at,
    admittedAt: call.admittedAt,
    atMostPico: held.atMostPico,
    objectiveIds: objectiveIds(call.policy.objectives),
  };
  const announced = held.ordinal === 1 ? announce(call) : undefined;
  try {
    await ports.ledger.open(intent);
    return { intent, announced };
  } catch (cause) {
    await undo(ports, call, held);
    throw new TenantryError("unavailable", "the ledger cannot be written, so nothing was sent; retry later", {
      retryable: true,
      cause,
    });
  }
}

async function undo<Event>(ports: CallPorts, call: AdmittedCall<Event>, held: HeldAttempt): Promise<void> {
  const { callId } = call;
  await ports.settler.settle({
    settlement: null,
    limits: { callId, attemptId: held.attemptId, spentPico: 0n },
    release: held.ordinal === 1 ? { callId, tokens: 0 } : null,
  });
}

/** One for all: an error of its own would cost every call a stack trace nobody reads. */
const attemptEnded = new TenantryError("cancelled", "the attempt has ended");

/** Starts the attempt's span and its time limit. Nothing is sent yet. */
export function startAttempt<Event>(
  ports: CallPorts,
  call: AdmittedCall<Event>,
  held: HeldAttempt,
  { intent, announced }: WrittenIntent,
): OpenAttempt<Event> {
  const { clock } = ports;
  const { work, policy } = call;
  const source = createCancelSource(call.input.signal);
  const timer = createCancelSource();
  const limitMs = Math.min(policy.attemptTimeoutMs ?? Infinity, timeLeftMs(call, clock));
  clock.sleep(limitMs, timer.signal).then(
    () => source.cancel(new TenantryError("upstream_timeout", `no complete answer within ${Math.round(limitMs)} ms`)),
    () => undefined,
  );
  const span = call.span.startAttempt({
    attemptId: held.attemptId,
    ordinal: held.ordinal,
    target: held.target,
    kind: work.kind,
    streamed: work.streamed,
    request: { temperature: work.temperature, topP: work.topP, maxOutputTokens: held.maxOutputTokens },
    messages: policy.traceContent ? work.messages : null,
    tools: policy.traceContent ? (work.tools ?? []) : null,
  });
  return {
    held,
    intent,
    announced,
    span,
    source,
    startedMs: clock.monotonicMs(),
    stopTimer: () => timer.cancel(attemptEnded),
    exchange: null,
  };
}

/** Sends the request and waits for the first piece of the answer; null where it came whole. Throws `TenantryError` with `upstream`. */
export async function sendAttempt<Event>(
  call: AdmittedCall<Event>,
  attempt: OpenAttempt<Event>,
): Promise<{ readonly exchange: Exchange<Event>; readonly first: IteratorResult<Event> | null }> {
  const { attemptId, target, maxOutputTokens } = attempt.held;
  if (attempt.announced !== undefined) await untilAnnounced(attempt, attempt.announced);
  const { policy, who } = call;
  const { signal } = attempt.source;
  const options = { attemptId, tenantId: who.tenantId, store: policy.store, signal, maxOutputTokens };
  const opening = attempt.span.within(() => call.work.open(target, options));
  const exchange = await untilEnded(attempt, opening);
  attempt.exchange = exchange;
  return { exchange, first: exchange.whole === undefined ? await nextEvent(attempt, exchange.events) : null };
}

function announce<Event>({ input, callId }: AdmittedCall<Event>): Promise<void> | undefined {
  let telling: Promise<void> | void;
  try {
    telling = input.beforeFirstAttempt?.(callId);
  } catch (error) {
    telling = Promise.reject(TenantryError.from(error));
  }
  if (!(telling instanceof Promise)) return undefined;
  // Nobody waits for it where the intent cannot be written.
  telling.catch(() => undefined);
  return telling;
}

/** A failure there is one of ours, and costs nothing. */
async function untilAnnounced<Event>(attempt: OpenAttempt<Event>, announced: Promise<void>): Promise<void> {
  try {
    await untilEnded(attempt, announced);
  } catch (thrown) {
    const { code, message, publicMessage, retryable } = TenantryError.from(thrown);
    const upstream: UpstreamFailure = {
      kind: "not-sent",
      provider: attempt.held.target.provider,
      status: null,
      providerCode: null,
      requestId: null,
      retryAfterMs: null,
      // Neither a retry nor another model would help.
      fault: "caller",
      usage: null,
    };
    throw new TenantryError(code, message, { publicMessage, retryable, upstream, cause: thrown });
  }
}

/** The next piece of the answer, or the reason why there is none. */
export async function nextEvent<Event>(
  attempt: OpenAttempt<Event>,
  events: AsyncIterator<Event>,
): Promise<IteratorResult<Event>> {
  try {
    return await untilEnded(attempt, events.next());
  } catch (error) {
    // Lets go of the connection where the iterator is not the one that failed.
    void Promise.resolve(events.return?.()).catch(() => undefined);
    throw error;
  }
}

/** What is awaited during an attempt, or the reason why the attempt has ended, whichever is first. */
export function untilEnded<Event, Value>(attempt: OpenAttempt<Event>, pending: Promise<Value>): Promise<Value> {
  return untilCancelled(pending, attempt.source.signal, (error) => attemptError(attempt, error));
}

/** Our own signal explains the failure better than whatever the closed connection threw. */
function attemptError<Event>(attempt: OpenAttempt<Event>, error: unknown): TenantryError {
  const { signal } = attempt.source;
  if (TenantryError.is(error) && error.upstream !== null) return error;
  if (!signal.aborted) return TenantryError.from(error);
  const timedOut = TenantryError.is(signal.reason) && signal.reason.code === "upstream_timeout";
  const upstream: UpstreamFailure = {
    kind: timedOut ? "timeout" : "aborted",
    provider: attempt.held.target.provider,
    status: null,
    providerCode: null,
    requestId: null,
    retryAfterMs: null,
    fault: timedOut ? "provider" : "caller",
    usage: null,
  };
  return timedOut
    ? new TenantryError("upstream_timeout", (signal.reason as TenantryError).message, { upstream, retryable: true })
    : new TenantryError("cancelled", "the caller gave up", { upstream, cause: signal.reason });
}
