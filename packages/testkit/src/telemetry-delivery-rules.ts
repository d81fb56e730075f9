import assert from "node:assert/strict";
import type { Rule } from "./contract.ts";
import {
  sampleAttemptEnd,
  sampleAttemptStart,
  sampleCallEnd,
  sampleCallStart,
  sampleDenial,
} from "./telemetry-samples.ts";
import { callOf, flushed, makeCall, patienceMs, type TelemetrySubject } from "./telemetry-subject.ts";

/** What arrives, and what happens when nothing can: T9 to T15. */
export const deliveryRules: readonly Rule<TelemetrySubject>[] = [
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
      assert.ok(performance.now() - startedMs < 700, "flush waited for an open call");
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
      assert.ok(tookMs < 700, `flush(50) took ${Math.round(tookMs)} ms`);
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
        await telemetry.flush(40);
      }
      assert.equal(telemetry.counts().sent, 0);
      await subject.setCollector("accepting");
      makeCall(telemetry, { callId: "later" });
      const spans = await flushed(subject);
      assert.deepEqual(spans.map((span) => span.callId).sort(), [
        "failing",
        "failing",
        "later",
        "later",
        "refusing",
        "refusing",
      ]);
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
      assert.ok(performance.now() - startedMs < 700);
      assert.deepEqual(telemetry.counts(), { sent: 0, dropped: 2, queued: 0 });
    },
  },
];
