import assert from "node:assert/strict";
import type { Rule } from "./contract.ts";
import { hostileCases } from "./telemetry-hostile.ts";
import {
  sampleAttemptEnd,
  sampleAttemptStart,
  sampleCallEnd,
  sampleCallStart,
  sampleDenial,
  sampleLine,
} from "./telemetry-samples.ts";
import { attemptsOf, callOf, flushed, makeCall, type TelemetrySubject } from "./telemetry-subject.ts";

/** What spans say: T8 and T16 to T18. */
export const factRules: readonly Rule<TelemetrySubject>[] = [
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
        assert.deepEqual(
          attemptsOf(spans, callId).map(({ tokens, costsUsd }) => ({ tokens, costsUsd })),
          [{ tokens: 150, costsUsd: [] }],
        );
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
    sentence: "a denied call is one failed span with its tenant, and costs nothing",
    reason: "A customer who runs into limits has to be visible on the platform.",
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
];
