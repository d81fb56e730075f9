import { displayWidth } from "./display-width.ts";
import type { Column } from "./report.ts";

/** A column with its text, ready to be laid out. */
export interface TextColumn extends Column {
  readonly cells: readonly string[];
  /** Cells of the terminal that are its own. */
  readonly width: number;
  readonly isEmpty: boolean;
}

export interface Fitted {
  readonly columns: readonly TextColumn[];
  /** Headings of columns left out for want of width, those without anything in them apart. */
  readonly dropped: readonly string[];
}

/** Cells between two columns, and before the first. */
export const gap = 2;
export const margin = 2;

/** Prose narrower than this is a ribbon of single words. */
const narrowestProse = 28;
/** An id shortened below this tells nothing. */
const shortestId = 12;
/** Longer ids are shortened even where there is room. */
const longestId = 64;

/**
 * Makes columns fit into a width: first prose is wrapped, then unimportant columns go (empty ones before others), then
 * ids are shortened, the widest first. What still does not fit stays too wide.
 */
export function fitColumns(all: readonly TextColumn[], width: number): Fitted {
  const columns = all.map((column) =>
    !isId(column) ? column : { ...column, width: Math.min(column.width, longestId) },
  );
  const excess: Excess = (of) =>
    margin + of.reduce((sum, column) => sum + column.width, 0) + gap * Math.max(0, of.length - 1) - width;
  const wrapped = (of: readonly TextColumn[]): readonly TextColumn[] => shrinkAll(of, excess, narrowestProse, isProse);
  const optional = columns
    .filter(({ importance }) => importance !== undefined)
    .sort((a, b) => Number(b.isEmpty) - Number(a.isEmpty) || (a.importance ?? 0) - (b.importance ?? 0));
  const gone = new Set<TextColumn>();
  const kept = (): readonly TextColumn[] => columns.filter((column) => !gone.has(column));
  for (const column of optional) if (excess(wrapped(kept())) > 0) gone.add(column);
  // A wide column may have made room for a narrow one that went before it.
  for (const column of [...gone].toReversed()) {
    gone.delete(column);
    if (excess(wrapped(kept())) > 0) gone.add(column);
  }
  return {
    columns: shrinkAll(wrapped(kept()), excess, shortestId, isId),
    dropped: columns.filter((column) => gone.has(column) && !column.isEmpty).map(({ title }) => title),
  };
}

type Excess = (of: readonly TextColumn[]) => number;

function isProse({ overflow }: TextColumn): boolean {
  return overflow === "wrap";
}

function isId({ align, overflow }: TextColumn): boolean {
  return align === undefined && (overflow ?? "shorten") === "shorten";
}

function shrinkAll(
  columns: readonly TextColumn[],
  excess: Excess,
  least: number,
  mayShrink: (column: TextColumn) => boolean,
): readonly TextColumn[] {
  const widths = columns.map(({ width }) => width);
  for (let over = excess(columns); over > 0; over -= 1) {
    let widest = -1;
    for (const [index, column] of columns.entries()) {
      const floor = Math.max(least, displayWidth(column.title));
      if (!mayShrink(column) || (widths[index] ?? 0) <= floor) continue;
      if (widest < 0 || (widths[index] ?? 0) > (widths[widest] ?? 0)) widest = index;
    }
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return columns.map((column, index) => ({ ...column, width: widths[index] ?? column.width }));
}
