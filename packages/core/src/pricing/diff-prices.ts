import type { PicoUsd } from "../money/pico-usd.ts";
import { formatModelRef, type ModelRef } from "../tenancy/model-ref.ts";
import type { Instant } from "../time/instant.ts";
import type { PriceBook } from "./price-book.ts";
import { type PriceAmount, priceAmounts } from "./price-view.ts";
import type { Price } from "./price.ts";

/** One figure that two books state differently over a period. */
export interface PriceChange {
  /** `provider/model`. */
  readonly model: string;
  /** Only for this tenant; null is everybody. */
  readonly tenantId: string | null;
  /** First instant at which they differ so; null is "since ever". */
  readonly from: Instant | null;
  /** First instant after it; null is "until further notice". */
  readonly to: Instant | null;
  /** The figure, as in `PriceAmount`. */
  readonly of: string;
  readonly per: PriceAmount["per"];
  /** Null where the book has no such figure. */
  readonly beforePico: PicoUsd | null;
  readonly afterPico: PicoUsd | null;
}

/** Before every instant a period can begin at. */
const firstInstant = -8_640_000_000_000_000;

/**
 * What differs between two books, figure by figure and through valid time: what each would answer for every model that
 * either lists, in each stretch of time between two changes. Empty exactly when they answer alike; ids and sources are no
 * difference. A book may answer for a model by a price that has another name (a dated name's, `PriceBook.find`), so every
 * model is asked about every instant at which any price of either book begins or ends. By model, tenant and time.
 */
export function diffPrices(before: PriceBook, after: PriceBook): readonly PriceChange[] {
  const prices = [...before.prices, ...after.prices];
  const listed = new Map<string, Listed>(
    prices.map(({ provider, model, tenantId }) => {
      const ref = { provider, model };
      return [JSON.stringify([formatModelRef(ref), tenantId]), { ref, tenantId }];
    }),
  );
  const ends = prices.flatMap(({ from, to }) => [from, to]).filter((end) => end !== null);
  const starts: readonly (Instant | null)[] = [null, ...[...new Set(ends)].sort((a, b) => a - b)];
  return [...listed.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, one]) => changesOf(before, after, one, starts));
}

/** A model that a book lists for everybody or for a tenant. */
interface Listed {
  readonly ref: ModelRef;
  readonly tenantId: string | null;
}

function changesOf(
  before: PriceBook,
  after: PriceBook,
  { ref, tenantId }: Listed,
  starts: readonly (Instant | null)[],
): readonly PriceChange[] {
  const changes: PriceChange[] = [];
  let open: PriceChange[] = [];
  for (const [index, from] of starts.entries()) {
    const at = from ?? firstInstant;
    const find = (book: PriceBook): Price | null => book.find(ref, at, tenantId ?? undefined);
    const found = figureChanges(find(before), find(after)).map((change) => ({
      model: formatModelRef(ref),
      tenantId,
      from,
      to: starts[index + 1] ?? null,
      ...change,
    }));
    // A difference that goes on is one difference, however often a price was written anew meanwhile.
    open = found.map((change) => {
      const earlier = open.find((one) => one.to === change.from && isSame(one, change));
      if (earlier === undefined) return change;
      changes.splice(changes.indexOf(earlier), 1);
      return { ...change, from: earlier.from };
    });
    changes.push(...open);
  }
  // One that goes on was put behind those that ended in its time.
  return changes.sort((a, b) => (a.from ?? firstInstant) - (b.from ?? firstInstant));
}

type FigureChange = Pick<PriceChange, "of" | "per" | "beforePico" | "afterPico">;

/** The figures that two prices state differently; empty when they cost the same whatever is used. */
export function figureChanges(before: Price | null, after: Price | null): readonly FigureChange[] {
  if (before === after) return [];
  const figures = new Map<string, FigureChange>();
  for (const { of, per, pico } of before === null ? [] : priceAmounts(before)) {
    figures.set(`${per} ${of}`, { of, per, beforePico: pico, afterPico: null });
  }
  for (const { of, per, pico } of after === null ? [] : priceAmounts(after)) {
    const beforePico = figures.get(`${per} ${of}`)?.beforePico ?? null;
    figures.set(`${per} ${of}`, { of, per, beforePico, afterPico: pico });
  }
  return [...figures.values()].filter(({ beforePico, afterPico }) => beforePico !== afterPico);
}

function isSame(a: PriceChange, b: PriceChange): boolean {
  return a.of === b.of && a.per === b.per && a.beforePico === b.beforePico && a.afterPico === b.afterPico;
}
