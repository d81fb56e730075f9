import type { ProviderName } from "../models/model-card.ts";

/** One way to misbehave. "Billed" faults put a line on the invoice, the others do not. */
export type Fault =
  /** An error instead of an answer. Not billed. */
  | {
      readonly kind: "status";
      readonly status: number;
      /** OpenAI's `code`, Anthropic's error `type`; by default the vendor's for that status. */
      readonly code?: string;
      readonly message?: string;
      readonly retryAfterMs?: number;
    }
  /** The answer is generated and billed, then a 5xx (500 unless stated) is all the caller gets. */
  | { readonly kind: "billed-then-status"; readonly status?: number; readonly message?: string }
  /** The answer is generated and billed, then the connection is reset before any byte. */
  | { readonly kind: "billed-then-reset" }
  /** The connection is reset before any work. Not billed. */
  | { readonly kind: "reset" }
  /** No answer, ever; ends with the caller or with `close()`. Not billed. */
  | { readonly kind: "hang" }
  /** A 200 whose JSON, or one of whose events, is broken. Billed. */
  | { readonly kind: "broken-json" }
  /** An answer without usage. Billed. */
  | { readonly kind: "usage-missing" }
  /** Reported token counts are the billed ones times `factor` (2 unless stated). */
  | { readonly kind: "usage-lies"; readonly factor?: number }
  /** Reports and bills up to `n` input tokens as read from the cache. */
  | { readonly kind: "cached-tokens"; readonly n: number }
  /** The connection ends after so many events (or half the body). Billed for everything, or for what was sent. */
  | { readonly kind: "stream-cut"; readonly afterEvents: number; readonly generated?: "all" | "sent" }
  /**
   * Another model than asked answers, is reported and billed. A name the price table lacks is reported as it
   * is and billed as the requested model.
   */
  | { readonly kind: "other-model"; readonly model: string }
  /** The model declines. Billed. */
  | { readonly kind: "refusal" }
  /** The answer stops half-way as if at a token limit. Billed. */
  | { readonly kind: "length" }
  /** The answer comes so many milliseconds later. */
  | { readonly kind: "slow"; readonly ms: number }
  /** When the caller leaves, the whole answer is billed, not what was sent so far. */
  | { readonly kind: "keeps-generating" };

/** Which calls a rule is for; a field that is absent matches every call. */
export interface FaultMatch {
  /** The requested name, or the family it belongs to. */
  readonly model?: string;
  readonly provider?: ProviderName;
  /** The path, with or without its leading `/v1/`. */
  readonly endpoint?: string;
  readonly clientRequestIdPrefix?: string;
  /** Of the calls that match otherwise, every n-th: n, 2n, 3n … */
  readonly everyNth?: number;
  /** 0 to 1, decided by the simulator's seed. */
  readonly probability?: number;
}

export interface FaultRule {
  readonly match?: FaultMatch;
  readonly fault: Fault;
  /** The rule fires at most so often; without it there is no end. */
  readonly times?: number;
}

/** Rules in order: the first that matches a call decides. An empty plan is good behaviour. */
export type FaultPlan = readonly FaultRule[];

/** What a rule sees of a call. */
export interface FaultSubject {
  readonly provider: ProviderName;
  readonly endpoint: string;
  readonly model: string;
  readonly family: string;
  readonly clientRequestId: string | null;
}

function concerns(match: FaultMatch, call: FaultSubject): boolean {
  const { model, provider, endpoint, clientRequestIdPrefix: prefix } = match;
  if (model !== undefined && model !== call.model && model !== call.family) return false;
  if (provider !== undefined && provider !== call.provider) return false;
  if (endpoint !== undefined && endpoint !== call.endpoint && `/v1/${endpoint}` !== call.endpoint) {
    return false;
  }
  return prefix === undefined || (call.clientRequestId ?? "").startsWith(prefix);
}

/** Decides call by call; the counters of `everyNth` and `times` belong to the chooser. */
export function createFaultChooser(plan: FaultPlan, random: () => number): (call: FaultSubject) => Fault | null {
  const rules = plan.map((rule) => ({ rule, seen: 0, fired: 0 }));
  return (call) => {
    for (const state of rules) {
      const { match = {}, times = Number.POSITIVE_INFINITY, fault } = state.rule;
      if (state.fired >= times || !concerns(match, call)) continue;
      state.seen += 1;
      if (match.everyNth !== undefined && state.seen % match.everyNth !== 0) continue;
      if (match.probability !== undefined && random() >= match.probability) continue;
      state.fired += 1;
      return fault;
    }
    return null;
  };
}
