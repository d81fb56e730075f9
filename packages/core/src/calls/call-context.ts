import type { BudgetEvent } from "../budgets/budget-event.ts";
import type { TopUp } from "../budgets/top-up.ts";
import type { Attribution, LedgerLine } from "../metering/ledger-line.ts";
import type { Clock } from "../ports/clock.port.ts";
import type { IdSource } from "../ports/id-source.port.ts";
import type { HoldClaim, LimitStates, LimitStore } from "../ports/limit-store.port.ts";
import type { Log } from "../ports/log.port.ts";
import type { PriceSource } from "../ports/price-source.port.ts";
import type { CallSpan, Telemetry } from "../ports/telemetry.port.ts";
import type { TenantDirectory } from "../ports/tenant-directory.port.ts";
import type { TokenCounter } from "../ports/token-counter.port.ts";
import type { UsageLedger } from "../ports/usage-ledger.port.ts";
import type { PriceBook } from "../pricing/price-book.ts";
import type { ModelRef } from "../tenancy/model-ref.ts";
import type { Policy } from "../tenancy/tenant.ts";
import type { Tier } from "../tenancy/tier.ts";
import type { Instant } from "../time/instant.ts";
import type { CallInput } from "./call-input.ts";
import type { Settler } from "./settler.ts";
import type { Work } from "./work.ts";

/** Everything the use case speaks to. */
export interface CallPorts {
  readonly tenants: TenantDirectory;
  readonly tiers: ReadonlyMap<string, Tier>;
  readonly prices: PriceSource;
  readonly limits: LimitStore;
  readonly ledger: UsageLedger;
  readonly tokens: TokenCounter;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly log: Log;
  readonly settler: Settler;
}

/** A call that may be made: known before it is admitted. */
export interface CallRequest<Event> {
  readonly callId: string;
  readonly input: CallInput;
  readonly who: Attribution;
  readonly policy: Policy;
  readonly timeZone: string;
  /** Money added to the tenant's budgets. */
  readonly topUps: readonly TopUp[] | undefined;
  readonly route: readonly [ModelRef, ...ModelRef[]];
  readonly work: Work<Event>;
  readonly span: CallSpan;
  /** The tier's cap or the caller's own, whichever is less; no attempt is sent with more. */
  readonly maxOutputTokens: number;
}

/** A call that was admitted. */
export interface AdmittedCall<Event> extends CallRequest<Event> {
  readonly admittedAt: Instant;
  /** Monotonic ms at admission. */
  readonly admittedMs: number;
  readonly timeoutMs: number;
  readonly states: LimitStates;
  /** Tokens of each attempt so far; the most it can be for one nobody heard of. */
  readonly tokens: number[];
  /** Lines written so far, one per attempt. */
  readonly lines: LedgerLine[];
  /** Shares of budgets that this call's spending reached. */
  readonly budgetEvents: BudgetEvent[];
}

/** An attempt whose money is held and which has not been sent. */
export interface HeldAttempt {
  readonly attemptId: string;
  readonly ordinal: number;
  readonly target: ModelRef;
  /** What was claimed of each budget. */
  readonly holds: readonly HoldClaim[];
  /** Output limit it is sent with: the call's, or less where the tier fits calls into what a budget has left. */
  readonly maxOutputTokens: number;
  /** What was reserved in every budget; 0 where nothing has to be. */
  readonly holdPico: bigint;
  /** Upper bound of its cost; null when it has none. */
  readonly atMostPico: bigint | null;
  /** Upper bound of its tokens. */
  readonly atMostTokens: number;
  /** The one instant that decides price, budget period and report bucket. */
  readonly at: Instant;
  /** The prices the hold was computed from; a book that is swapped in meanwhile is for later attempts. */
  readonly book: PriceBook;
}

/** Ms left of the call's time; never below 0. */
export function timeLeftMs<Event>(call: AdmittedCall<Event>, clock: Clock): number {
  return Math.max(0, call.admittedMs + call.timeoutMs - clock.monotonicMs());
}
