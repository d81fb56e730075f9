import type { PicoUsd } from "../money/pico-usd.ts";
import type { Instant } from "../time/instant.ts";
import type { Period } from "../time/period.ts";

/** What a platform counted for a tenant or a session. Its own figures; nothing of ours is in them. */
export interface PlatformUsage {
  readonly tokens: number;
  readonly requests: number;
  /** Null where one session was asked for. */
  readonly sessions: number | null;
  /** From the digits the platform sent, rounded half-even at 10⁻¹² USD. */
  readonly costPico: PicoUsd;
}

/** Fields a platform leaves out are null. */
export interface PlatformTrace {
  readonly id: string;
  readonly name: string | null;
  readonly tenantId: string | null;
  readonly userId: string | null;
  readonly sessionId: string | null;
  readonly startedAt: Instant | null;
  readonly latencyMs: number | null;
  readonly tokens: number | null;
  readonly costPico: PicoUsd | null;
  readonly models: readonly string[];
  readonly hasError: boolean | null;
}

/** Fields a platform leaves out are null. */
export interface PlatformSpan {
  readonly id: string;
  readonly traceId: string | null;
  readonly parentId: string | null;
  readonly name: string | null;
  readonly startedAt: Instant | null;
  readonly latencyMs: number | null;
  readonly model: string | null;
  readonly tokens: number | null;
  readonly costPico: PicoUsd | null;
  readonly hasError: boolean | null;
}

/** A part of a list. */
export interface PlatformPage<Item> {
  readonly items: readonly Item[];
  /** Where the next part begins; null at the end. */
  readonly next: string | null;
}

/** Which traces. What is left out does not narrow. */
export interface TraceQuery {
  readonly period: Period;
  readonly tenantId?: string;
  readonly userId?: string;
  readonly sessionId?: string;
  /** `next` of the part before. */
  readonly cursor?: string;
  /** Most items of a part, 1–100. Default 50. */
  readonly limit?: number;
}

/** A figure over time, as a dashboard draws it. */
export interface ChartQuery {
  readonly period: Period;
  readonly of: "traces" | "spans";
  readonly measure: "latency" | "error-rate" | "requests" | "cost" | "tokens";
  /** `total` and `share` are for counts; the others are for latency. */
  readonly as: "average" | "p50" | "p90" | "p95" | "p99" | "share" | "total";
  readonly every: "minute" | "hour" | "day";
  readonly tenantId?: string;
}

/**
 * A telemetry platform that is asked for what it counted, so that it can be laid beside the ledger.
 *
 * - No data is null or an empty part; a failure never looks like it. A figure of 0 is a figure.
 * - Ids may hold any character and never reach another tenant, session or route.
 * - Periods are half-open. Money is exact: it never passes through a float (R5).
 * - Every question ends within a time limit, is sent to the configured host alone, and is not repeated.
 *
 * Errors: `invalid_request` for a limit or an id that cannot be asked for; `upstream_error` where the platform refused,
 * failed, or answered something that cannot be read; `upstream_timeout` where it did not answer in time; `unavailable`
 * where it cannot be reached. Messages say what to do next and never hold the key.
 */
export interface UsagePlatform {
  /** Its name, for reports; lower case. */
  readonly name: string;
  tenantUsage(tenantId: string, period: Period): Promise<PlatformUsage | null>;
  sessionUsage(sessionId: string, period: Period): Promise<PlatformUsage | null>;
  /** Newest first. */
  traces(query: TraceQuery): Promise<PlatformPage<PlatformTrace>>;
  spans(traceId: string, cursor?: string): Promise<PlatformPage<PlatformSpan>>;
  /** In the platform's own form, with every number as the text it was written with (`NumberText`). */
  chart(query: ChartQuery): Promise<unknown>;
}
