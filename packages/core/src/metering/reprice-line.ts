import type { ChargePolicy } from "../pricing/charge.ts";
import type { PriceBook } from "../pricing/price-book.ts";
import { formatModelRef } from "../tenancy/model-ref.ts";
import type { Instant } from "../time/instant.ts";
import { chargeLine } from "./charge-line.ts";
import { isToldCost } from "./late-fact.ts";
import type { LedgerLine, LineMark } from "./ledger-line.ts";
import { supersedingLineId } from "./line-in-force.ts";
import { priceAttempt } from "./price-attempt.ts";

/** What today's prices make of a line. */
export type Repricing =
  /** Takes the line's place. */
  | { readonly kind: "corrected"; readonly line: LedgerLine; readonly policy: ChargePolicy }
  /** The line is right, or its cost does not come from a price. */
  | { readonly kind: "unchanged" }
  /** The line has a cost, and today's book has no price for it: no reason to forget what is known. */
  | { readonly kind: "price-gone" }
  /** The charge was made by a policy that nobody has any more, or the tenant is gone: its correction cannot be told. */
  | { readonly kind: "policy-gone" };

/** What a line is priced by again. */
export interface RepricingTerms {
  readonly book: PriceBook;
  /** The tenant's policies by version: the line's own decides, also when the tenant has another today (R7). */
  readonly policyOf: (version: string) => ChargePolicy | null;
  /** The tenant's policy today, for lines that had no charge; null for a tenant that is gone. */
  readonly policy: ChargePolicy | null;
  readonly recordedAt: Instant;
}

/** Marks that depend on the price. */
const pricedMarks: ReadonlySet<LineMark> = new Set(["hold-exceeded", "priced-as-requested", "model-differs"]);

/**
 * The line as it would be had the book in force now been in force when it occurred: cost, charge, answering model and
 * price, everything else as it was, `occurredAt` included. Unknown usage and costs that were told and not computed stay
 * as they are. Lines whose cost and model come out the same are unchanged, whatever the price is called by now.
 *
 * Its id follows from the line it supersedes, so that a repetition, or two processes at once, append it once.
 */
export function repriceLine(line: LedgerLine, terms: RepricingTerms): Repricing {
  // What a provider says it billed is not computed from a price, and no price changes it.
  if (line.usage === null || line.source === "unknown" || isToldCost(line)) return { kind: "unchanged" };
  const { answered, cost, marks } = priceAttempt(line, terms.book);
  if (cost?.kind !== "priced") return { kind: line.costPico === null ? "unchanged" : "price-gone" };
  const isSame = cost.amountPico === line.costPico && formatModelRef(answered) === formatModelRef(line.answered);
  if (isSame) return { kind: "unchanged" };
  const policy = line.chargeVersion === null ? terms.policy : terms.policyOf(line.chargeVersion);
  if (policy === null) return { kind: "policy-gone" };
  // Nobody told what it comes to now.
  const { reportedBy: _told, ...own } = line;
  const exceeded: readonly LineMark[] =
    line.holdPico !== null && cost.amountPico > line.holdPico ? ["hold-exceeded"] : [];
  return {
    kind: "corrected",
    policy,
    line: chargeLine(policy, {
      ...own,
      lineId: supersedingLineId(line),
      supersedes: line.lineId,
      recordedAt: terms.recordedAt,
      answered,
      costPico: cost.amountPico,
      unpricedReason: null,
      costItems: cost.items,
      priceId: cost.priceId,
      marks: [...line.marks.filter((mark) => !pricedMarks.has(mark)), ...marks, ...exceeded],
    }),
  };
}
