import { combineTelemetry, noTelemetry } from "@tenantry/core";
import {
  createCollectingTelemetry,
  type CollectedAttempt,
  type CollectedCall,
  type CollectingTelemetry,
} from "@tenantry/core/testing";
import { telemetryMutants } from "../src/mutants/telemetry-mutants.ts";
import { openReferenceTelemetry } from "../src/mutants/telemetry-reference.ts";
import { testContract, testMutants, type Opened } from "../src/contract.ts";
import type { SeenSpan, TelemetrySubject } from "../src/telemetry-subject.ts";
import { telemetryContract } from "../src/telemetry.contract.ts";

testContract(telemetryContract, { name: "reference", open: () => openReferenceTelemetry() });

testContract(telemetryContract, {
  name: "reference, combined with another",
  open: () => {
    const { subject, close } = openReferenceTelemetry();
    return { subject: { ...subject, telemetry: combineTelemetry([noTelemetry, subject.telemetry]) }, close };
  },
});

testContract(telemetryContract, {
  name: "collecting double",
  open: openDouble,
  deviations: {
    T4: "core knows no asynchronous context, so the double nests only up to the first await",
    T8: "the double is for tests, where wrong arguments should show",
    T11: "the double delivers nowhere",
    T12: "the double delivers nowhere",
    T13: "the double has no queue: it keeps everything, for assertions",
    T15: "the double delivers nowhere",
    T16: "the double keeps the amounts themselves and writes no text",
  },
});

testMutants(telemetryContract, telemetryMutants);

function openDouble(): Opened<TelemetrySubject> {
  const telemetry = createCollectingTelemetry();
  return {
    subject: {
      telemetry,
      maxQueued: 1_000,
      seen: () => seenBy(telemetry),
      setCollector: () => Promise.reject(new Error("the double has no collector")),
    },
    close: () => telemetry.close(0),
  };
}

function seenBy({ calls }: CollectingTelemetry): SeenSpan[] {
  return calls.flatMap((call) => {
    const attempts = call.attempts.filter(({ end }) => end !== null);
    const ended = call.end === null && call.denial === null ? [] : [seenCall(call)];
    return [...attempts.map((attempt) => seenAttempt(call, attempt)), ...ended];
  });
}

function seenCall({ place, start, end, denial }: CollectedCall): SeenSpan {
  const { callId, tenantId, userId, sessionId, operation: name } = start;
  const cost = end?.costPico ?? null;
  return {
    ...{ kind: "call", name, ...place, callId, attemptId: null, tenantId, userId, sessionId },
    costsUsd: cost === null ? [] : [cost === 36_000_000n ? "0.000036" : String(cost)],
    tokens: null,
    failed: denial !== null || end?.record.outcome !== "ok",
  };
}

function seenAttempt({ start: call }: CollectedCall, { place, start, end }: CollectedAttempt): SeenSpan {
  const { callId, tenantId, userId, sessionId } = call;
  const name = `${start.target.provider}.${start.kind}`;
  return {
    ...{ kind: "attempt", name, ...place, callId, attemptId: start.attemptId, tenantId, userId, sessionId },
    costsUsd: [],
    tokens: end?.line.usage === null ? null : 150,
    failed: (end?.error ?? null) !== null,
  };
}
