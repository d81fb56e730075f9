import type { PicoUsd } from "../money/pico-usd.ts";
import type { Tokens } from "../pricing/usage.ts";
import type { QuantileSketch } from "../sla/quantile-sketch.ts";
import type { Period } from "../time/period.ts";

/** Whose data a query may see (R4). There is no unscoped query. */
export type QueryScope = { readonly kind: "installation" } | { readonly kind: "tenant"; readonly tenantId: string };

export type UsageDimension = "tenant" | "user" | "session" | "feature" | "featureUsed" | "model" | "day" | "month";

export interface UsageQuery {
  /** Half-open, by `occurredAt` of lines and `admittedAt` of calls. */
  readonly period: Period;
  /** Empty: one row for all. `featureUsed` counts a call once under each feature it used, so its rows overlap. */
  readonly groupBy: readonly UsageDimension[];
  /** Zone of `day` and `month`. */
  readonly timeZone: string;
  readonly tenantId?: string;
  readonly userId?: string;
  readonly sessionId?: string;
  readonly feature?: string;
  /** Where there are more groups the question is refused: an answer without end holds up whoever takes it. Default: all. */
  readonly mostGroups?: number;
}

/** Sums over the lines not superseded and the calls of a group. */
export interface UsageSums {
  /** Admitted calls, under the model of their last attempt. */
  readonly calls: number;
  /** Lines, under their own model. */
  readonly attempts: number;
  readonly denied: number;
  /** Admitted calls without a successful answer. */
  readonly failed: number;
  readonly tokens: Tokens;
  readonly costPico: PicoUsd;
  readonly chargePico: PicoUsd;
  /** Charge less cost, over the lines of which both are known; not the difference of the two sums where one is unknown. */
  readonly marginPico: PicoUsd;
  /** Lines whose cost or charge is unknown, and so their margin; never taken as 0 (R6). */
  readonly marginUnknown: number;
  /** Most the lines of unknown cost can come to; not in `costPico`. */
  readonly atMostPico: PicoUsd;
  /** Lines with usage but without a price. */
  readonly unpriced: number;
  readonly estimated: number;
  readonly unknown: number;
}

/** A group; a dimension that was not asked for is absent, one without a value is null. */
export interface UsageRow extends UsageSums {
  readonly tenantId?: string;
  readonly userId?: string | null;
  readonly sessionId?: string | null;
  readonly feature?: string | null;
  readonly featureUsed?: string;
  /** `provider/model`; null for denials before a model was chosen. */
  readonly model?: string | null;
  /** `2026-11-23`, in the query's zone. */
  readonly day?: string;
  /** `2026-11`. */
  readonly month?: string;
}

export interface SlaQuery {
  readonly period: Period;
  readonly tenantId?: string;
}

/** Exact counts of one tenant's calls under one objective, and their latencies. */
export interface SlaCounts {
  readonly tenantId: string;
  readonly objectiveId: string;
  readonly good: number;
  readonly bad: number;
  readonly excluded: number;
}

/** All latencies of a tenant's answered calls in the period. */
export interface LatencyCounts {
  readonly tenantId: string;
  /** Admitted calls, also without a latency. */
  readonly calls: number;
  readonly latency: QuantileSketch;
  readonly ttft: QuantileSketch;
}

export interface SlaReading {
  readonly counts: readonly SlaCounts[];
  readonly latencies: readonly LatencyCounts[];
}

/** Lines in force: those no other supersedes. */
export interface LineQuery {
  /** Half-open, by `occurredAt`. */
  readonly period: Period;
  readonly tenantId?: string;
  /** Opaque, from the page before. */
  readonly cursor?: string;
  /** 1–1000. */
  readonly limit: number;
}

export interface CallQuery {
  readonly period: Period;
  readonly tenantId?: string;
  readonly sessionId?: string;
  /** Opaque, from the page before. */
  readonly cursor?: string;
  /** 1–1000. */
  readonly limit: number;
}
