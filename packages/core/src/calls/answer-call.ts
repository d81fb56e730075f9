import { TenantryError } from "../errors/tenantry-error.ts";
import type { CancelSignal } from "../ports/cancel-signal.ts";
import type { Exchange } from "../ports/exchange.ts";
import type { LimitStates } from "../ports/limit-store.port.ts";
import type { ModelRef } from "../tenancy/model-ref.ts";
import { nextEvent, type OpenAttempt, untilEnded } from "./attempt.ts";
import { type BoundedQueue, createBoundedQueue } from "./bounded-queue.ts";
import type { AdmittedCall, CallPorts } from "./call-context.ts";
import { createCancelSource } from "./cancel-source.ts";
import { type CallEnded, closeAttempt } from "./close-attempt.ts";

/** A call whose provider has begun to answer. */
export interface Answering<Event> {
  readonly kind: "answering";
  readonly callId: string;
  readonly model: ModelRef;
  readonly attempts: number;
  readonly states: LimitStates;
  /** Output limit that was sent in place of the caller's, or where they named none; null where theirs holds. */
  readonly outputLimit: number | null;
  /** Ending the iteration early aborts the call; the event that completes the answer comes after its line is durable. */
  readonly events: AsyncIterable<Event>;
  /** How the call ended, when it has. Never rejects. */
  readonly ended: Promise<CallEnded>;
}

/** Pieces read ahead of a slow reader; then the provider is made to wait. */
const readAhead = 1024;
/** Time for all that comes after the end of an answer, so that its connection can be used again. */
const lingerMs = 1_000;

/**
 * From the first piece on the answer belongs to the caller: it is given on as it comes, and metered on the side. `first`
 * is null where it came whole.
 */
export function answerCall<Event>(
  ports: CallPorts,
  call: AdmittedCall<Event>,
  attempt: OpenAttempt<Event>,
  exchange: Exchange<Event>,
  first: IteratorResult<Event> | null,
): Answering<Event> {
  const { events, ended } =
    first === null ? giveWhole(ports, call, attempt, exchange) : giveOn(ports, call, attempt, exchange, first);
  // Whoever reads the answer hears of it; nobody may have to.
  ended.catch(() => undefined);
  const { target, ordinal, maxOutputTokens } = attempt.held;
  return {
    kind: "answering",
    callId: call.callId,
    model: target,
    attempts: ordinal,
    states: call.states,
    outputLimit: maxOutputTokens === call.work.size.maxOutputTokens ? null : maxOutputTokens,
    events,
    ended,
  };
}

type Given<Event> = Pick<Answering<Event>, "events" | "ended">;

/** What came whole is ended at once: nothing is left to read, and nobody can leave it half-way. */
function giveWhole<Event>(
  ports: CallPorts,
  call: AdmittedCall<Event>,
  attempt: OpenAttempt<Event>,
  { whole = [], reading }: Exchange<Event>,
): Given<Event> {
  reading.ended = true;
  const latencyMs = ports.clock.monotonicMs() - call.admittedMs;
  const ended = closeAttempt(ports, call, attempt, null, { latencyMs, ttftMs: latencyMs }) as Promise<CallEnded>;
  let at = 0;
  const next = async (): Promise<IteratorResult<Event>> => {
    // The event that completes the answer waits until the line is durable (R2).
    if (at >= whole.length - 1) await ended;
    if (at >= whole.length) return { done: true, value: undefined };
    at += 1;
    return { done: false, value: whole[at - 1] as Event };
  };
  return { events: { [Symbol.asyncIterator]: () => ({ next }) }, ended };
}

function giveOn<Event>(
  ports: CallPorts,
  call: AdmittedCall<Event>,
  attempt: OpenAttempt<Event>,
  exchange: Exchange<Event>,
  first: IteratorResult<Event>,
): Given<Event> {
  const queue = createBoundedQueue<Event>(readAhead, () =>
    attempt.source.cancel(new TenantryError("cancelled", "the caller stopped reading")),
  );
  const ended = new Promise<CallEnded>((resolve, reject) => {
    relay(ports, call, attempt, exchange, first, queue, resolve).catch(reject);
  });
  return { events: queue.values, ended };
}

/** Carries events from the provider to the caller's queue; tells `onEnded` as soon as the line is written. */
async function relay<Event>(
  ports: CallPorts,
  call: AdmittedCall<Event>,
  attempt: OpenAttempt<Event>,
  { events, reading }: Exchange<Event>,
  first: IteratorResult<Event>,
  queue: BoundedQueue<Event>,
  onEnded: (ended: CallEnded) => void,
): Promise<void> {
  let ttftMs: number | null = null;
  let closing: Promise<void> | null = null;
  const close = (error: TenantryError | null): Promise<void> => {
    const felt = { latencyMs: ports.clock.monotonicMs() - call.admittedMs, ttftMs };
    return (closing ??= closeAttempt(ports, call, attempt, error, felt).then((ended) => onEnded(ended as CallEnded)));
  };
  const linger = createCancelSource();
  let isComplete = false;
  try {
    for (let next = first; next.done !== true; next = await nextEvent(attempt, events)) {
      if (ttftMs === null && (reading.begun || reading.ended)) {
        ttftMs = ports.clock.monotonicMs() - call.admittedMs;
      }
      if (reading.ended && !isComplete) {
        // The event that completes the answer waits until the line is durable (R2).
        await close(null);
        isComplete = true;
        endAfter(ports, attempt, linger.signal);
      }
      const room = queue.push(next.value);
      if (room !== undefined && !isComplete) await untilEnded(attempt, room);
    }
    if (!isComplete && !reading.ended) throw cutOff(attempt);
    await close(null);
    queue.end();
  } catch (thrown) {
    const error = TenantryError.from(thrown);
    // A complete answer is not spoilt by how its connection ends.
    if (isComplete) return queue.end();
    try {
      await close(error);
    } finally {
      queue.end(error);
    }
  } finally {
    linger.cancel(undefined);
  }
}

/** A complete answer is not held up by a connection that does not end, nor by one that goes on. */
function endAfter<Event>(ports: CallPorts, attempt: OpenAttempt<Event>, stop: CancelSignal): void {
  ports.clock.sleep(lingerMs, stop).then(
    () => attempt.source.cancel(new TenantryError("cancelled", "the answer is complete")),
    () => undefined,
  );
}

/** A provider that stops without its closing event has not said how much it bills. */
function cutOff<Event>(attempt: OpenAttempt<Event>): TenantryError {
  return new TenantryError("upstream_error", "the answer ended before it was complete", {
    retryable: true,
    upstream: {
      kind: "cut",
      provider: attempt.held.target.provider,
      status: null,
      providerCode: null,
      requestId: null,
      retryAfterMs: null,
      fault: "provider",
      usage: null,
    },
  });
}
