import { formatUsd } from "../money/decimal.ts";
import type { Allowance } from "../pricing/allowance.ts";
import { type ChargePolicy, type CostCharge, defaultAttemptCharges } from "../pricing/charge.ts";

/** A charge policy in words, for operators: it tells the markup. Attempts are named where they differ from what is customary. */
export function describeCharge(policy: ChargePolicy): string {
  const attempts = policy.attempts ?? defaultAttemptCharges;
  const others = (["aborted", "cut", "failed"] as const).filter(
    (kind) => attempts[kind] !== defaultAttemptCharges[kind],
  );
  return [
    describeBase(policy),
    ...(policy.allowance === undefined ? [] : [`beyond ${describeAllowance(policy.allowance)}`]),
    ...others.map((kind) => `${kind} attempts ${attempts[kind]}`),
  ].join("; ");
}

function describeBase(policy: ChargePolicy): string {
  if (policy.kind !== "price-list") return byCost(policy);
  const count = Object.keys(policy.models).length;
  const others = policy.unlisted === null ? "others unknown" : `others ${byCost(policy.unlisted)}`;
  return `own prices of ${count} ${count === 1 ? "model" : "models"}, ${others}`;
}

function byCost(charge: CostCharge): string {
  return charge.kind === "pass-through" ? "cost" : `cost plus ${Number(charge.markupPpm) / 10_000} %`;
}

function describeAllowance({ unit, amount, per }: Allowance): string {
  return `${unit === "usd" ? `$${formatUsd(amount)}` : `${amount} ${unit}`} a ${per}`;
}
