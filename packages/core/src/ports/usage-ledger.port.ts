import type { CallRecord } from "../metering/call-record.ts";
import type { Intent, LedgerLine } from "../metering/ledger-line.ts";
import type { AllowanceTerms } from "../pricing/allowance.ts";
import type { DenialCode } from "../limits/denial.ts";
import type { Instant } from "../time/instant.ts";

/** What one attempt or one call came to. At least one part is set. */
export interface Settlement {
  readonly line: LedgerLine | null;
  /**
   * What the line may draw on; null without an allowance. The line has the charge it has without. Absent, a line that
   * supersedes draws by the terms of the one it replaces.
   */
  readonly terms?: AllowanceTerms | null;
  /** Set with the call's last line, or alone when the call ends without a further attempt. */
  readonly call: CallRecord | null;
}

export interface DenialCount {
  readonly tenantId: string;
  readonly userId: string | null;
  readonly feature: string | null;
  /** `provider/model` asked for, or null when none was resolved. */
  readonly model: string | null;
  readonly code: DenialCode;
  readonly at: Instant;
}

/** A call of reported spans that turns out to be another call. */
export interface Retraction {
  readonly tenantId: string;
  /** A call with `origin: "ingest"`. */
  readonly callId: string;
  /** The call it is the same as. */
  readonly sameAs: string;
  readonly recordedAt: Instant;
}

/** A call whose process is gone. */
export interface OrphanCall {
  readonly callId: string;
  /** Attempts of the call in order; those with a line already have `settled: true`. */
  readonly intents: readonly { readonly intent: Intent; readonly settled: boolean }[];
}

/**
 * The durable record of all usage. Append only (R7).
 *
 * - `open` resolves when the intent survives the death of the process (or of the machine, by the store's durability
 *   setting), before which nothing may be sent (R2). The same `attemptId` twice is a `conflict`.
 * - `settle` appends the line and closes its intent, appends the call record and forgets the call's intents, moves
 *   roll-ups and denial counters: all in one step or not at all, durable on return. Idempotent: the same `lineId` or
 *   `callId` again changes nothing (the first wins). A line that `supersedes` another takes its place in all sums; the
 *   old line stays readable.
 * - `settle` resolves with the line as it is stored: for a repetition, the first. With `terms` it decides in the same step
 *   how much of the line the allowance includes (`settleCharge`), by what lines in force of the same tenant, allowance and
 *   period drew before, in the order in which lines are settled. A line that supersedes another first gives back what
 *   that one drew, and where it brings no terms, draws by those of the other (`inheritedTerms`). A line that is itself
 *   superseded when it arrives draws nothing.
 * - `retract` takes a call that was booked from spans out of all sums, counts, service levels and lists, its lines and what
 *   they drew on an allowance with it, in one step and durable on return. `UsageReader.call` still finds it, with
 *   `sameAs`. Idempotent: the first wins; an unknown call, another tenant's and one with `origin: "call"` change nothing.
 *   What is settled for a retracted call afterwards changes nothing either.
 * - `deny` counts refused calls. It may be batched in memory for up to a second; at most that is lost with the process.
 * - `orphans` lists calls of owners *proven* dead that are not closed. It never lists a call of a living owner, of this
 *   process or another.
 *
 * Errors: `unavailable` when nothing was written; a rejected `open` or `settle` left no trace.
 */
export interface UsageLedger {
  open(intent: Intent): Promise<void>;
  settle(settlement: Settlement): Promise<LedgerLine | null>;
  retract(retraction: Retraction): Promise<void>;
  deny(denial: DenialCount): Promise<void>;
  orphans(): Promise<readonly OrphanCall[]>;
}
