import { type AllowanceTerms, allowanceId, drawOnAllowance } from "../pricing/allowance.ts";
import { chargeFor, type ChargePolicy, isNothing } from "../pricing/charge.ts";
import { calendarPeriod } from "../time/period.ts";
import type { LedgerLine } from "./ledger-line.ts";

/**
 * The line with what the tenant pays for its usage and cost, in place of any charge it had: for a first line and for one
 * that corrects another. Without what an allowance includes: that is decided when the line is settled.
 */
export function chargeLine(policy: ChargePolicy, line: LedgerLine): LedgerLine {
  const { chargeItems: _items, unchargedReason: _reason, allowance: _share, ...rest } = line;
  const { chargePico, items, reason, isFree } = chargeFor(policy, line);
  const marks = line.marks.filter((mark) => mark !== "not-charged");
  const isSpared = isFree && (line.usage === null || !isNothing(line.usage));
  return {
    ...rest,
    chargePico,
    chargeVersion: chargePico === null ? null : policy.version,
    ...(items === null ? {} : { chargeItems: items }),
    ...(reason === null ? {} : { unchargedReason: reason }),
    marks: isSpared ? [...marks, "not-charged"] : marks,
  };
}

/**
 * What a line draws on, for `Settlement.terms`; null without an allowance, and for what uses none of it: attempts that
 * are free, and those of unknown charge.
 *
 * @throws RangeError when the time zone is unknown.
 */
export function allowanceTermsOf(policy: ChargePolicy, line: LedgerLine, timeZone: string): AllowanceTerms | null {
  const { allowance } = policy;
  if (allowance === undefined) return null;
  const { exact, isFree } = chargeFor(policy, line);
  if (exact === null || isFree) return null;
  const period = calendarPeriod(allowance.per, line.occurredAt, timeZone);
  return { id: allowanceId(allowance), unit: allowance.unit, limit: allowance.amount, period, exact };
}

/**
 * The line as a ledger stores it.
 *
 * @param before what of the allowance was used before, in its unit, ≥ 0
 */
export function settleCharge(line: LedgerLine, terms: AllowanceTerms, before: bigint): LedgerLine {
  const { chargePico, share } = drawOnAllowance(terms, line.usage, before);
  return { ...line, chargePico, allowance: share };
}
