import type { SpanScope, StoredSpan } from "../ingest/reported-span.ts";
import type { LedgerLine } from "../metering/ledger-line.ts";
import type { QueryScope } from "../metering/usage-query.ts";
import type { Instant } from "../time/instant.ts";
import type { Period } from "../time/period.ts";

/** A trace within the scope it is known in. */
export interface TraceRef {
  readonly scope: SpanScope;
  readonly traceId: string;
}

/** A span within the scope it is known in. */
export interface SpanRef extends TraceRef {
  readonly spanId: string;
}

/** An id that several spans of one tenant may share: of an answer, or of an attempt of ours. */
export interface SharedId {
  readonly tenantId: string;
  readonly id: string;
}

export interface SpanQuestion {
  readonly traces: readonly TraceRef[];
  readonly responses: readonly SharedId[];
  readonly attempts: readonly SharedId[];
}

export interface FoundSpans {
  /**
   * Every span of these traces, and of each shared id up to 32 spans that report it (which of more is the store's
   * choice), each once, by trace id, then span id.
   */
  readonly spans: readonly StoredSpan[];
  /** For `write`: what was seen. Opaque. */
  readonly seen: string;
}

/** Which lines are asked for. */
export interface LinesQuestion {
  /** Calls that spans were booked as. */
  readonly calls: readonly SharedId[];
  /** Calls of ours that got this answer. */
  readonly responses: readonly SharedId[];
  /** Attempts of ours. */
  readonly attempts: readonly SharedId[];
}

export interface SpanWrite {
  /** New spans; one that is known changes nothing (the first wins). */
  readonly added: readonly StoredSpan[];
  /** Known spans that count for another tenant now, or are booked as another call. */
  readonly changed: readonly (SpanRef & Pick<StoredSpan, "tenantId" | "bookedAs">)[];
  /** Pending traces that have been looked at. */
  readonly settled: readonly TraceRef[];
  /** Of the `find` it was decided by. */
  readonly seen: string;
  /** When they came in; decides when they are forgotten. */
  readonly receivedAt: Instant;
}

/** Spans one tenant has in one trace. */
export interface StoredTrace {
  readonly traceId: string;
  readonly tenantId: string;
  /** Of the earliest span: a root before others. */
  readonly name: string;
  readonly service: string | null;
  readonly environment: string | null;
  /** The first that any span names, by start. */
  readonly userId: string | null;
  readonly sessionId: string | null;
  readonly startedAt: Instant;
  readonly endedAt: Instant;
  readonly hasError: boolean;
  readonly spans: number;
}

export interface TraceListQuery {
  /** Half-open, by the start of the earliest span. */
  readonly period: Period;
  readonly traceId?: string;
  readonly tenantId?: string;
  readonly userId?: string;
  readonly sessionId?: string;
  readonly order: "newest-first" | "oldest-first";
  /** Opaque: of an item of the page before. */
  readonly cursor?: string;
  /** 1–1000. */
  readonly limit: number;
}

/** A page whose items carry a cursor each, so that a reader may go on behind any of them. */
export interface CursorPage<Item> {
  readonly items: readonly { readonly item: Item; readonly cursor: string }[];
  readonly hasMore: boolean;
}

export interface SpanListQuery {
  readonly traceId: string;
  readonly name?: string;
  readonly cursor?: string;
  /** 1–1000. */
  readonly limit: number;
}

/**
 * Spans that others reported, kept so that each provider call is booked once in whatever order they come.
 *
 * - `write` is one step, durable on return; handed in together with `UsageLedger.settle`, `UsageLedger.retract` and
 *   `LimitStore.spend` of the same turn it is committed with them where they share a store. Idempotent.
 *   It answers whether nobody else wrote spans since `seen`; where somebody did, what was decided may be outdated:
 *   find and decide again.
 * - `find` sees every resolved `write`, of other processes too. `lines` answers the ledger lines in force, of calls not
 *   retracted: those of the calls asked for, and those with `origin: "call"` of the responses and attempts asked for.
 * - A line with `origin: "call"` that tells of the same response or attempt of the same tenant as a span puts that span's
 *   trace on the list of `pending`, when it is settled after the `find` by which the span was written: in the
 *   settlement's own step, or in the write's where that comes later. So does a line that supersedes. Nothing else does,
 *   a repetition neither, and `write` with `settled` takes it off, unless such a line came after its own `find`.
 * - `traces` and `spans` answer the scope that asks (R4): a tenant sees spans placed under it, whoever brought them, and
 *   a trace that has spans of two tenants is two. Spans by start, then by id.
 * - Spans are forgotten `keepSpansMs` after they came in, at the store's own pace; lines stay.
 *
 * Errors: `invalid_request` names the field; `unavailable` when nothing was written.
 */
export interface SpanStore {
  find(question: SpanQuestion): Promise<FoundSpans>;
  lines(question: LinesQuestion): Promise<readonly LedgerLine[]>;
  write(write: SpanWrite): Promise<{ readonly isAlone: boolean }>;
  /** @param limit 1–1000 */
  pending(limit: number): Promise<readonly TraceRef[]>;
  traces(scope: QueryScope, query: TraceListQuery): Promise<CursorPage<StoredTrace>>;
  spans(scope: QueryScope, query: SpanListQuery): Promise<CursorPage<StoredSpan>>;
}
