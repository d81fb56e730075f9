import { Pool } from "undici";
import type { LoadOrder, LoadPlan, LoadReport, LoadResult, Quantiles, Target } from "./load.ts";

/** Sends what it is told to over kept connections and tells how long it took. */
const pools = new Map<string, Pool>();
/** Requests at once, whatever a plan says. */
const mostInFlight = 1_000;

process.on("message", (order: LoadOrder) => {
  run(order.plan).then(
    (result) => report({ id: order.id, result }),
    (error: unknown) => report({ id: order.id, error: String(error) }),
  );
});
console.log("ready; serves http://127.0.0.1:0");

function report(message: LoadReport): void {
  process.send?.(message);
}

async function run(plan: LoadPlan): Promise<LoadResult> {
  const totals: number[] = [];
  const firsts: number[] = [];
  let failed = 0;
  let firstFailure: string | null = null;
  const startedMs = performance.now();
  let lastMs = startedMs;
  const once = async (dueMs: number): Promise<void> => {
    const answer = await send(plan.target, plan.body);
    lastMs = performance.now();
    if (answer.failure !== null) {
      failed += 1;
      firstFailure ??= answer.failure;
      // A server that refuses at once must not be asked a million times.
      await new Promise((resolve) => setTimeout(resolve, 50));
      return;
    }
    totals.push(lastMs - dueMs);
    firsts.push(answer.firstByteAt - dueMs);
  };
  if (plan.rhythm.kind === "clients") await inLanes(plan, plan.rhythm, startedMs, once);
  else await steadily(plan, plan.rhythm.perSecond, startedMs, once);
  return {
    answered: totals.length,
    failed,
    firstFailure,
    perSecond: (totals.length * 1000) / (lastMs - startedMs),
    totalMs: quantiles(totals),
    firstByteMs: quantiles(firsts),
  };
}

async function inLanes(
  { durationMs }: LoadPlan,
  { clients, spreadMs }: { readonly clients: number; readonly spreadMs: number },
  startedMs: number,
  once: (dueMs: number) => Promise<void>,
): Promise<void> {
  const lane = async (_: unknown, index: number): Promise<void> => {
    if (spreadMs > 0) await new Promise((resolve) => setTimeout(resolve, (index * spreadMs) / clients));
    do await once(performance.now());
    while (performance.now() - startedMs < durationMs);
  };
  await Promise.all(Array.from({ length: Math.min(clients, mostInFlight) }, lane));
}

function steadily(
  { durationMs }: LoadPlan,
  perSecond: number,
  startedMs: number,
  once: (dueMs: number) => Promise<void>,
): Promise<void> {
  return new Promise((resolve) => {
    const running = new Set<Promise<void>>();
    let next = 0;
    const timer = setInterval(() => {
      const elapsedMs = performance.now() - startedMs;
      for (; (next * 1000) / perSecond <= elapsedMs && running.size < mostInFlight; next += 1) {
        const one: Promise<void> = once(startedMs + (next * 1000) / perSecond).finally(() => running.delete(one));
        running.add(one);
      }
      if (elapsedMs < durationMs) return;
      clearInterval(timer);
      void Promise.all(running).then(() => resolve());
    }, 1);
  });
}

interface Answer {
  readonly firstByteAt: number;
  readonly failure: string | null;
}

function send({ origin, path, method, headers }: Target, body: string | null): Promise<Answer> {
  let pool = pools.get(origin);
  if (pool === undefined) {
    pool = new Pool(origin, { connections: 300, keepAliveTimeout: 2_000 });
    pools.set(origin, pool);
  }
  const dispatcher = pool;
  return new Promise((resolve) => {
    let status = 0;
    let firstByteAt = 0;
    let last: Buffer | null = null;
    let isStream = false;
    dispatcher.dispatch(
      { method, path, headers, body },
      {
        // It is asked for, also where there is nothing to do.
        onRequestStart: () => undefined,
        onResponseStart: (_connection, answered, answeredHeaders) => {
          status = answered;
          isStream = String(answeredHeaders["content-type"]).startsWith("text/event-stream");
        },
        onResponseData: (_connection, chunk) => {
          if (firstByteAt === 0) firstByteAt = performance.now();
          last = chunk;
        },
        onResponseEnd: () => {
          const text = last?.toString("utf8") ?? "";
          const isWhole = status === 200 && (!isStream || text.trimEnd().endsWith("[DONE]"));
          resolve({ firstByteAt, failure: isWhole ? null : `${status}: ${text.slice(-300)}` });
        },
        onResponseError: (_connection, error) => resolve({ firstByteAt, failure: String(error) }),
      },
    );
  });
}

function quantiles(values: readonly number[]): Quantiles {
  const sorted = Float64Array.from(values).toSorted();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}
