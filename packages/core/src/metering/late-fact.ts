import type { Usage } from "../pricing/usage.ts";
import { formatModelRef } from "../tenancy/model-ref.ts";
import type { LedgerLine, UsageSource } from "./ledger-line.ts";

/** Why a fact leaves the line in force alone. */
export type FactIgnored =
  /** The ledger already says so. */
  | "same-figures"
  /** The ledger has it from a better source: measured before estimated before unknown. */
  | "better-source"
  /** Another report from as good a source says more; name the wrong line to replace it all the same. */
  | "higher-report";

const ranks: Readonly<Record<UsageSource, number>> = { unknown: 0, estimated: 1, measured: 2 };

type Figures = Pick<LedgerLine, "source" | "usage" | "costPico" | "priceId" | "answered">;

/**
 * Why the line in force stays although somebody reports these figures; null when they take its place.
 *
 * The better source wins, and among equals the higher cost, because a budget must rather count too much than too little
 * (R3); of equal costs the one that was told, because no later price changes it. All are the maximum of an order, so the
 * last line is the same in whatever order reports come in (R1).
 */
export function ignoredBecause(inForce: LedgerLine, reported: Figures): FactIgnored | null {
  const rank = ranks[reported.source] - ranks[inForce.source];
  if (rank !== 0) return rank > 0 ? null : "better-source";
  if (sameFigures(inForce, reported)) return "same-figures";
  return compare(reported, inForce) > 0 ? null : "higher-report";
}

/** What a provider says it billed, and nobody computed from a price. */
export function isToldCost({ costPico, priceId }: Pick<LedgerLine, "costPico" | "priceId">): boolean {
  return costPico !== null && priceId === null;
}

/** True when both say the same about what was used, what it cost, and whether the cost was told. */
export function sameFigures(a: Figures, b: Figures): boolean {
  return a.source === b.source && compare(a, b) === 0;
}

function compare(a: Figures, b: Figures): number {
  const [costA, costB] = [a.costPico ?? -1n, b.costPico ?? -1n];
  if (costA !== costB) return costA > costB ? 1 : -1;
  const [nameA, nameB] = [a, b].map(({ usage, answered }) => nameOf(usage) + formatModelRef(answered)) as [
    string,
    string,
  ];
  if (nameA !== nameB) return nameA > nameB ? 1 : -1;
  return Number(isToldCost(a)) - Number(isToldCost(b));
}

/** The same text for the same usage, whatever order its members are in; usage that is told sorts after none. */
function nameOf(usage: Usage | null): string {
  if (usage === null) return "";
  const sorted = (counts: Readonly<Record<string, number>>): unknown =>
    Object.entries(counts)
      .filter(([, count]) => count !== 0)
      .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([sorted(usage.tokens), sorted(usage.fees), usage.serviceTier]);
}
