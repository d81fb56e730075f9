import { formatUsd } from "../money/decimal.ts";
import type { AllowanceShare, AllowanceUnit } from "../pricing/allowance.ts";
import { markupIn } from "../pricing/charge-version.ts";
import type { CostItem } from "../pricing/cost.ts";
import { formatInstant } from "../time/instant.ts";
import type { LedgerLine } from "./ledger-line.ts";

/**
 * How a line's charge came about. The policy's name and the markup tell the cost, so they are for those who may see it;
 * the tenant's own prices and its allowance are its own.
 */
export function explainCharge(line: LedgerLine, showCost: boolean): string[] {
  const { chargePico, chargeVersion, unchargedReason, allowance } = line;
  if (chargePico === null) return unchargedReason === undefined ? [] : [`  charge unknown: ${unchargedReason}`];
  const by = showCost && chargeVersion !== null ? ` by ${chargeVersion}` : "";
  const free = line.marks.includes("not-charged") ? `: nothing is asked for an attempt that ended ${line.outcome}` : "";
  if (free !== "") return [`  charge $${formatUsd(chargePico)}${by}${free}`];
  return [
    `  charge $${formatUsd(chargePico)}${by}`,
    ...(line.chargeItems ?? []).map(explainItem),
    ...(showCost ? explainMarkup(line) : []),
    ...(allowance === undefined ? [] : explainAllowance(allowance, chargePico)),
  ];
}

/** `    1000 input × $0.00000015 = $0.00015` */
export function explainItem({ of, quantity, ratePico, amountPico }: CostItem): string {
  return `    ${quantity} ${of} × $${formatUsd(ratePico)} = $${formatUsd(amountPico)}`;
}

function explainMarkup({ costPico, chargePico, chargeVersion, chargeItems, allowance }: LedgerLine): string[] {
  const markupPpm = chargeVersion === null || chargeItems !== undefined ? null : markupIn(chargeVersion);
  const fullPico = allowance?.fullPico ?? chargePico;
  if (markupPpm === null || costPico === null || fullPico === null) return [];
  const factor = 1_000_000n + markupPpm;
  // A millionth of a dollar has the six decimals that a factor in millionths has.
  const product = `cost $${formatUsd(costPico)} × ${formatUsd(factor * 1_000_000n)} = $${formatUsd(fullPico)}`;
  return [`    ${product}${(costPico * factor) % 1_000_000n === 0n ? "" : rounded}`];
}

const rounded = ", rounded once, half-even at 10⁻¹²";

function explainAllowance(share: AllowanceShare, chargePico: bigint): string[] {
  const { id, unit, limit, period, fullPico, quantity, before, covered } = share;
  const amount = (value: bigint): string => (unit === "usd" ? `$${formatUsd(value)}` : `${value}`);
  const span = `${formatInstant(period.from)} to ${formatInstant(period.to)}`;
  const rows = [
    `    allowance ${id}: ${amount(limit)}${nameOf(unit)} from ${span}`,
    `    ${amount(before)} used before, ${amount(covered)} of this attempt's ${amount(quantity)} included, ${amount(before + covered)} used after`,
  ];
  if (covered === 0n) return [...rows, `    beyond it: $${formatUsd(fullPico)}`];
  if (covered === quantity) return [...rows, `    within it: $0 in place of $${formatUsd(fullPico)}`];
  if (unit === "usd") {
    return [...rows, `    beyond it: $${formatUsd(fullPico)} − ${amount(covered)} = $${formatUsd(chargePico)}`];
  }
  const beyond = quantity - covered;
  const isExact = (fullPico * beyond) % quantity === 0n;
  const product = `$${formatUsd(fullPico)} × ${beyond} / ${quantity} = $${formatUsd(chargePico)}`;
  return [...rows, `    beyond it: ${product}${isExact ? "" : rounded}`];
}

function nameOf(unit: AllowanceUnit): string {
  return unit === "usd" ? "" : ` ${unit}`;
}
