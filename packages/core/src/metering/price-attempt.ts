import { isNothing } from "../pricing/charge.ts";
import { type Cost, costOf } from "../pricing/cost.ts";
import { figureChanges } from "../pricing/diff-prices.ts";
import type { PriceBook } from "../pricing/price-book.ts";
import type { Price } from "../pricing/price.ts";
import type { Usage } from "../pricing/usage.ts";
import { formatModelRef, type ModelRef } from "../tenancy/model-ref.ts";
import type { Instant } from "../time/instant.ts";
import type { LineMark } from "./ledger-line.ts";

/** What the price of an attempt depends on. */
export interface PricedAttempt {
  readonly tenantId: string;
  readonly requested: ModelRef;
  /** The answering model in the provider's own words; null when nothing answered. */
  readonly reportedModel: string | null;
  readonly occurredAt: Instant;
  /** Null when unknown. */
  readonly usage: Usage | null;
}

/** The model an attempt counts under, and what it cost by a book. */
export interface AttemptPrice {
  readonly answered: ModelRef;
  /** Null when there is nothing to price, because the usage is unknown. */
  readonly cost: Cost | null;
  readonly marks: readonly LineMark[];
}

/** Prices an attempt by the answering model's price in force when it occurred. */
export function priceAttempt(attempt: PricedAttempt, book: PriceBook): AttemptPrice {
  const { answered, price, marks } = answeringModel(attempt, book);
  return { answered, cost: costOfUsage(attempt.usage, price, answered), marks };
}

interface AnsweringModel extends Pick<AttemptPrice, "answered" | "marks"> {
  readonly price: Price | null;
}

/** A dated snapshot with the price of the name asked for counts under that name; any other model under its own. */
function answeringModel(attempt: PricedAttempt, book: PriceBook): AnsweringModel {
  const { requested, reportedModel, occurredAt, tenantId } = attempt;
  const asked = book.find(requested, occurredAt, tenantId);
  if (reportedModel === null || reportedModel === requested.model) {
    return { answered: requested, price: asked, marks: [] };
  }
  const reported: ModelRef = { provider: requested.provider, model: reportedModel };
  const price = book.find(reported, occurredAt, tenantId);
  if (price === null && isSnapshotOf(requested.model, reportedModel)) {
    return { answered: requested, price: asked, marks: [] };
  }
  if (price === null && asked === null) return { answered: reported, price: null, marks: ["model-differs"] };
  if (price === null) return { answered: reported, price: asked, marks: ["model-differs", "priced-as-requested"] };
  if (asked !== null && isSamePrice(asked, price, isSnapshotOf(requested.model, reportedModel))) {
    return { answered: requested, price, marks: [] };
  }
  return { answered: reported, price, marks: ["model-differs"] };
}

/** One record for both names; or for a dated snapshot, as price lists repeat them, a record with the same figures. */
function isSamePrice(asked: Price, price: Price, isSnapshot: boolean): boolean {
  return price.id === asked.id || (isSnapshot && figureChanges(asked, price).length === 0);
}

/** `name-2024-07-18`, `name-20250929`, `name-0613`: how vendors call a dated edition of `name`. */
function isSnapshotOf(name: string, reported: string): boolean {
  return reported.startsWith(name) && /^-(?:\d{4}-\d{2}-\d{2}|\d{8}|\d{4})$/.test(reported.slice(name.length));
}

function costOfUsage(usage: Usage | null, price: Price | null, answered: ModelRef): Cost | null {
  if (usage === null) return null;
  if (isNothing(usage)) {
    return { kind: "priced", amountPico: 0n, items: [], priceId: price?.id ?? "nothing-used" };
  }
  if (price === null) return { kind: "unpriced", reason: `no price for ${formatModelRef(answered)} at that time` };
  return costOf(usage, price);
}
