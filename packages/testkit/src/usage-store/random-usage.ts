import type { CallRecord, DenialCount, LedgerLine, UsageLedger, Verdict } from "@tenantry/core";
import { usageOf } from "@tenantry/core";
import { aCallRecord, aLine, anIntent } from "@tenantry/core/testing";
import { createSeededRandom, type SeededRandom } from "../seeded-random.ts";

/** What was written, to fold by hand. */
export interface RandomUsage {
  readonly lines: readonly LedgerLine[];
  readonly calls: readonly CallRecord[];
  readonly denials: readonly DenialCount[];
}

const firstAt = Date.UTC(2026, 0, 29, 20);
const spanMs = 5 * 86_400_000;
const hourMs = 3_600_000;

const tenants = ["tenant-a", "tenant-b", "tenant:c%"] as const;
const models = [
  { provider: "example", model: "large-1" },
  { provider: "example", model: "small-1" },
  { provider: "other", model: "vendor/large-1" },
] as const;
const features = ["summary", "decisions", "action_items"] as const;

/** Writes the traffic of five days around a change of month: several tenants, retries, failures, late facts, denials. */
export async function writeRandomUsage(ledger: UsageLedger, seed: number, calls: number): Promise<RandomUsage> {
  const random = createSeededRandom(seed);
  const lines: LedgerLine[] = [];
  const records: CallRecord[] = [];
  const denials: DenialCount[] = [];
  for (let index = 0; index < calls; index += 1) {
    const made = randomCall(random, `call-${seed}-${index}`);
    for (const line of made.lines) {
      if (line.supersedes === null && random.chance(0.5)) await ledger.open(intentOf(line));
      await ledger.settle({ line, call: null });
    }
    await ledger.settle({ line: null, call: made.call });
    lines.push(...made.lines);
    records.push(made.call);
    if (!random.chance(0.2)) continue;
    const denial = randomDenial(random);
    await ledger.deny(denial);
    denials.push(denial);
  }
  return { lines, calls: records, denials };
}

function randomCall(random: SeededRandom, callId: string): { lines: LedgerLine[]; call: CallRecord } {
  const admittedAt = randomInstant(random);
  const who = {
    tenantId: random.pick(tenants),
    userId: random.pick(["user-1", "User-1", null]),
    sessionId: random.pick(["session-1", "session-2", null]),
    feature: random.pick(["meeting-summary", "search", null]),
    featuresUsed: features.filter(() => random.chance(0.4)).toSorted(),
  };
  const attempts = random.int(0, 3);
  const lines: LedgerLine[] = [];
  for (let ordinal = 1; ordinal <= attempts; ordinal += 1) {
    const base = { ...who, callId, attemptId: `${callId}-${ordinal}`, ordinal, occurredAt: admittedAt + ordinal * 700 };
    const first = aLine({ ...base, ...randomOutcome(random) });
    lines.push(first);
    let last = first;
    while (random.chance(0.2)) {
      const lineId = `${last.lineId}+`;
      const recordedAt = last.recordedAt + 5_000;
      last = aLine({ ...base, ...randomOutcome(random), lineId, recordedAt, supersedes: last.lineId });
      lines.push(last);
    }
  }
  const isAnswered = attempts > 0 && random.chance(0.8);
  const hasLatency = isAnswered || random.chance(0.5);
  const call = aCallRecord({
    ...who,
    callId,
    model: random.pick(models),
    attempts,
    admittedAt,
    outcome: isAnswered ? "ok" : random.pick(["failed", "aborted", "lost"]),
    failure: isAnswered ? null : "upstream_error",
    latencyMs: hasLatency ? random.int(0, 4_000_000) / 1_000 : null,
    ttftMs: isAnswered && random.chance(0.7) ? random.int(0, 900) : null,
    verdicts: randomVerdicts(random),
  });
  return { lines, call };
}

function randomOutcome(random: SeededRandom): Partial<LedgerLine> {
  const answered = random.pick(models);
  const usage = usageOf({
    input: random.int(0, 9_000),
    cacheRead: random.int(0, 50),
    cacheWrite5m: random.int(0, 5),
    cacheWrite1h: random.int(0, 5),
    output: random.int(0, 900),
    reasoning: random.int(0, 90),
    audioInput: random.int(0, 3),
    audioOutput: random.int(0, 3),
  });
  const costPico = BigInt(random.int(0, 1_000_000)) * 10n ** BigInt(random.int(0, 13));
  switch (random.int(0, 5)) {
    case 0:
      return {
        answered,
        outcome: "timeout",
        source: "unknown",
        usage: null,
        costPico: null,
        chargePico: null,
        atMostPico: costPico,
      };
    case 1:
      // A price list of the tenant's own charges what the provider's price is not known for.
      return {
        answered,
        usage,
        costPico: null,
        chargePico: random.chance(0.5) ? null : 77n,
        unpricedReason: "no price",
        priceId: null,
      };
    case 2:
      return { answered, usage, source: "estimated", outcome: "cut", costPico, chargePico: costPico + 3n };
    case 3:
      return { answered, usage: usageOf({}), outcome: "refused", costPico: 0n, chargePico: 0n };
    default:
      return { answered, usage, costPico, chargePico: random.chance(0.1) ? null : (costPico * 12n) / 10n };
  }
}

function randomVerdicts(random: SeededRandom): Verdict[] {
  return ["latency-p95-2000ms", "errors"]
    .filter(() => random.chance(0.8))
    .map((objectiveId) => ({ objectiveId, verdict: random.pick(["good", "good", "bad", "excluded"]) }));
}

function randomDenial(random: SeededRandom): DenialCount {
  return {
    tenantId: random.pick(tenants),
    userId: random.pick(["user-1", "user-9", null]),
    feature: random.pick(["meeting-summary", null]),
    model: random.pick(["example/large-1", "example/unused", null]),
    code: random.pick(["rate_limited", "budget_exceeded", "model_not_in_tier"]),
    at: randomInstant(random),
  };
}

/** Every third one on an hour or a millisecond beside it, where buckets and periods begin. */
function randomInstant(random: SeededRandom): number {
  const at = firstAt + random.int(0, spanMs);
  return random.chance(0.3) ? Math.floor(at / hourMs) * hourMs + random.int(-1, 1) : at;
}

function intentOf(line: LedgerLine): ReturnType<typeof anIntent> {
  const { tenantId, userId, sessionId, feature, featuresUsed, callId, attemptId, ordinal, occurredAt } = line;
  return anIntent({ tenantId, userId, sessionId, feature, featuresUsed, callId, attemptId, ordinal, occurredAt });
}
