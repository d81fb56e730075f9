import { formatModelRef, type ModelRef } from "../tenancy/model-ref.ts";
import type { Instant } from "../time/instant.ts";
import type { PriceChange } from "./diff-prices.ts";
import type { PriceBook } from "./price-book.ts";
import { amountText, priceAmounts } from "./price-view.ts";
import type { Price } from "./price.ts";

/** A price of an import and where it stands in its source. */
export interface ImportedPrice {
  readonly price: Price;
  /** `prices[3]`, `["large-1"]`. */
  readonly path: string;
}

/** A figure that is more likely a slip than a price. */
export interface BoundViolation {
  /** `provider/model`; who accepts it names this. */
  readonly model: string;
  /** Where it stands in the source; the model where it stands nowhere. */
  readonly path: string;
  readonly problem: string;
}

/** What is checked before an edition is put in force. */
export interface ImportCheck {
  readonly imported: readonly ImportedPrice[];
  /** The book in force, and the one that would be. */
  readonly before: PriceBook;
  readonly after: PriceBook;
  /** `diffPrices(before, after)`. */
  readonly changes: readonly PriceChange[];
  /** What tiers offer and what was called of late. */
  readonly used: readonly ModelRef[];
  readonly at: Instant;
}

/** $10,000 per million tokens; the dearest price list of 2026 ends below $1,000. */
const mostPerToken = 10_000_000_000n;
/** $100 a unit: a search is cents. */
const mostPerUnit = 100_000_000_000_000n;
/** A tenfold change is what a misplaced decimal point makes. */
const mostRatio = 10n;

/**
 * Everything about an import that is out of bounds: a figure above $10,000 per million tokens or $100 a unit, output
 * cheaper than cached input, cached input dearer than fresh input, a figure that becomes more than ten times what it was
 * or less than a tenth (0 included, both ways), and a model in use that loses its price for input, for output, or whole. Amounts below 0 never get here:
 * a price cannot hold them.
 */
export function importViolations(check: ImportCheck): readonly BoundViolation[] {
  const paths = pathsOf(check.imported);
  return [
    ...check.imported.flatMap(priceViolations),
    ...check.changes.flatMap((change) => changeViolation(change, paths)),
    ...check.used.flatMap((ref) => vanishing(check, ref)),
  ];
}

function priceViolations({ price, path }: ImportedPrice): BoundViolation[] {
  const model = formatModelRef(price);
  const { rates } = price;
  const violations = priceAmounts(price)
    .filter(({ pico, per }) => pico > (per === "unit" ? mostPerUnit : mostPerToken))
    .map(({ of, pico, per }) => ({
      model,
      path: `${path}: ${of}`,
      problem: `$${amountText(pico, per)} per ${per} is more than anybody charges`,
    }));
  const { input, cacheRead, output } = rates;
  if (output !== undefined && cacheRead !== undefined && output < cacheRead) {
    violations.push({ model, path: `${path}: output`, problem: "output is cheaper than cached input" });
  }
  if (input !== undefined && cacheRead !== undefined && input < cacheRead) {
    violations.push({ model, path: `${path}: cacheRead`, problem: "cached input is dearer than fresh input" });
  }
  return violations;
}

function pathsOf(imported: readonly ImportedPrice[]): ReadonlyMap<string, string> {
  return new Map(imported.map(({ price, path }) => [formatModelRef(price), path]));
}

function changeViolation(change: PriceChange, paths: ReadonlyMap<string, string>): BoundViolation[] {
  const { model, of, per, beforePico, afterPico } = change;
  if (beforePico === null || afterPico === null) return [];
  if (afterPico <= beforePico * mostRatio && beforePico <= afterPico * mostRatio) return [];
  const problem = `$${amountText(beforePico, per)} becomes $${amountText(afterPico, per)} per ${per}: more than tenfold`;
  const place = paths.get(model);
  return [{ model, path: place === undefined ? model : `${place}: ${of}`, problem }];
}

/** Without a price for what goes in or comes out nothing can be held for a call. */
const needed = ["input", "output"] as const;

function vanishing({ before, after, at }: ImportCheck, ref: ModelRef): BoundViolation[] {
  const [then, now] = [before.find(ref, at), after.find(ref, at)];
  if (then === null) return [];
  const model = formatModelRef(ref);
  if (now === null) return [{ model, path: model, problem: "is in use and would have no price any more" }];
  return needed
    .filter((name) => then.rates[name] !== undefined && now.rates[name] === undefined)
    .map((name) => ({ model, path: `${model}: ${name}`, problem: "is in use and would have no price any more" }));
}
