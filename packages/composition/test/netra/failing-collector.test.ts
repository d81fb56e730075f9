import { setTimeout as delay } from "node:timers/promises";
import type { ChatRequest } from "@tenantry/core";
import type { CollectorBehaviour } from "@tenantry/testkit";
import { expect, test } from "vitest";
import { openTraced, read, type TracedInstallation } from "./traced-installation.ts";

const calls = 60;
const maxQueue = 40;
const models = ["openai/gpt-4o-mini", "anthropic/claude-haiku-4-5"];
const request: ChatRequest = { messages: [{ role: "user", content: "The bridge is closed until May." }] };

/** What a caller sees of a call, and how long it took. */
interface Made {
  readonly seen: string;
  readonly tookMs: number;
}

async function makeCalls({ app }: TracedInstallation): Promise<readonly Made[]> {
  const one = async (index: number): Promise<Made> => {
    await delay(index % 9);
    const startedMs = performance.now();
    const input = { tenantId: "apex-legal", userId: `user-${index}`, model: models[index % 2] as string };
    if (index % 4 < 2) {
      const result = await app.tenantry.call(input, request);
      const seen = result.kind === "ok" ? result.result.text : result.kind;
      return { seen, tookMs: performance.now() - startedMs };
    }
    const result = await app.tenantry.stream(input, request);
    if (result.kind !== "answering") return { seen: result.kind, tookMs: performance.now() - startedMs };
    let seen = "";
    for await (const event of result.events) if (event.type === "text") seen += event.text;
    await result.ended;
    return { seen, tookMs: performance.now() - startedMs };
  };
  return await Promise.all(Array.from({ length: calls }, async (_, index) => await one(index)));
}

const atOnce = { latency: { timeToFirstByteMs: 5, perTokenMs: 0 } };
const slowest = (made: readonly Made[]): number => Math.max(...made.map(({ tookMs }) => tookMs));
const seen = (made: readonly Made[]): readonly string[] => made.map((one) => one.seen);

/** Longer than the whole test: a call that waited for telemetry would show it. */
const longTimeoutMs = 20_000;
/** What telemetry may add to the slowest call on a busy machine: far below any time limit of delivery. */
const mayAddMs = 2_500;

const troubles: readonly (readonly [string, CollectorBehaviour])[] = [
  ["refuses connections", { kind: "refuse" }],
  ["hangs", { kind: "hang" }],
  ["answers 401", { kind: "answer", status: 401 }],
  ["answers 429", { kind: "answer", status: 429 }],
  ["answers 429 with a Retry-After", { kind: "answer", status: 429, headers: { "retry-after": "1" } }],
  ["answers 500", { kind: "answer", status: 500 }],
  ["closes without an answer", { kind: "break" }],
  ["closes in the middle of an answer", { kind: "break-off", status: 500 }],
];

test.each(troubles)(
  "check 16: while the collector %s, answers are the same, none is late, what is lost is counted, and it recovers",
  async (_name, behaviour) => {
    const expected = await makeCalls(await openTraced({}, atOnce));
    const requestTimeoutMs = behaviour.kind === "hang" ? 3_000 : longTimeoutMs;
    const troubled = await openTraced({ flushIntervalMs: 20, maxQueue, requestTimeoutMs }, atOnce);
    const { telemetry } = troubled.app;
    await troubled.collector.behave(behaviour);
    const made = await makeCalls(troubled);

    expect(seen(made)).toEqual(seen(expected));
    expect(seen(made).every((text) => text.includes("bridge"))).toBe(true);
    expect(slowest(made)).toBeLessThan(slowest(expected) + mayAddMs);

    // Each call has two spans, and there is room for a third of them.
    const during = telemetry.counts();
    expect(during.sent).toBe(0);
    expect(during.queued).toBeLessThanOrEqual(maxQueue);
    expect(during.dropped + during.queued).toBe(2 * calls);
    expect(during.dropped).toBeGreaterThanOrEqual(2 * calls - maxQueue);

    await troubled.collector.behave({ kind: "accept" });
    await telemetry.flush(10_000);
    const { callId } = await troubled.app.tenantry.call({ tenantId: "apex-legal" }, request);
    const arrived = await troubled.spans();
    expect(arrived.filter(({ span }) => read(span, "tenantry.call_id") === callId)).toHaveLength(2);
    const after = telemetry.counts();
    expect(after.queued).toBe(0);
    expect(after.sent + after.dropped).toBe(2 * calls + 2);
    expect(arrived).toHaveLength(after.sent);
    expect(new Set(arrived.map(({ span }) => span.spanId)).size).toBe(after.sent);
    // A 401 is final; all else is tried again, and what waited for it arrives.
    if (behaviour.kind !== "answer" || behaviour.status === 429) expect(after.sent).toBe(during.queued + 2);
    expect(troubled.log.map(({ event }) => event)).toContain("telemetry_spans_dropped");
  },
);

test("an answer that breaks off after its 200 was given all the same: nothing is sent twice", async () => {
  const installation = await openTraced({ flushIntervalMs: 20 }, atOnce);
  await installation.collector.behave({ kind: "break-off", status: 200 });
  await makeCalls(installation);
  await installation.app.telemetry.flush(5_000);
  expect(installation.app.telemetry.counts()).toEqual({ sent: 2 * calls, dropped: 0, queued: 0 });
  const ids = installation.collector.spans().map(({ span }) => span.spanId);
  expect(new Set(ids).size).toBe(2 * calls);
  expect(ids).toHaveLength(2 * calls);
});
