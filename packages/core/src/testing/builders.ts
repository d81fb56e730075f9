import type { ProviderReport, StoredSpan } from "../ingest/reported-span.ts";
import type { CallRecord } from "../metering/call-record.ts";
import type { Intent, LedgerLine } from "../metering/ledger-line.ts";
import { createPriceBook, type PriceBook } from "../pricing/price-book.ts";
import type { Price } from "../pricing/price.ts";
import { usageOf } from "../pricing/usage.ts";
import type { ModelRef } from "../tenancy/model-ref.ts";
import type { Tenant } from "../tenancy/tenant.ts";
import type { Tier } from "../tenancy/tier.ts";
import type { Instant } from "../time/instant.ts";

/** The model, tenant and instant that every builder means unless told otherwise. */
const model: ModelRef = { provider: "example", model: "large-1" };
const at: Instant = Date.UTC(2026, 0, 15, 12);
const attribution = {
  tenantId: "tenant-a",
  userId: null,
  sessionId: null,
  feature: null,
  featuresUsed: [],
  keyId: null,
} as const;

/** A tier without limits, budgets or objectives, on one model, charged at cost. */
export function aTier(overrides: Partial<Tier> = {}): Tier {
  return {
    id: "tier-a",
    name: "Tier A",
    route: [model],
    aliases: [],
    features: [],
    limits: [],
    concurrency: [],
    budgets: [],
    objectives: [],
    charge: { kind: "pass-through", version: "charge-1" },
    unpriced: "deny",
    fixedHoldPico: null,
    maxOutputTokens: 1_000,
    clampToBudget: null,
    timeoutMs: 30_000,
    attemptTimeoutMs: null,
    retries: 0,
    traceContent: false,
    keepAnswers: false,
    store: false,
    showCost: false,
    ...overrides,
  };
}

/** An active tenant of `tier-a` in UTC. */
export function aTenant(overrides: Partial<Tenant> = {}): Tenant {
  return {
    id: "tenant-a",
    name: "Tenant A",
    tier: "tier-a",
    status: "active",
    timeZone: "UTC",
    overrides: {},
    ...overrides,
  };
}

/** The first attempt of `call-1`. */
export function anIntent(overrides: Partial<Intent> = {}): Intent {
  return {
    ...attribution,
    attemptId: "att-1",
    callId: "call-1",
    tierId: "tier-a",
    ordinal: 1,
    target: model,
    occurredAt: at,
    admittedAt: at,
    atMostPico: 5_000n,
    objectiveIds: [],
    ...overrides,
  };
}

/** A measured line of 1,000 pico-USD; `lineId` and `answered` follow `attemptId` and `requested`. */
export function aLine(overrides: Partial<LedgerLine> = {}): LedgerLine {
  const attemptId = overrides.attemptId ?? "att-1";
  const requested = overrides.requested ?? model;
  return {
    ...attribution,
    lineId: attemptId,
    attemptId,
    callId: "call-1",
    ordinal: 1,
    origin: "call",
    requested,
    answered: requested,
    reportedModel: null,
    occurredAt: at,
    recordedAt: overrides.occurredAt ?? at,
    outcome: "ok",
    source: "measured",
    usage: usageOf({ input: 8, output: 2 }),
    costPico: 1_000n,
    unpricedReason: null,
    costItems: [],
    priceId: "price-1",
    atMostPico: null,
    holdPico: 5_000n,
    chargePico: 1_000n,
    chargeVersion: "charge-1",
    latencyMs: 800,
    responseId: null,
    status: 200,
    marks: [],
    supersedes: null,
    ...overrides,
  };
}

/** A call answered in 850 ms by its first attempt. */
export function aCallRecord(overrides: Partial<CallRecord> = {}): CallRecord {
  return {
    ...attribution,
    callId: "call-1",
    origin: "call",
    tierId: "tier-a",
    model,
    attempts: 1,
    admittedAt: at,
    recordedAt: overrides.admittedAt ?? at,
    outcome: "ok",
    failure: null,
    latencyMs: 850,
    ttftMs: 200,
    verdicts: [],
    ...overrides,
  };
}

/** 100 pico-USD per input token and 400 per output token, valid for ever. */
export function aPrice(overrides: Partial<Price> = {}): Price {
  return {
    id: "price-1",
    provider: model.provider,
    model: model.model,
    tenantId: null,
    from: null,
    to: null,
    rates: { input: 100n, output: 400n },
    longContext: [],
    serviceTiers: {},
    fees: {},
    source: "made up for tests",
    ...overrides,
  };
}

/** A book of these prices; one `aPrice()` by default. */
export function aPriceBook(prices: readonly Price[] = [aPrice()]): PriceBook {
  return createPriceBook("book-1", prices);
}

/** An answered call to the provider, as a span tells it. */
export function aReport(overrides: Partial<ProviderReport> = {}): ProviderReport {
  return {
    attemptId: null,
    responseId: null,
    requested: model,
    reportedModel: null,
    usage: usageOf({ input: 8, output: 2 }),
    toldCostPico: null,
    outcome: "ok",
    status: null,
    ttftMs: null,
    ...overrides,
  };
}

/** A root span of 800 ms without a report, brought by a key for the whole installation. */
export function aStoredSpan(overrides: Partial<StoredSpan> = {}): StoredSpan {
  const startedAt = overrides.startedAt ?? at;
  return {
    scope: { kind: "installation" },
    tenantId: attribution.tenantId,
    keyId: null,
    bookedAs: null,
    traceId: "0123456789abcdef0123456789abcdef",
    spanId: "0123456789abcdef",
    parentSpanId: null,
    name: "answer a question",
    kind: "internal",
    startedAt,
    endedAt: startedAt + 800,
    status: "ok",
    service: "app",
    environment: "test",
    instrumentation: "by hand",
    claims: { tenantId: attribution.tenantId, userId: null, sessionId: null, feature: null },
    report: null,
    attributes: {},
    ...overrides,
  };
}
