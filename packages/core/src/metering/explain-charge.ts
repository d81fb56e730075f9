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
    ...(allowance === undefined ? [] : explainAllowance(allowance, chargePico, exactMicroPico(line))),
  ];
}

/** `    1000 input × $0.00000015 = $0.00015` */
export function explainItem({ of, quantity, ratePico, amountPico }: CostItem): string {
  return `    ${quantity} ${of} × $${formatUsd(ratePico)} = $${formatUsd(amountPico)}`;
}

function explainMarkup(line: LedgerLine): string[] {
  const { costPico, chargePico, allowance } = line;
  const factor = factorOf(line);
  const fullPico = allowance?.fullPico ?? chargePico;
  if (factor === null || costPico === null || fullPico === null) return [];
  // A millionth of a dollar has the six decimals that a factor in millionths has.
  const product = `cost $${formatUsd(costPico)} × ${formatUsd(factor * 1_000_000n)} = $${formatUsd(fullPico)}`;
  return [`    ${product}${(costPico * factor) % 1_000_000n === 0n ? "" : rounded}`];
}

/** What the cost was multiplied by, in millionths; null where the charge does not come from a markup. */
function factorOf({ chargeVersion, chargeItems }: LedgerLine): bigint | null {
  const markupPpm = chargeVersion === null || chargeItems !== undefined ? null : markupIn(chargeVersion);
  return markupPpm === null ? null : 1_000_000n + markupPpm;
}

/** The charge without its allowance and before it was rounded, in millionths of a pico-USD. */
function exactMicroPico(line: LedgerLine): bigint {
  const factor = factorOf(line);
  if (factor !== null && line.costPico !== null) return line.costPico * factor;
  return (line.allowance?.fullPico ?? line.chargePico ?? 0n) * 1_000_000n;
}

const rounded = ", rounded once, half-even at 10⁻¹²";

function explainAllowance(share: AllowanceShare, chargePico: bigint, exact: bigint): string[] {
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
  const isExact = (exact * beyond) % (quantity * 1_000_000n) === 0n;
  const of = exact === fullPico * 1_000_000n ? "" : " before rounding";
  const product = `$${formatUsd(fullPico)}${of} × ${beyond} / ${quantity} = $${formatUsd(chargePico)}`;
  return [...rows, `    beyond it: ${product}${isExact ? "" : rounded}`];
}

function nameOf(unit: AllowanceUnit): string {
  return unit === "usd" ? "" : ` ${unit}`;
}
