import assert from "node:assert/strict";
import type { CallSpan, CallStart, Telemetry } from "@tenantry/core";
import {
  sampleAttemptEnd,
  sampleAttemptStart,
  sampleCallEnd,
  sampleCallStart,
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

/** Long enough for any delivery that works, ms. */
export const patienceMs = 5_000;

/** All that has arrived when everything that ended is delivered. */
export async function flushed(subject: TelemetrySubject): Promise<readonly SeenSpan[]> {
  await subject.telemetry.flush(patienceMs);
  return subject.seen();
}

/** A call with one attempt, from start to end. */
export function makeCall(telemetry: Telemetry, change: Partial<CallStart>): void {
  const span = telemetry.startCall(sampleCallStart(change));
  finishCall(span, change.callId ?? "call-1");
}

/** One attempt, and the end of the call. */
export function finishCall(span: CallSpan, callId: string): void {
  const line = sampleLine({ callId, attemptId: `${callId}/1` });
  span.startAttempt(sampleAttemptStart({ attemptId: line.attemptId })).end(sampleAttemptEnd({ line }));
  span.end(sampleCallEnd({ lines: [line] }));
}

/** The one call span of this id. */
export function callOf(spans: readonly SeenSpan[], callId: string): SeenSpan {
  const found = spans.filter((span) => span.kind === "call" && span.callId === callId);
  assert.equal(found.length, 1, `one call span of ${callId}, not ${found.length}`);
  return found[0] as SeenSpan;
}

export function attemptsOf(spans: readonly SeenSpan[], callId: string): SeenSpan[] {
  return spans.filter((span) => span.kind === "attempt" && span.callId === callId);
}
