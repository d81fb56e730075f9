import type { PicoUsd } from "../money/pico-usd.ts";
import { formatModelRef } from "../tenancy/model-ref.ts";
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
 * difference. By model, tenant and time.
 */
export function diffPrices(before: PriceBook, after: PriceBook): readonly PriceChange[] {
  const groups = new Map<string, Price[]>();
  for (const price of [...before.prices, ...after.prices]) {
    const key = JSON.stringify([formatModelRef(price), price.tenantId]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [price]);
    else group.push(price);
  }
  return [...groups.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, group]) => changesOf(before, after, group, groups));
}

function changesOf(
  before: PriceBook,
  after: PriceBook,
  group: readonly Price[],
  groups: ReadonlyMap<string, readonly Price[]>,
): readonly PriceChange[] {
  const [{ tenantId, ...ref }] = group as readonly [Price];
  const everybodys = tenantId === null ? [] : (groups.get(JSON.stringify([formatModelRef(ref), null])) ?? []);
  const ends = [...group, ...everybodys].flatMap(({ from, to }) => [from, to]).filter((end) => end !== null);
  const starts: readonly (Instant | null)[] = [null, ...[...new Set(ends)].sort((a, b) => a - b)];
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
  return changes;
}

type FigureChange = Pick<PriceChange, "of" | "per" | "beforePico" | "afterPico">;

function figureChanges(before: Price | null, after: Price | null): readonly FigureChange[] {
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
