import type { PicoUsd } from "../money/pico-usd.ts";
import type { AllowanceShare } from "../pricing/allowance.ts";
import type { CostItem } from "../pricing/cost.ts";
import type { Usage } from "../pricing/usage.ts";
import type { ModelRef } from "../tenancy/model-ref.ts";
import type { Instant } from "../time/instant.ts";

/** Who, in which conversation, for what. Ids are 1–200 characters; null is "not given". */
export interface Attribution {
  readonly tenantId: string;
  readonly userId: string | null;
  readonly sessionId: string | null;
  /** What the call is for (`meeting-summary`). Cost groups by it. */
  readonly feature: string | null;
  /** What it made use of (`decisions`), sorted. Gated by the tier. */
  readonly featuresUsed: readonly string[];
  /** The key that made the call; null for library calls. */
  readonly keyId: string | null;
}

/** The attribution within something larger. */
export function attributionIn(part: Attribution): Attribution {
  const { tenantId, userId, sessionId, feature, featuresUsed, keyId } = part;
  return { tenantId, userId, sessionId, feature, featuresUsed, keyId };
}

/** Where the line came from: a call we made, or a span somebody reported. */
export type Origin = "call" | "ingest";

/** `ok` answered; `refused` before work; `failed` by the provider; `lost` with the process that made it. */
export type AttemptOutcome = "ok" | "refused" | "not-sent" | "failed" | "timeout" | "aborted" | "cut" | "lost";

/** `measured` reported by the provider; `estimated` counted by us; `unknown` neither, and never 0. */
export type UsageSource = "measured" | "estimated" | "unknown";

/** Remarkable facts about a line. */
export type LineMark =
  /** Dearer than its hold. */
  | "hold-exceeded"
  /** The answering model has no price; priced as the model that was asked for. */
  | "priced-as-requested"
  /** Another model answered than was asked for. */
  | "model-differs"
  /** It ended in a way for which the tenant's policy asks nothing. */
  | "not-charged";

/** The durable note "this attempt is about to be sent" (R2). Holds all that recovery needs to write its line. */
export interface Intent extends Attribution {
  readonly attemptId: string;
  readonly callId: string;
  /** The tier the call was made under. */
  readonly tierId: string;
  /** 1 for the call's first attempt. */
  readonly ordinal: number;
  readonly target: ModelRef;
  /** Decides price, budget period and report bucket of the line. */
  readonly occurredAt: Instant;
  /** When the call was admitted. */
  readonly admittedAt: Instant;
  /** Most this attempt can cost; null when it has no bound. */
  readonly atMostPico: PicoUsd | null;
  /** Ids of the objectives in force, for the verdicts of a call that is lost. */
  readonly objectiveIds: readonly string[];
}

/** The immutable outcome of an attempt (R7). */
export interface LedgerLine extends Attribution {
  /** Equal to `attemptId` for the first line of an attempt; a later fact has an id of its own. */
  readonly lineId: string;
  readonly attemptId: string;
  readonly callId: string;
  readonly ordinal: number;
  readonly origin: Origin;
  /** What was asked for. */
  readonly requested: ModelRef;
  /** The model the line counts under: what answered. Equal to `requested` when nothing did, or when both names have the same price. */
  readonly answered: ModelRef;
  /** The answering model in the provider's own words (a dated snapshot, say); null when nothing answered. */
  readonly reportedModel: string | null;
  /** When the intent was written (also for lines that supersede). */
  readonly occurredAt: Instant;
  /** When this line was written. */
  readonly recordedAt: Instant;
  readonly outcome: AttemptOutcome;
  readonly source: UsageSource;
  /** Null when unknown. */
  readonly usage: Usage | null;
  /** What the provider bills; null when unknown or unpriced. */
  readonly costPico: PicoUsd | null;
  /** Why the cost is null; null otherwise. */
  readonly unpricedReason: string | null;
  readonly costItems: readonly CostItem[];
  /** Price version; null when there was nothing to price. */
  readonly priceId: string | null;
  /** For an unknown cost, the most it can be. Counts in its budget period, never in cost sums. */
  readonly atMostPico: PicoUsd | null;
  /** What was reserved for it; null when nothing was. */
  readonly holdPico: PicoUsd | null;
  /** What the tenant pays; null when unknown. */
  readonly chargePico: PicoUsd | null;
  readonly chargeVersion: string | null;
  /** How the tenant's price list made the charge; absent when another rule did. */
  readonly chargeItems?: readonly CostItem[];
  /** Why the charge is null though the usage is known; absent otherwise, and where the cost is unknown too. */
  readonly unchargedReason?: string;
  /** What it drew on the tenant's allowance; absent without one. */
  readonly allowance?: AllowanceShare;
  /** Attempt start to last byte, ms, monotonic. Null for lost attempts. */
  readonly latencyMs: number | null;
  /** The provider's id of its answer. */
  readonly responseId: string | null;
  /** HTTP status of the answer, when there was one. */
  readonly status: number | null;
  readonly marks: readonly LineMark[];
  /** The line this one replaces in all sums. */
  readonly supersedes: string | null;
  /** What the reporter of a span said it cost: beside our own figure, in no sum. Absent when it said nothing. */
  readonly toldCostPico?: PicoUsd;
  /** Who told it later (`invoice:simulator`); absent on an attempt's own line and where prices made it anew. */
  readonly reportedBy?: string;
}

/** What a line earns: charge less cost. Null when either is unknown (R6). */
export function marginOf({ chargePico, costPico }: Pick<LedgerLine, "chargePico" | "costPico">): PicoUsd | null {
  return chargePico === null || costPico === null ? null : chargePico - costPico;
}

/** True when a line's cost is not known and is not known to be nothing. */
export function isUnpriced(line: LedgerLine): boolean {
  return line.costPico === null && line.source !== "unknown";
}
