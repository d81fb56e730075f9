import type { LedgerLine } from "../metering/ledger-line.ts";
import { spentOf } from "../metering/line-in-force.ts";
import type { LimitSpending } from "../ports/limit-store.port.ts";
import type { Policy } from "../tenancy/tenant.ts";
import { holdsFor } from "./claims.ts";

/**
 * What changes in spent budgets when a line takes another's place: in every budget that covers the attempt, in the period
 * it was sent in. Its id is the new line's, so it counts once however often it is made; also a difference of 0 is told,
 * so that nobody who loses the race for that line can count his own under its id. Null without budgets.
 */
export function spendingCorrection(
  before: LedgerLine,
  after: LedgerLine,
  terms: { readonly policy: Policy; readonly timeZone: string },
): LimitSpending | null {
  return spendingFor(after, terms, { spendingId: after.lineId, amountPico: spentOf(after) - spentOf(before) });
}

/** Money in every budget that covers a line, in the period it was sent in. Null without budgets. */
export function spendingFor(
  line: LedgerLine,
  terms: { readonly policy: Policy; readonly timeZone: string },
  fact: Pick<LimitSpending, "spendingId" | "amountPico">,
): LimitSpending | null {
  const at = line.occurredAt;
  const claims = holdsFor(terms.policy, line, { now: at, timeZone: terms.timeZone }, 0n);
  return claims.length === 0 ? null : { ...fact, claims, at };
}
