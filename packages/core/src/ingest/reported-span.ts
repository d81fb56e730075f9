import type { AttemptOutcome } from "../metering/ledger-line.ts";
import type { QueryScope } from "../metering/usage-query.ts";
import type { PicoUsd } from "../money/pico-usd.ts";
import type { Usage } from "../pricing/usage.ts";
import type { ModelRef } from "../tenancy/model-ref.ts";
import type { Instant } from "../time/instant.ts";

/** Names of a span that the format's own kinds have. */
export type SpanKind = "internal" | "server" | "client" | "producer" | "consumer";

/** What a span or its resource says of whom it is for. Ids are 1–200 characters; null is "does not say". */
export interface SpanClaims {
  readonly tenantId: string | null;
  readonly userId: string | null;
  readonly sessionId: string | null;
  readonly feature: string | null;
}

/** A span that somebody else's tracing made, in words of our own, without content (R10). */
export interface ReportedSpan {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hex digits, not all zero. */
  readonly spanId: string;
  /** Null for the root of a trace. */
  readonly parentSpanId: string | null;
  /** 1–200 characters. */
  readonly name: string;
  readonly kind: SpanKind;
  readonly startedAt: Instant;
  /** At or after `startedAt`. */
  readonly endedAt: Instant;
  readonly status: "unset" | "ok" | "error";
  /** `service.name` of its resource. */
  readonly service: string | null;
  /** `deployment.environment(.name)` of its resource. */
  readonly environment: string | null;
  /** The instrumentation that made it. */
  readonly instrumentation: string | null;
  readonly claims: SpanClaims;
  /** Null for spans that tell of no provider call. */
  readonly report: ProviderReport | null;
  /** A few facts to show beside it: never prompts, answers, headers or error texts. At most 32, values ≤ 200 characters. */
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

/** What a span tells of one request to a provider. */
export interface ProviderReport {
  /** Our own id of the attempt, where our telemetry made the span. */
  readonly attemptId: string | null;
  /** The provider's id of its answer. */
  readonly responseId: string | null;
  /** What was asked for. */
  readonly requested: ModelRef;
  /** The model that answered, in the provider's words. */
  readonly reportedModel: string | null;
  /** Disjoint token classes; null when the span tells none. */
  readonly usage: Usage | null;
  /** What the span says it cost; kept beside our price, and in no sum. */
  readonly toldCostPico: PicoUsd | null;
  readonly outcome: Extract<AttemptOutcome, "ok" | "failed" | "aborted">;
  /** HTTP status of the answer. */
  readonly status: number | null;
  /** Start to first byte, ms. */
  readonly ttftMs: number | null;
}

/** Where a span is known: what the key that brought it may write for. Equal span ids of two scopes are two spans. */
export type SpanScope = QueryScope;

/** A span as it is kept. */
export interface StoredSpan extends ReportedSpan {
  readonly scope: SpanScope;
  /** The tenant it counts for: its own or the nearest ancestor's, or the one that stands for nobody. */
  readonly tenantId: string;
  /** The key that brought it. */
  readonly keyId: string | null;
  /** The call it was booked as last, retracted or not; null while it was not. */
  readonly bookedAs: string | null;
}
