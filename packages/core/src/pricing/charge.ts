import { divideRounded } from "../money/rounding.ts";
import type { PicoUsd } from "../money/pico-usd.ts";
import type { AttemptOutcome } from "../metering/ledger-line.ts";
import { formatModelRef, type ModelRef } from "../tenancy/model-ref.ts";
import type { Allowance, Fraction } from "./allowance.ts";
import { type CostItem, costOf } from "./cost.ts";
import type { Price } from "./price.ts";
import { totalTokens, type Usage } from "./usage.ts";

/** Charges that follow from what the provider bills. */
export type CostCharge =
  | { readonly kind: "pass-through" }
  /** Cost plus a share of it; 200_000 ppm is a markup of 20 %. */
  | { readonly kind: "markup"; readonly markupPpm: bigint };

/** What the tenant pays for a model whatever it costs: one price for every service tier and length of input. */
export type ListedPrice = Pick<Price, "rates" | "fees">;

/** The tenant's own price list, by `provider/model`. */
export interface ListCharge {
  readonly kind: "price-list";
  readonly models: Readonly<Record<string, ListedPrice>>;
  /** What prices a usage the list has no price for; null leaves its charge unknown (R6). */
  readonly unlisted: CostCharge | null;
}

/** Attempts that did not answer, by what the tenant may be asked to pay for them; `failed` is all others but `ok`. */
export type UnansweredKind = "aborted" | "cut" | "failed";

/** Whether the tenant pays for an attempt as for an answer, or nothing. */
export type AttemptCharges = Readonly<Record<UnansweredKind, "charged" | "free">>;

/** What the tenant pays. Stored with every line under `version`. */
export type ChargePolicy = (CostCharge | ListCharge) & {
  readonly version: string;
  /** What is included; beyond it the rest of the policy prices. */
  readonly allowance?: Allowance;
  /** Default: `defaultAttemptCharges`. */
  readonly attempts?: AttemptCharges;
};

/** A tenant pays for answers, and for what was written before it gave up; not for what failed on the way to an answer. */
export const defaultAttemptCharges: AttemptCharges = { aborted: "charged", cut: "free", failed: "free" };

/** What of an attempt decides its charge. */
export interface ChargedAttempt {
  readonly outcome: AttemptOutcome;
  readonly requested: ModelRef;
  readonly answered: ModelRef;
  readonly usage: Usage | null;
  readonly costPico: PicoUsd | null;
}

/** What an attempt comes to before any allowance. */
export interface Charge {
  /** Rounded once, half-even at 10⁻¹² USD; null when unknown (R6). */
  readonly chargePico: PicoUsd | null;
  /** The same before rounding, as a fraction. */
  readonly exact: Fraction | null;
  /** How the price list made it; null when another rule did. */
  readonly items: readonly CostItem[] | null;
  /** Why it is unknown though usage and cost may be known; null otherwise. */
  readonly reason: string | null;
  /** True when the tenant pays nothing because of how the attempt ended. */
  readonly isFree: boolean;
}

/**
 * The tenant's charge for an attempt. Never negative; where neither usage nor cost is known the charge is not either
 * (R6). A cost that was told without its usage is charged by rules that go by cost.
 */
export function chargeFor(policy: ChargePolicy, attempt: ChargedAttempt): Charge {
  if (attempt.usage === null && attempt.costPico === null) return unknown;
  const kind = unansweredKind(attempt.outcome);
  if (kind !== null && (policy.attempts ?? defaultAttemptCharges)[kind] === "free")
    return { ...exactly(0n), isFree: true };
  if (policy.kind !== "price-list") return byCost(policy, attempt.costPico);
  const listed =
    attempt.usage === null
      ? { ...unknown, reason: "a price list needs the usage, which is not known" }
      : byList(policy, attempt, attempt.usage);
  return listed.chargePico !== null || policy.unlisted === null ? listed : byCost(policy.unlisted, attempt.costPico);
}

const unknown: Charge = { chargePico: null, exact: null, items: null, reason: null, isFree: false };

function unansweredKind(outcome: AttemptOutcome): UnansweredKind | null {
  if (outcome === "ok") return null;
  return outcome === "aborted" || outcome === "cut" ? outcome : "failed";
}

function byCost(policy: CostCharge, costPico: PicoUsd | null): Charge {
  if (costPico === null) return unknown;
  if (policy.kind === "pass-through") return exactly(costPico);
  const exact = { numerator: costPico * (1_000_000n + policy.markupPpm), denominator: 1_000_000n };
  return { ...unknown, chargePico: divideRounded(exact.numerator, exact.denominator, "half-even"), exact };
}

function byList(policy: ListCharge, { answered, requested }: ChargedAttempt, usage: Usage): Charge {
  if (isNothing(usage)) return { ...exactly(0n), items: [] };
  const name = [answered, requested].map(formatModelRef).find((model) => Object.hasOwn(policy.models, model));
  const listed = name === undefined ? undefined : policy.models[name];
  if (name === undefined || listed === undefined) {
    return { ...unknown, reason: `${formatModelRef(answered)} is not on the price list` };
  }
  const cost = costOf({ ...usage, serviceTier: "standard" }, { ...blank, ...listed, id: `list of ${name}` });
  if (cost.kind === "unpriced") return { ...unknown, reason: cost.reason };
  return { ...exactly(cost.amountPico), items: cost.items };
}

/** What a listed price has not: it holds always, for everybody and for every length of input. */
const blank: Omit<Price, "rates" | "fees" | "id"> = {
  provider: "",
  model: "",
  tenantId: null,
  from: null,
  to: null,
  longContext: [],
  serviceTiers: {},
  source: "",
};

function exactly(chargePico: PicoUsd): Charge {
  return { ...unknown, chargePico, exact: { numerator: chargePico, denominator: 1n } };
}

/** Nothing was used that could have a price. */
export function isNothing({ tokens, fees }: Usage): boolean {
  return totalTokens(tokens) === 0 && Object.values(fees).every((quantity) => quantity === 0);
}
