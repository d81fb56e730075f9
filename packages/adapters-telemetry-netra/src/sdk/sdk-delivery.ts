import { trace } from "@opentelemetry/api";
import type { Clock } from "@tenantry/core";
import type { ThrottledLog } from "@tenantry/otlp-delivery";

/** What becomes of the spans that the SDK is given, as far as it says. */
export interface SdkDelivery {
  /** Whether there is room for a span more; takes it. */
  reserve(): boolean;
  /** A span with room has ended. */
  ended(): void;
  /** A span with room will never arrive. */
  lost(): void;
  /** A span without room has ended. */
  refused(): void;
  flush(deadlineMs: number): Promise<void>;
  close(deadlineMs: number): Promise<void>;
  counts(): { readonly sent: number; readonly dropped: number; readonly queued: number };
}

/** How the SDK reports a 429. After one it throws everything away for a quarter of an hour, and calls that success. */
const tooMany = "Status 429";
const blockedMs = 900_000;

/**
 * The SDK tells nobody what became of a batch, but to whoever asks it to flush. So it is asked soon after spans have ended,
 * mostly before its own timer sends them unseen.
 */
export function createSdkDelivery(
  options: {
    readonly maxQueue: number;
    readonly flushIntervalMs: number;
    readonly forceFlush: () => Promise<void>;
  },
  clock: Pick<Clock, "monotonicMs">,
  log: ThrottledLog,
): SdkDelivery {
  let open = 0;
  let waiting = 0;
  let underWay = 0;
  let sent = 0;
  let dropped = 0;
  let closed = false;
  let closing: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let blockedUntilMs = -Infinity;
  const sendings = new Set<Promise<void>>();

  /** Asks for what has ended until now. Never rejects. */
  function send(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (waiting === 0) return;
    const count = waiting;
    waiting = 0;
    underWay += count;
    const sending = ask(count).then(() => void sendings.delete(sending));
    sendings.add(sending);
  }

  async function ask(count: number): Promise<void> {
    const wasBlocked = clock.monotonicMs() < blockedUntilMs;
    const problem = (await flushed()) ?? (wasBlocked ? "blocked by a 429" : null);
    if (problem === tooMany) blockedUntilMs = clock.monotonicMs() + blockedMs;
    // What was under way at the end has been given up already.
    if (closed && underWay === 0) return;
    underWay -= count;
    if (problem === null) sent += count;
    else {
      dropped += count;
      log.warn("telemetry_spans_lost", { reason: problem, spans: count });
    }
  }

  async function flushed(): Promise<string | null> {
    try {
      await options.forceFlush();
      return null;
    } catch (error) {
      return reasonOf(error);
    }
  }

  function schedule(): void {
    timer ??= setTimeout(() => {
      timer = null;
      if (sendings.size === 0) send();
      else if (waiting > 0) schedule();
    }, options.flushIntervalMs).unref();
  }

  async function flush(deadlineMs: number): Promise<void> {
    send();
    if (sendings.size === 0) return;
    let deadline: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      deadline = setTimeout(resolve, Math.max(0, deadlineMs));
    });
    await Promise.race([Promise.all(sendings), late]);
    clearTimeout(deadline);
  }

  async function shutDown(deadlineMs: number): Promise<void> {
    closed = true;
    await flush(deadlineMs);
    dropped += underWay;
    underWay = 0;
  }

  return {
    reserve: () => {
      if (closed || open + waiting + underWay >= options.maxQueue) return false;
      open += 1;
      return true;
    },
    ended: () => {
      open -= 1;
      if (closed) {
        dropped += 1;
        return;
      }
      waiting += 1;
      schedule();
    },
    lost: () => {
      open -= 1;
      dropped += 1;
    },
    refused: () => void (dropped += 1),
    flush,
    close: (deadlineMs) => (closing ??= shutDown(deadlineMs)),
    counts: () => ({ sent, dropped, queued: waiting + underWay }),
  };
}

/** What sends what the SDK has gathered; null when no provider of spans is there. */
export function findForceFlush(): (() => Promise<void>) | null {
  const provider = trace.getTracerProvider() as { getDelegate?(): object };
  const real = (provider.getDelegate?.() ?? provider) as { forceFlush?(): Promise<void> };
  return typeof real.forceFlush === "function" ? async () => await real.forceFlush?.() : null;
}

/** The provider gives its processors' problems as a list. */
function reasonOf(error: unknown): string {
  const first: unknown = Array.isArray(error) ? error[0] : error;
  return first instanceof Error ? first.message : "unknown";
}
