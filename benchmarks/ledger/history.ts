import type { CallRecord, LedgerLine, UsageSource } from "@tenantry/core";
import { aCallRecord, aLine } from "@tenantry/core/testing";

/** What a month of traffic is made of: each of its 31 days is like the first, call by call. */
export interface HistoryShape {
  readonly callsADay: number;
  readonly seed: number;
  /** When the month begins, at midnight of UTC, epoch ms. */
  readonly beginsAt: number;
}

/** One call as the ledger keeps it. */
export interface PastCall {
  readonly call: CallRecord;
  readonly lines: readonly LedgerLine[];
}

export const tenantCount = 40;
const usersOfTenant = 25;
export const days = 31;
export const dayMs = 86_400_000;

const features = ["meeting-summary", "answer", "search", "translate", "classify", "draft"];
/** Pico-USD per token, input and output. */
const models = [
  { ref: { provider: "openai", model: "gpt-4o-mini" }, input: 150_000, output: 600_000 },
  { ref: { provider: "openai", model: "gpt-4o" }, input: 2_500_000, output: 10_000_000 },
  { ref: { provider: "anthropic", model: "claude-haiku-4-5" }, input: 1_000_000, output: 5_000_000 },
  { ref: { provider: "anthropic", model: "claude-sonnet-4-5" }, input: 3_000_000, output: 15_000_000 },
] as const;

/** A month of about so many lines; 1.05 a call. */
export function monthOf(lines: number): HistoryShape {
  return { callsADay: Math.ceil(lines / (1.05 * days)), seed: 1, beginsAt: Date.UTC(2026, 9, 1) };
}

/** Numbers of the calls of the month that were made in [from, to). */
export function callsBetween({ callsADay, beginsAt }: HistoryShape, from: number, to: number): readonly number[] {
  const first = Math.max(0, Math.floor(((from - beginsAt) * callsADay) / dayMs) - 1);
  const end = Math.min(days * callsADay, Math.ceil(((to - beginsAt) * callsADay) / dayMs) + 1);
  return Array.from({ length: Math.max(0, end - first) }, (_, index) => first + index);
}

export function tenantName(index: number): string {
  return `tenant-${String(index).padStart(2, "0")}`;
}

/**
 * A call of the month by its number: the same for the same shape, in order of time. The first tenants make more calls
 * than the last, each uses three features and three models; one call in twenty has a first attempt whose cost is unknown.
 */
export function pastCall(shape: HistoryShape, index: number): PastCall {
  const ofDay = index % shape.callsADay;
  const day = Math.floor(index / shape.callsADay);
  const random = scattered(shape.seed, ofDay);
  const at = shape.beginsAt + day * dayMs + Math.floor((ofDay * dayMs) / shape.callsADay);
  const tenant = Math.floor(random() ** 1.7 * tenantCount);
  const model = models[(tenant + Math.floor(random() * 3)) % models.length] ?? models[0];
  const feature = features[(tenant + Math.floor(random() * 3)) % features.length] ?? "answer";
  const suffix = ofDay.toString(36).padStart(8, "0");
  // The day stands first: ids are made in the order of time.
  const dayText = String(day).padStart(2, "0");
  const callId = `call_${dayText}${suffix}00000000000000`;
  const owner = {
    tenantId: tenantName(tenant),
    userId: `user-${tenant}-${Math.floor(random() * usersOfTenant)}`,
    sessionId: random() < 0.5 ? `session-${tenant}-${Math.floor(ofDay / 400)}` : null,
    feature,
    featuresUsed: random() < 0.3 ? [feature] : [],
    keyId: `key_${tenant}`,
    callId,
  };
  const isRetried = random() < 0.05;
  const latencyMs = 300 + Math.floor(random() * 2_000);
  const attempts = isRetried ? 2 : 1;
  const line = (ordinal: number, source: UsageSource): LedgerLine => {
    const attemptId = `att_${dayText}${suffix}${ordinal}0000000000000`;
    const tokens = { input: 50 + Math.floor(random() * 1_500), output: 20 + Math.floor(random() * 400) };
    const inputPico = BigInt(tokens.input * model.input);
    const outputPico = BigInt(tokens.output * model.output);
    const isKnown = source !== "unknown";
    const costPico = isKnown ? inputPico + outputPico : null;
    const base = aLine({ ...owner, attemptId, ordinal, requested: model.ref, occurredAt: at, source, costPico });
    return {
      ...base,
      recordedAt: at + latencyMs,
      outcome: isKnown ? "ok" : "timeout",
      usage: isKnown && base.usage !== null ? { ...base.usage, tokens: { ...base.usage.tokens, ...tokens } } : null,
      costItems: isKnown
        ? [
            { of: "input", quantity: tokens.input, ratePico: BigInt(model.input), amountPico: inputPico },
            { of: "output", quantity: tokens.output, ratePico: BigInt(model.output), amountPico: outputPico },
          ]
        : [],
      priceId: isKnown ? `${model.ref.provider}/${model.ref.model}@2026-01-01` : null,
      atMostPico: isKnown ? null : inputPico + outputPico * 4n,
      holdPico: inputPico + outputPico * 4n,
      chargePico: costPico === null ? null : (costPico * 6n) / 5n,
      chargeVersion: isKnown ? "markup-20@1" : null,
      latencyMs,
      responseId: isKnown ? `chatcmpl-${suffix}0000000000000` : null,
    };
  };
  const last = line(attempts, random() < 0.02 ? "estimated" : "measured");
  const call = aCallRecord({
    ...owner,
    model: model.ref,
    attempts,
    admittedAt: at,
    recordedAt: at + latencyMs,
    latencyMs,
    ttftMs: Math.floor(latencyMs / 3),
    verdicts: [{ objectiveId: "latency-p95-2000", verdict: latencyMs <= 2_000 ? "good" : "bad" }],
  });
  return { call, lines: isRetried ? [line(1, "unknown"), last] : [last] };
}

/** Numbers from 0 to 1 that look random and are the same for the same seed and index (mulberry32). */
function scattered(seed: number, index: number): () => number {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
