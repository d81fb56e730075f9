import type {
  AttemptEnd,
  AttemptStart,
  CallEnd,
  CallRecord,
  CallStart,
  Denial,
  LedgerLine,
  ModelRef,
} from "@tenantry/core";
import { usageOf } from "@tenantry/core";

const openai: ModelRef = { provider: "openai", model: "gpt-4o-mini" };
const at = 1_795_000_000_000;

/** A call of Apex Legal about to start, changed as given. */
export function sampleCallStart(change: Partial<CallStart> = {}): CallStart {
  return {
    tenantId: "apex-legal",
    userId: "john.smith@apexlegal.example",
    sessionId: "session-1",
    feature: "meeting-summary",
    featuresUsed: [],
    keyId: null,
    callId: "call-1",
    operation: "meeting-summarization",
    tierId: "enterprise",
    model: openai,
    traceparent: null,
    ...change,
  };
}

export function sampleAttemptStart(change: Partial<AttemptStart> = {}): AttemptStart {
  return {
    attemptId: "attempt-1",
    ordinal: 1,
    target: openai,
    kind: "chat",
    streamed: false,
    request: { temperature: 0.3, topP: null, maxOutputTokens: 500 },
    messages: null,
    tools: null,
    ...change,
  };
}

/** A measured line of 120 + 30 tokens for 0.000036 USD, changed as given. */
export function sampleLine(change: Partial<LedgerLine> = {}): LedgerLine {
  const { tenantId, userId, sessionId, feature, featuresUsed, keyId, callId } = sampleCallStart();
  const attemptId = change.attemptId ?? "attempt-1";
  return {
    ...{ tenantId, userId, sessionId, feature, featuresUsed, keyId, callId },
    lineId: attemptId,
    attemptId,
    ordinal: 1,
    origin: "call",
    requested: openai,
    answered: openai,
    reportedModel: "gpt-4o-mini-2024-07-18",
    occurredAt: at,
    recordedAt: at + 900,
    outcome: "ok",
    source: "measured",
    usage: usageOf({ input: 120, output: 30 }),
    costPico: 36_000_000n,
    unpricedReason: null,
    costItems: [],
    priceId: "openai/gpt-4o-mini@1",
    atMostPico: null,
    holdPico: null,
    chargePico: null,
    chargeVersion: null,
    latencyMs: 850,
    responseId: "chatcmpl-1",
    status: 200,
    marks: [],
    supersedes: null,
    ...change,
  };
}

export function sampleAttemptEnd(change: Partial<AttemptEnd> = {}): AttemptEnd {
  const said = { error: null, text: null, toolCalls: null };
  return { line: sampleLine(), finishReason: "stop", ttftMs: null, ...said, ...change };
}

export function sampleRecord(change: Partial<CallRecord> = {}): CallRecord {
  const { tenantId, userId, sessionId, feature, featuresUsed, keyId, callId, tierId } = sampleCallStart();
  return {
    ...{ tenantId, userId, sessionId, feature, featuresUsed, keyId, callId, tierId },
    origin: "call",
    model: openai,
    attempts: 1,
    admittedAt: at,
    recordedAt: at + 900,
    outcome: "ok",
    failure: null,
    latencyMs: 900,
    ttftMs: null,
    verdicts: [],
    ...change,
  };
}

/** The end of a call of one line, changed as given. */
export function sampleCallEnd(change: Partial<CallEnd> = {}): CallEnd {
  return {
    record: sampleRecord(),
    lines: [sampleLine()],
    costPico: 36_000_000n,
    objectives: [],
    budgetEvents: [],
    ...change,
  };
}

export function sampleDenial(change: Partial<Denial> = {}): Denial {
  return {
    code: "rate_limited",
    message: "60 calls per minute are used up; try again in 3 s",
    limitId: "calls-per-minute",
    limit: 60,
    remaining: 0,
    resetAt: at + 3_000,
    waitFor: "reset",
    retryAfterMs: 3_000,
    ...change,
  };
}
