import { setTimeout as delay } from "node:timers/promises";
import type { Telemetry } from "@tenantry/core";
import type { SeenSpan, TelemetrySubject } from "../telemetry-subject.ts";
import type { TelemetryFault } from "./telemetry-reference.ts";

/** A bounded queue before a collector that is an array. */
export interface MemoryDelivery extends Pick<Telemetry, "flush" | "close" | "counts"> {
  add(span: SeenSpan): void;
  /** A span that could not be made. */
  lose(): void;
  opened(): void;
  ended(): void;
  /** Rewrites the cost of a span that was already ended. */
  replace(spanId: string, costsUsd: readonly string[]): void;
  arrived(): readonly SeenSpan[];
  setCollector: TelemetrySubject["setCollector"];
}

const retryMs = 10;
/** Later than any deadline of the rules; not for ever, so that a mutant leaves no timer behind. */
const farTooLateMs = 750;

export function openMemoryDelivery(has: (fault: TelemetryFault) => boolean, maxQueued: number): MemoryDelivery {
  const arrived: SeenSpan[] = [];
  let queue: SeenSpan[] = [];
  let state: "accepting" | "refusing" | "hanging" | "failing" = "accepting";
  let sent = 0;
  let dropped = 0;
  let openCalls = 0;
  let closing: Promise<void> | null = null;

  /** One try. Resolves to whether the collector took everything. */
  async function send(): Promise<boolean> {
    await Promise.resolve();
    if (state === "accepting") {
      arrived.push(...queue);
      sent += queue.length;
      queue = [];
      return true;
    }
    if (state === "hanging") return false;
    if (has("sends again after a failure that arrived")) arrived.push(...queue);
    if (has("drops on failure")) {
      dropped += queue.length;
      queue = [];
    }
    return false;
  }

  async function flush(deadlineMs: number): Promise<void> {
    if (has("flush does nothing")) return;
    const until =
      performance.now() + (has("flush has no deadline") ? farTooLateMs : Math.min(deadlineMs, farTooLateMs));
    while (queue.length > 0 || (has("flush waits for open calls") && openCalls > 0)) {
      const delivered = await send();
      if (performance.now() >= until) return;
      if (!delivered || queue.length === 0) await delay(retryMs);
    }
  }

  async function shutDown(deadlineMs: number): Promise<void> {
    if (!has("close does not deliver")) await flush(has("close has no deadline") ? farTooLateMs : deadlineMs);
    if (!has("close forgets the rest")) dropped += queue.length;
    queue = [];
  }

  return {
    add: (span) => {
      if (closing !== null) {
        if (has("close counts ended spans as sent")) sent++;
        else dropped++;
      } else if (queue.length >= maxQueued && !has("queue has no bound")) {
        if (!has("drops in silence")) dropped++;
      } else {
        queue.push(span);
      }
    },
    lose: () => dropped++,
    opened: () => openCalls++,
    ended: () => openCalls--,
    replace: (spanId, costsUsd) => {
      queue = queue.map((span) => (span.spanId === spanId ? { ...span, costsUsd } : span));
    },
    flush,
    close: (deadlineMs) => (closing ??= shutDown(deadlineMs)),
    counts: () => ({ sent, dropped, queued: queue.length }),
    arrived: () => [...arrived],
    setCollector: (next) => {
      state = next;
      return Promise.resolve();
    },
  };
}
