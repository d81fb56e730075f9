import type { Objective } from "../sla/objective.ts";
import type { ModelRef } from "../tenancy/model-ref.ts";
import type { Instant } from "../time/instant.ts";
import type { Attribution, Origin } from "./ledger-line.ts";

/** `aborted` by the caller; `lost` with the process that made it. */
export type CallOutcome = "ok" | "failed" | "aborted" | "lost";

/** What one call says about one objective. `excluded` calls are counted apart and decide nothing. */
export interface Verdict {
  readonly objectiveId: string;
  readonly verdict: "good" | "bad" | "excluded";
}

/** The immutable end of a call: one for every admitted call. */
export interface CallRecord extends Attribution {
  readonly callId: string;
  readonly origin: Origin;
  /** The tier the call was made under. */
  readonly tierId: string;
  /** The final attempt's model: what answered, or what was asked last. */
  readonly model: ModelRef;
  /** Attempts made, ≥ 0. */
  readonly attempts: number;
  readonly admittedAt: Instant;
  readonly recordedAt: Instant;
  readonly outcome: CallOutcome;
  /** Machine-readable reason of a failure (`upstream_timeout`, `budget_exceeded`); null when ok. */
  readonly failure: string | null;
  /** Admission to last byte, ms, monotonic, retries and fallbacks included. Null for lost calls. */
  readonly latencyMs: number | null;
  /** Admission to first byte for the caller, ms. Null when there was none. */
  readonly ttftMs: number | null;
  readonly verdicts: readonly Verdict[];
}

/** A call's objectives, kept where only their ids are needed. */
export function objectiveIds(objectives: readonly Objective[]): readonly string[] {
  return objectives.map((objective) => objective.id);
}
