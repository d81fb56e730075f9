import type { CallRecord } from "../metering/call-record.ts";
import type { LedgerLine } from "../metering/ledger-line.ts";
import type {
  CallQuery,
  LineQuery,
  QueryScope,
  SlaQuery,
  SlaReading,
  UsageQuery,
  UsageRow,
} from "../metering/usage-query.ts";

/** A call with every line of it, superseded ones included, by ordinal and then by `recordedAt`. Known from its first intent on. */
export interface CallDetail {
  /** Null while the call is in flight. */
  readonly call: CallRecord | null;
  readonly lines: readonly LedgerLine[];
  /** The call it turned out to be, for one that was retracted and is in no sum; absent otherwise. */
  readonly sameAs?: string;
}

export interface CallPage {
  /** Newest first. */
  readonly calls: readonly CallRecord[];
  /** Of each of these calls, in the same order: the lines of its tenant, as `CallDetail` has them. */
  readonly lines: readonly (readonly LedgerLine[])[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

export interface LinePage {
  /** In force when the page was read; oldest first, then in an order of the store's own that does not change. */
  readonly lines: readonly LedgerLine[];
  /** Null on the last page. Lines appended meanwhile make none come twice and hide none that was there before. */
  readonly nextCursor: string | null;
}

/**
 * Reads the ledger. Every question carries the scope that asks (R4): a tenant's scope sees that tenant and nothing
 * else, and a foreign id answers exactly as an unknown one does.
 *
 * Answers come from roll-ups and equal the fold of the lines (`metering/roll-up.ts`). Rows are sorted by their
 * dimensions in the order asked for, nulls last. Empty periods give no rows, not zeros. Reading writes nothing and
 * never delays a writer.
 * Errors: `invalid_request` names the field; `unavailable`.
 */
export interface UsageReader {
  usage(scope: QueryScope, query: UsageQuery): Promise<readonly UsageRow[]>;
  sla(scope: QueryScope, query: SlaQuery): Promise<SlaReading>;
  calls(scope: QueryScope, query: CallQuery): Promise<CallPage>;
  call(scope: QueryScope, callId: string): Promise<CallDetail | null>;
  lines(scope: QueryScope, query: LineQuery): Promise<LinePage>;
}
