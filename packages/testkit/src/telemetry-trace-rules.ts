import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { CallStart } from "@tenantry/core";
import type { Rule } from "./contract.ts";
import { oneInterleavedCall, wrongIds } from "./telemetry-interleaving.ts";
import {
  sampleAttemptEnd,
  sampleAttemptStart,
  sampleCallEnd,
  sampleCallStart,
  sampleLine,
} from "./telemetry-samples.ts";
import { callOf, finishCall, flushed, makeCall, patienceMs, type TelemetrySubject } from "./telemetry-subject.ts";

/** Whose span is whose: T1 to T7. */
export const traceRules: readonly Rule<TelemetrySubject>[] = [
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
        spans
          .filter((span) => span.kind === "attempt")
          .map((span) => [span.attemptId, span.parentSpanId, span.traceId]),
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
      await assert.rejects(
        attempt.within(async () => await nextTurn().then(thrower)),
        boom,
      );
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
      assert.equal(
        attempt.within(() => promise),
        promise,
      );
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
];
