import { setImmediate as nextTurn } from "node:timers/promises";
import type { CallStart, Telemetry } from "@tenantry/core";
import {
  sampleAttemptEnd,
  sampleAttemptStart,
  sampleCallEnd,
  sampleCallStart,
  sampleLine,
} from "./telemetry-samples.ts";
import { attemptsOf, callOf, type SeenSpan } from "./telemetry-subject.ts";

const tenants = ["apex-legal", "stratex-consulting", "techstart:inc%2F☃"] as const;

/** Ways in which programs reach a call; each yields a turn or more to the other calls on the way. */
const paths: readonly ((work: () => Promise<void>) => Promise<void>)[] = [
  async (work) => await work(),
  async (work) => {
    await nextTurn();
    await work();
  },
  async (work) =>
    await new Promise<void>((resolve, reject) => {
      setImmediate(() => void work().then(resolve, reject));
    }),
  async (work) => await Promise.resolve().then(async () => await work()),
];

/** A call of two attempts that gives way to the others at every step; returns what it started with. */
export async function oneInterleavedCall(telemetry: Telemetry, index: number): Promise<CallStart> {
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

/** What spans carry of another call: its ids, parent or trace. */
export function wrongIds(spans: readonly SeenSpan[], starts: readonly CallStart[]): string[] {
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
