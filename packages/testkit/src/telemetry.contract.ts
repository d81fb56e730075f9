import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { CallSpan, CallStart, Telemetry } from "@tenantry/core";
import { defineContract, type Contract } from "./contract.ts";
import { hostileCases } from "./telemetry-hostile.ts";
import {
  sampleAttemptEnd,
  sampleAttemptStart,
  sampleCallEnd,
  sampleCallStart,
  sampleDenial,
  sampleLine,
} from "./telemetry-samples.ts";

/** A span as it arrived, in the contract's words. */
export interface SeenSpan {
  readonly kind: "call" | "attempt";
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly callId: string | null;
  readonly attemptId: string | null;
  readonly tenantId: string | null;
  readonly userId: string | null;
  readonly sessionId: string | null;
  /** Cost in USD it states, as the decimal text that was sent, one for each model; empty when it states none. */
  readonly costsUsd: readonly string[];
  /** Sum of the tokens it states; null when it states none. */
  readonly tokens: number | null;
  readonly failed: boolean;
}

export interface TelemetrySubject {
  readonly telemetry: Telemetry;
  /** Most spans it keeps while they cannot be delivered, at most 1000. */
  readonly maxQueued: number;
  /** What the collector has accepted so far. Does not flush. */
  seen(): readonly SeenSpan[];
  /** How the collector treats requests from now on. */
  setCollector(state: "accepting" | "refusing" | "hanging" | "failing"): Promise<void>;
}

const patienceMs = 5_000;

async function flushed(subject: TelemetrySubject): Promise<readonly SeenSpan[]> {
  await subject.telemetry.flush(patienceMs);
  return subject.seen();
}

/** A call with one attempt, from start to end. */
function makeCall(telemetry: Telemetry, change: Partial<CallStart>): void {
  const span = telemetry.startCall(sampleCallStart(change));
  finishCall(span, change.callId ?? "call-1");
}

function finishCall(span: CallSpan, callId: string): void {
  const line = sampleLine({ callId, attemptId: `${callId}/1` });
  span.startAttempt(sampleAttemptStart({ attemptId: line.attemptId })).end(sampleAttemptEnd({ line }));
  span.end(sampleCallEnd({ lines: [line] }));
}

function callOf(spans: readonly SeenSpan[], callId: string): SeenSpan {
  const found = spans.filter((span) => span.kind === "call" && span.callId === callId);
  assert.equal(found.length, 1, `one call span of ${callId}, not ${found.length}`);
  return found[0] as SeenSpan;
}

function attemptsOf(spans: readonly SeenSpan[], callId: string): SeenSpan[] {
  return spans.filter((span) => span.kind === "attempt" && span.callId === callId);
}

const tenants = ["apex-legal", "stratex-consulting", "techstart:inc%2F☃"] as const;

/** Ways in which programs reach a call; each yields a turn or more to the other calls on the way. */
const paths: readonly ((work: () => Promise<void>) => Promise<void>)[] = [
  async (work) => await work(),
  async (work) => {
    await nextTurn();
    await work();
  },
  async (work) => await new Promise<void>((resolve, reject) => void setImmediate(() => work().then(resolve, reject))),
  async (work) => await Promise.resolve().then(async () => await work()),
];

async function oneInterleavedCall(telemetry: Telemetry, index: number): Promise<CallStart> {
  const callId = `call-${index}`;
  const start = sampleCallStart({
    callId,
    tenantId: tenants[index % tenants.length] as string,
    userId: index % 2 === 0 ? `user-${index}` : null,
    sessionId: index % 5 === 0 ? null : `session-${index}`,
  });
  const reach = paths[index % paths.length] ?? (async (work: () => Promise<void>) => await work());
  await reach(async () => {
    const call = telemetry.startCall(start);
    await nextTurn();
    for (const ordinal of [1, 2]) {
      const line = sampleLine({ callId, attemptId: `${callId}/${ordinal}`, ordinal });
      const attempt = call.startAttempt(sampleAttemptStart({ attemptId: line.attemptId, ordinal }));
      await attempt.within(async () => await nextTurn());
      attempt.end(sampleAttemptEnd({ line }));
      await nextTurn();
    }
    call.end(sampleCallEnd());
  });
  return start;
}

/** Counts the spans that carry another call's id, parent or trace. */
function wrongIds(spans: readonly SeenSpan[], starts: readonly CallStart[]): string[] {
  const wrong: string[] = [];
  for (const start of starts) {
    const call = callOf(spans, start.callId);
    const attempts = attemptsOf(spans, start.callId);
    if (attempts.length !== 2) wrong.push(`${start.callId} has ${attempts.length} attempts`);
    for (const span of [call, ...attempts]) {
      for (const id of ["tenantId", "userId", "sessionId"] as const) {
        if (span[id] !== start[id]) wrong.push(`${start.callId} ${span.kind} ${id}: ${span[id]}`);
      }
    }
    for (const attempt of attempts) {
      if (attempt.parentSpanId !== call.spanId || attempt.traceId !== call.traceId) {
        wrong.push(`${attempt.attemptId} is not under its call`);
      }
    }
  }
  const traces = new Set(starts.map((start) => callOf(spans, start.callId).traceId));
  if (traces.size !== starts.length) wrong.push(`${starts.length} calls share ${traces.size} traces`);
  return wrong;
}

/** The rules of `Telemetry`. */
export const telemetryContract: Contract<TelemetrySubject> = defineContract<TelemetrySubject>("Telemetry", [
  {
    id: "T1",
    sentence: "a call is one span and each of its attempts one child of it, in one trace",
    reason: "Retries that are not under their call look like calls of their own, and counts double.",
    check: async (subject) => {
      const call = subject.telemetry.startCall(sampleCallStart());
      for (const ordinal of [1, 2, 3]) {
        const line = sampleLine({ attemptId: `attempt-${ordinal}`, ordinal });
        call.startAttempt(sampleAttemptStart({ attemptId: line.attemptId, ordinal })).end(sampleAttemptEnd({ line }));
      }
      call.end(sampleCallEnd());
      const spans = await flushed(subject);
      const seen = callOf(spans, "call-1");
      assert.equal(spans.length, 4);
      assert.equal(seen.name, "meeting-summarization");
      assert.equal(seen.parentSpanId, null);
      assert.deepEqual(
        spans.filter((span) => span.kind === "attempt").map((span) => [span.attemptId, span.parentSpanId, span.traceId]),
        [1, 2, 3].map((ordinal) => [`attempt-${ordinal}`, seen.spanId, seen.traceId]),
      );
      assert.equal(new Set(spans.map((span) => span.spanId)).size, 4);
    },
  },
  {
    id: "T2",
    sentence: "150 interleaved calls of three tenants carry no wrong tenant, user, session, parent or trace",
    reason: "A tenant would be shown, and charged for, what another one did (R4).",
    check: async (subject) => {
      const { telemetry } = subject;
      const starts: CallStart[] = [];
      for (let wave = 0; wave < 3; wave++) {
        const indices = Array.from({ length: 50 }, (_, index) => wave * 50 + index);
        starts.push(...(await Promise.all(indices.map((index) => oneInterleavedCall(telemetry, index)))));
        await telemetry.flush(patienceMs);
      }
      assert.deepEqual(wrongIds(subject.seen(), starts), []);
    },
  },
  {
    id: "T3",
    sentence: "a call started inside `within` is a child of that attempt",
    reason: "A tool that calls a model again would lose its place in the trace.",
    check: async (subject) => {
      const outer = subject.telemetry.startCall(sampleCallStart({ callId: "outer" }));
      const attempt = outer.startAttempt(sampleAttemptStart({ attemptId: "outer/1" }));
      attempt.within(() => makeCall(subject.telemetry, { callId: "inner", tenantId: "stratex-consulting" }));
      attempt.end(sampleAttemptEnd({ line: sampleLine({ callId: "outer", attemptId: "outer/1" }) }));
      outer.end(sampleCallEnd());
      const spans = await flushed(subject);
      const inner = callOf(spans, "inner");
      const parent = spans.find((span) => span.attemptId === "outer/1");
      assert.equal(inner.parentSpanId, parent?.spanId);
      assert.equal(inner.traceId, parent?.traceId);
      assert.equal(inner.tenantId, "stratex-consulting");
      assert.equal(parent?.tenantId, "apex-legal");
    },
  },
  {
    id: "T4",
    sentence: "`within` follows its work through awaits, and only its work",
    reason: "Real work awaits; a trace that lasts for one synchronous step is useless.",
    check: async (subject) => {
      const { telemetry } = subject;
      const open = ["a", "b"].map((name) => {
        const call = telemetry.startCall(sampleCallStart({ callId: name }));
        return { name, call, attempt: call.startAttempt(sampleAttemptStart({ attemptId: `${name}/1` })) };
      });
      await Promise.all(
        open.map(({ name, attempt }) =>
          attempt.within(async () => {
            await nextTurn();
            makeCall(telemetry, { callId: `${name}-inner` });
            await nextTurn();
          }),
        ),
      );
      for (const { call, attempt, name } of open) {
        attempt.end(sampleAttemptEnd({ line: sampleLine({ callId: name, attemptId: `${name}/1` }) }));
        call.end(sampleCallEnd());
      }
      const spans = await flushed(subject);
      for (const { name } of open) {
        const parent = spans.find((span) => span.attemptId === `${name}/1`);
        assert.equal(callOf(spans, `${name}-inner`).parentSpanId, parent?.spanId);
      }
    },
  },
  {
    id: "T5",
    sentence: "nothing leaks out of `within`, also when its work throws, rejects or is still running",
    reason: "A later call of another tenant would join a stranger's trace.",
    check: async (subject) => {
      const { telemetry } = subject;
      const call = telemetry.startCall(sampleCallStart({ callId: "outer" }));
      const attempt = call.startAttempt(sampleAttemptStart({ attemptId: "outer/1" }));
      const boom = new Error("boom");
      const thrower = (): never => {
        throw boom;
      };
      assert.throws(() => attempt.within(thrower), boom);
      makeCall(telemetry, { callId: "after-throw" });
      await assert.rejects(attempt.within(async () => await nextTurn().then(thrower)), boom);
      makeCall(telemetry, { callId: "after-reject" });
      const running = attempt.within(async () => await nextTurn());
      makeCall(telemetry, { callId: "beside" });
      await running;
      finishCall(call, "outer");
      const spans = await flushed(subject);
      for (const callId of ["after-throw", "after-reject", "beside"]) {
        assert.equal(callOf(spans, callId).parentSpanId, null, callId);
        assert.notEqual(callOf(spans, callId).traceId, callOf(spans, "outer").traceId, callId);
      }
    },
  },
  {
    id: "T6",
    sentence: "`within` gives back exactly what its work gives, and runs it once",
    reason: "Telemetry never changes a result (R9).",
    check: async (subject) => {
      const call = subject.telemetry.startCall(sampleCallStart());
      const attempt = call.startAttempt(sampleAttemptStart());
      const result = { answer: 42 };
      let runs = 0;
      const count = (): typeof result => {
        runs++;
        return result;
      };
      assert.equal(attempt.within(count), result);
      const promise = Promise.resolve(result);
      assert.equal(attempt.within(() => promise), promise);
      attempt.end(sampleAttemptEnd());
      assert.equal(attempt.within(count), result);
      await subject.telemetry.close(patienceMs);
      assert.equal(attempt.within(count), result);
      assert.equal(runs, 3);
    },
  },
  {
    id: "T7",
    sentence: "a valid traceparent is the call's parent; an invalid one starts a trace",
    reason: "The caller's own trace must go on here, and a hostile header must not break the call.",
    check: async (subject) => {
      const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
      const bad = ["", "00-zz-zz-01", `00-${"0".repeat(32)}-${"0".repeat(16)}-01`, "x".repeat(100_000), "00-\ud800"];
      makeCall(subject.telemetry, { callId: "good", traceparent: `00-${traceId}-00f067aa0ba902b7-01` });
      bad.forEach((traceparent, index) => makeCall(subject.telemetry, { callId: `bad-${index}`, traceparent }));
      const spans = await flushed(subject);
      assert.equal(callOf(spans, "good").traceId, traceId);
      assert.equal(callOf(spans, "good").parentSpanId, "00f067aa0ba902b7");
      bad.forEach((_, index) => assert.equal(callOf(spans, `bad-${index}`).parentSpanId, null));
    },
  },
  {
    id: "T8",
    sentence: "hostile values make nothing throw and do no harm to other spans",
    reason: "A lone surrogate in a prompt must not fail the call, nor lose the batch it travels in.",
    check: async (subject) => {
      const { telemetry } = subject;
      for (const { name, run } of hostileCases) {
        assert.doesNotThrow(() => run(telemetry), name);
        makeCall(telemetry, { callId: `after ${name}` });
      }
      const spans = await flushed(subject);
      for (const { name } of hostileCases) {
        const call = callOf(spans, `after ${name}`);
        const parents = attemptsOf(spans, `after ${name}`).map((attempt) => attempt.parentSpanId);
        assert.deepEqual(parents, [call.spanId], name);
      }
      const { sent, dropped, queued } = telemetry.counts();
      assert.ok([sent, dropped, queued].every((count) => Number.isSafeInteger(count) && count >= 0));
    },
  },
  {
    id: "T9",
    sentence: "ending a span twice counts once; the first end stays",
    reason: "A call settled in two places would be counted, and billed, twice.",
    check: async (subject) => {
      const call = subject.telemetry.startCall(sampleCallStart());
      const attempt = call.startAttempt(sampleAttemptStart());
      attempt.end(sampleAttemptEnd());
      attempt.end(sampleAttemptEnd({ error: "late" }));
      call.end(sampleCallEnd());
      call.end(sampleCallEnd({ costPico: 0n }));
      call.deny(sampleDenial());
      const spans = await flushed(subject);
      assert.equal(spans.length, 2);
      assert.ok(spans.every((span) => !span.failed));
      assert.deepEqual(callOf(spans, "call-1").costsUsd, ["0.000036"]);
      assert.equal(subject.telemetry.counts().sent, 2);
    },
  },
  {
    id: "T10",
    sentence: "flush delivers all that has ended, and does not wait for what has not",
    reason: "A lost call would hold up every shutdown; an unflushed one would be missing from the platform.",
    check: async (subject) => {
      const { telemetry } = subject;
      telemetry.startCall(sampleCallStart({ callId: "open" })).startAttempt(sampleAttemptStart());
      for (let index = 0; index < 20; index++) makeCall(telemetry, { callId: `call-${index}` });
      const startedMs = performance.now();
      const spans = await flushed(subject);
      assert.ok(performance.now() - startedMs < 1_000, "flush waited for an open call");
      assert.equal(spans.length, 40);
      assert.deepEqual(telemetry.counts(), { sent: 40, dropped: 0, queued: 0 });
    },
  },
  {
    id: "T11",
    sentence: "flush resolves by its deadline while the collector hangs",
    reason: "A telemetry platform that is down must not keep a process from stopping (R9).",
    check: async (subject) => {
      await subject.setCollector("hanging");
      makeCall(subject.telemetry, {});
      const startedMs = performance.now();
      await subject.telemetry.flush(50);
      await subject.telemetry.flush(0);
      const tookMs = performance.now() - startedMs;
      assert.ok(tookMs < 1_000, `flush(50) took ${Math.round(tookMs)} ms`);
      const { sent, queued } = subject.telemetry.counts();
      assert.deepEqual({ sent, queued }, { sent: 0, queued: 2 });
    },
  },
  {
    id: "T12",
    sentence: "what could not be delivered arrives once, when the collector is back",
    reason: "A restart of the collector must not leave a hole, nor count calls twice.",
    check: async (subject) => {
      const { telemetry } = subject;
      for (const state of ["refusing", "failing"] as const) {
        await subject.setCollector(state);
        makeCall(telemetry, { callId: state });
        await telemetry.flush(60);
      }
      assert.equal(telemetry.counts().sent, 0);
      await subject.setCollector("accepting");
      makeCall(telemetry, { callId: "later" });
      const spans = await flushed(subject);
      assert.deepEqual(spans.map((span) => span.callId).sort(), ["failing", "failing", "later", "later", "refusing", "refusing"]);
      assert.deepEqual(telemetry.counts(), { sent: 6, dropped: 0, queued: 0 });
    },
  },
  {
    id: "T13",
    sentence: "what does not fit in the queue is dropped and counted: nothing is kept without bound",
    reason: "Memory that grows while the platform is down takes the process with it (R9); a silent loss is a lie.",
    check: async (subject) => {
      const { telemetry, maxQueued } = subject;
      await subject.setCollector("hanging");
      const calls = maxQueued + 50;
      for (let index = 0; index < calls; index++) makeCall(telemetry, { callId: `call-${index}` });
      const full = telemetry.counts();
      assert.ok(full.queued <= maxQueued, `${full.queued} queued`);
      assert.ok(full.queued > 0);
      assert.equal(full.sent + full.dropped + full.queued, 2 * calls);
    },
  },
  {
    id: "T14",
    sentence: "close delivers what has ended, can be called again, and ends everything",
    reason: "The last calls before a deployment are the ones people look for.",
    check: async (subject) => {
      const { telemetry } = subject;
      const open = telemetry.startCall(sampleCallStart({ callId: "open" }));
      makeCall(telemetry, { callId: "last" });
      await Promise.all([telemetry.close(patienceMs), telemetry.close(patienceMs)]);
      await telemetry.close(patienceMs);
      assert.deepEqual(telemetry.counts(), { sent: 2, dropped: 0, queued: 0 });
      assert.equal(subject.seen().length, 2);
      open.end(sampleCallEnd());
      makeCall(telemetry, { callId: "too-late" });
      await telemetry.flush(patienceMs);
      assert.deepEqual(telemetry.counts(), { sent: 2, dropped: 3, queued: 0 });
      assert.equal(subject.seen().length, 2);
    },
  },
  {
    id: "T15",
    sentence: "close gives up at its deadline and counts what it leaves behind",
    reason: "A process that is told to stop has to stop, and its operator has to know the loss.",
    check: async (subject) => {
      const { telemetry } = subject;
      await subject.setCollector("hanging");
      makeCall(telemetry, {});
      const startedMs = performance.now();
      await telemetry.close(50);
      assert.ok(performance.now() - startedMs < 1_000);
      assert.deepEqual(telemetry.counts(), { sent: 0, dropped: 2, queued: 0 });
    },
  },
  {
    id: "T16",
    sentence: "cost stands once, on the call, in its exact digits; tokens once, on each attempt",
    reason: "A platform that adds up spans would count twice, and a float loses the cents it adds (R5).",
    check: async (subject) => {
      const { telemetry } = subject;
      const costs = new Map([
        ["tiny", [1n, "0.000000000001"]],
        ["huge", [123_456_789_012_345_678_901_234_567n, "123456789012345.678901234567"]],
        ["free", [0n, "0"]],
      ] as const);
      for (const [callId, [costPico]] of costs) {
        const line = sampleLine({ callId, attemptId: `${callId}/1`, costPico });
        const call = telemetry.startCall(sampleCallStart({ callId }));
        call.startAttempt(sampleAttemptStart({ attemptId: line.attemptId })).end(sampleAttemptEnd({ line }));
        call.end(sampleCallEnd({ lines: [line], costPico }));
      }
      const spans = await flushed(subject);
      for (const [callId, [, text]] of costs) {
        assert.deepEqual(callOf(spans, callId).costsUsd, [text]);
        assert.equal(callOf(spans, callId).tokens, null);
        assert.deepEqual(attemptsOf(spans, callId).map(({ tokens, costsUsd }) => ({ tokens, costsUsd })), [
          { tokens: 150, costsUsd: [] },
        ]);
      }
    },
  },
  {
    id: "T17",
    sentence: "an unknown cost or usage is not stated, and is not zero",
    reason: "Zero would make an unpriced model look free (R6).",
    check: async (subject) => {
      const line = sampleLine({ usage: null, source: "unknown", outcome: "timeout", costPico: null });
      const call = subject.telemetry.startCall(sampleCallStart());
      call.startAttempt(sampleAttemptStart()).end(sampleAttemptEnd({ line, finishReason: null, error: "timed out" }));
      call.end(sampleCallEnd({ lines: [line], costPico: null }));
      const spans = await flushed(subject);
      assert.deepEqual(callOf(spans, "call-1").costsUsd, []);
      const attempt = attemptsOf(spans, "call-1")[0];
      assert.equal(attempt?.tokens, null);
      assert.equal(attempt?.failed, true);
    },
  },
  {
    id: "T18",
    sentence: "a denied call is one span with its tenant, and says what it was denied for",
    reason: "A customer who hits a limit has to be visible, and costs nothing.",
    check: async (subject) => {
      const call = subject.telemetry.startCall(sampleCallStart());
      call.deny(sampleDenial());
      call.deny(sampleDenial());
      call.end(sampleCallEnd());
      const spans = await flushed(subject);
      assert.equal(spans.length, 1);
      const { tenantId, failed, costsUsd } = callOf(spans, "call-1");
      assert.deepEqual({ tenantId, failed, costsUsd }, { tenantId: "apex-legal", failed: true, costsUsd: [] });
    },
  },
]);
