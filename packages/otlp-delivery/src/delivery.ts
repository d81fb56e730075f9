import { AsyncLocalStorage } from "node:async_hooks";
import { context, ROOT_CONTEXT } from "@opentelemetry/api";
import { suppressTracing } from "@opentelemetry/core";
import type { Clock, Telemetry } from "@tenantry/core";
import { createBackoff } from "./backoff.ts";
import type { DeliverySettings } from "./delivery-options.ts";
import { createExportQueue, type Exportable } from "./export-queue.ts";
import type { SendRequest } from "./send-request.ts";
import type { ThrottledLog } from "./throttled-log.ts";
import { type DeliveryOutcome, rejectedInJson, toOutcome } from "./to-outcome.ts";

export interface Delivery<Item extends Exportable> extends Pick<Telemetry, "flush" | "close" | "counts"> {
  /** Queues an item, or drops and counts it. Returns at once. */
  add(item: Item): void;
  /** Counts an item that could not be made. */
  lose(): void;
}

/** Where items go, and in what form. */
export interface DeliveryTarget<Item extends Exportable> {
  /** What the log calls the items. */
  readonly what: "spans" | "metrics";
  readonly url: URL;
  /** All of them, `Content-Type` included. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body of one export. */
  readonly toBody: (items: readonly Item[]) => Uint8Array | Promise<Uint8Array>;
  /** How many items the body of a successful answer says were not taken. Default: as an answer in JSON says it. */
  readonly rejectedIn?: (body: Uint8Array) => number;
  readonly send: SendRequest;
}

interface Waiter {
  /** Met when this many items have left the queue since the start. */
  readonly until: number;
  readonly wake: () => void;
}

/** The longest delay a timer takes. */
const maxTimerMs = 2 ** 31 - 1;

/**
 * Sends what is queued, one request at a time, in order: when a batch is full, when its oldest item has waited
 * `flushIntervalMs`, or when somebody flushes. Timers never keep the process alive, except the deadline of a flush that
 * somebody awaits.
 */
export function createDelivery<Item extends Exportable>(
  target: DeliveryTarget<Item>,
  settings: DeliverySettings,
  ports: { readonly clock: Clock; readonly log: ThrottledLog },
): Delivery<Item> {
  const { clock, log } = ports;
  const { what } = target;
  const queue = createExportQueue<Item>(settings.maxQueue, settings.maxQueueBytes);
  const backoff = createBackoff(settings.retryDelayMs);
  const abort = new AbortController();
  const waiters = new Set<Waiter>();
  // Timers and sockets would else keep the asynchronous context, and with it the data, of the call that caused them.
  const outside = AsyncLocalStorage.snapshot();
  let sent = 0;
  let dropped = 0;
  let accepted = 0;
  let settled = 0;
  let maxBatch = settings.maxBatch;
  let tries = 0;
  let sending = false;
  let woken = false;
  let closing: Promise<void> | null = null;
  let stopped = false;
  let timer: NodeJS.Timeout | null = null;
  /** What the timer is for: a batch that fills, a pause of ours, or a pause the collector asked for. */
  let pause: "fill" | "backoff" | "asked" | null = null;

  function arm(kind: NonNullable<typeof pause>, delayMs: number): void {
    disarm();
    pause = kind;
    timer = outside(() => setTimeout(onTimer, Math.min(delayMs, maxTimerMs)));
    timer.unref();
  }

  function disarm(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    pause = null;
  }

  function onTimer(): void {
    timer = null;
    pause = null;
    start();
  }

  /** Starts sending in a later turn, so that no call waits while a batch is put together. */
  function wakeUp(): void {
    if (woken) return;
    woken = true;
    outside(() =>
      setImmediate(() => {
        woken = false;
        if (pause === "fill") disarm();
        if (pause === null) start();
      }),
    );
  }

  function start(): void {
    if (sending || stopped || queue.size() === 0) return;
    disarm();
    sending = true;
    void sendBatch().then(next);
  }

  function next(): void {
    sending = false;
    if (stopped || queue.size() === 0 || pause !== null) return;
    if (waiters.size > 0 || queue.size() >= settings.maxBatch) start();
    else arm("fill", settings.flushIntervalMs);
  }

  async function sendBatch(): Promise<void> {
    const batch = queue.peek(maxBatch, settings.maxBatchBytes);
    const outcome = await post(batch);
    if (!stopped) apply(outcome, batch.length);
  }

  /** Never rejects. Suppressed, so that HTTP instrumentation neither traces it nor adds headers to it. */
  async function post(batch: readonly Item[]): Promise<DeliveryOutcome> {
    const { url, headers, toBody, rejectedIn = rejectedInJson, send } = target;
    const timeoutMs = settings.requestTimeoutMs;
    try {
      const body = await toBody(batch);
      const answer = await context.with(suppressTracing(ROOT_CONTEXT), () =>
        send({ url, headers, body, signal: abort.signal, timeoutMs }),
      );
      return toOutcome(answer, { items: batch.length, nowMs: clock.now(), rejectedIn });
    } catch (error) {
      const reason = error instanceof Error ? error.name : "unknown";
      return { kind: "later", reason, waitMs: null, counts: true };
    }
  }

  function apply(outcome: DeliveryOutcome, items: number): void {
    switch (outcome.kind) {
      case "delivered":
        backoff.reset();
        maxBatch = settings.maxBatch;
        if (outcome.rejected > 0) log.warn(`telemetry_${what}_rejected`, { [what]: outcome.rejected });
        return settle(items, outcome.rejected);
      case "too-large":
        if (items === 1) return giveUp(items, "status 413");
        maxBatch = Math.ceil(items / 2);
        return;
      case "refused":
        return giveUp(items, outcome.reason);
      case "later":
        if (outcome.counts) tries++;
        if (tries >= settings.maxTries) return giveUp(items, outcome.reason);
        return retry(outcome, items);
    }
  }

  function retry({ reason, waitMs }: Extract<DeliveryOutcome, { kind: "later" }>, items: number): void {
    const delayMs = waitMs ?? backoff.next();
    arm(waitMs === null ? "backoff" : "asked", delayMs);
    log.warn("telemetry_export_failed", { reason, [what]: items, retryInMs: Math.round(delayMs) });
  }

  function giveUp(items: number, reason: string): void {
    log.error(`telemetry_${what}_dropped`, { reason, [what]: items });
    settle(items, items);
  }

  function settle(items: number, lost: number): void {
    queue.remove(items);
    tries = 0;
    settled += items;
    sent += items - lost;
    dropped += lost;
    for (const waiter of waiters) if (settled >= waiter.until) waiter.wake();
  }

  function flush(deadlineMs: number): Promise<void> {
    if (stopped || queue.size() === 0) return Promise.resolve();
    const limitMs = Number.isNaN(deadlineMs) ? 0 : Math.min(Math.max(deadlineMs, 0), maxTimerMs);
    return new Promise((resolve) => {
      const waiter: Waiter = { until: accepted, wake: () => finish() };
      const limit = setTimeout(() => finish(), limitMs);
      function finish(): void {
        clearTimeout(limit);
        waiters.delete(waiter);
        resolve();
      }
      waiters.add(waiter);
      // A pause of ours gives way to somebody who waits; one the collector asked for does not.
      if (pause === "backoff") disarm();
      wakeUp();
    });
  }

  async function shutDown(deadlineMs: number): Promise<void> {
    await flush(deadlineMs);
    stopped = true;
    disarm();
    abort.abort();
    if (queue.size() > 0) log.error(`telemetry_${what}_dropped`, { reason: "closed", [what]: queue.size() });
    settle(queue.size(), queue.size());
  }

  return {
    add: (item) => {
      if (closing !== null || !queue.add(item)) {
        dropped++;
        if (closing === null) log.warn(`telemetry_${what}_dropped`, { reason: "queue full", [what]: 1 });
        return;
      }
      accepted++;
      if (sending || pause === "backoff" || pause === "asked") return;
      if (queue.size() >= settings.maxBatch) wakeUp();
      else if (pause === null) arm("fill", settings.flushIntervalMs);
    },
    lose: () => {
      dropped++;
    },
    flush,
    close: (deadlineMs) => (closing ??= shutDown(deadlineMs)),
    counts: () => ({ sent, dropped, queued: queue.size() }),
  };
}
