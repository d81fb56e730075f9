import { displayWidth, shorten, wrapText } from "./display-width.ts";
import { escapeCell } from "./escape-text.ts";
import { fitColumns, gap, margin, type TextColumn } from "./fit-columns.ts";
import { alignPoints, formatCell } from "./format-cell.ts";
import type { Cell, Column, Report } from "./report.ts";

/** A report for a person, at most `width` cells wide where that is possible. */
export function renderTable(report: Report, width: number = Number.POSITIVE_INFINITY): string {
  const { title, facts = [], rows, notes = [] } = report;
  const total = rows.length > 1 ? report.total : undefined;
  const texts = report.columns.map((column) => toText(column, [...rows, ...(total === undefined ? [] : [total])]));
  const { columns, dropped } = fitColumns(
    texts.filter((column) => column.hideEmpty !== true || !column.isEmpty),
    width,
  );
  const body = rows.length === 0 ? paragraph(report.empty ?? "nothing", width) : grid(columns, total !== undefined);
  const left =
    dropped.length === 0 ? [] : [`left out for want of width: ${dropped.join(", ")} (--format json has all)`];
  const below = [...notes, ...left].flatMap((note) => paragraph(escapeCell(note), width));
  return [
    ...wrapText(escapeCell(title), width),
    "",
    ...renderFacts(facts, width),
    ...(facts.length > 0 && (rows.length > 0 || report.empty !== undefined) ? [""] : []),
    ...(rows.length > 0 || report.empty !== undefined || facts.length === 0 ? body : []),
    ...(below.length === 0 ? [] : ["", ...below]),
    "",
  ].join("\n");
}

function toText(column: Column, rows: readonly Readonly<Record<string, Cell>>[]): TextColumn {
  const values = rows.map((row) => row[column.key] ?? null);
  const shown = values.map((value) => escapeCell(formatCell(value, column.align)));
  const cells = column.align === "decimal" ? alignPoints(shown) : shown;
  return {
    ...column,
    cells,
    width: Math.max(displayWidth(column.title), ...cells.map(displayWidth)),
    isEmpty: values.every((value) => value === null || value === 0),
  };
}

/** Headings, a rule, the rows, and the total below a second rule. */
function grid(columns: readonly TextColumn[], hasTotal: boolean): string[] {
  const inner = columns.reduce((sum, { width }) => sum + width, 0) + gap * (columns.length - 1);
  const rule = `${" ".repeat(margin)}${"─".repeat(inner)}`;
  const count = columns[0]?.cells.length ?? 0;
  const lines = Array.from({ length: count }, (_, row) => gridRow(columns, (column) => column.cells[row] ?? ""));
  const totals = hasTotal ? [rule, ...lines.splice(-1).flat()] : [];
  return [...gridRow(columns, ({ title }) => title), rule, ...lines.flat(), ...totals];
}

function gridRow(columns: readonly TextColumn[], textOf: (column: TextColumn) => string): string[] {
  const cells = columns.map((column) =>
    column.overflow === "wrap" ? wrapText(textOf(column), column.width) : [shorten(textOf(column), column.width)],
  );
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) => {
    const parts = columns.map((column, index) => pad(cells[index]?.[line] ?? "", column));
    return `${" ".repeat(margin)}${parts.join(" ".repeat(gap))}`.trimEnd();
  });
}

function pad(text: string, { width, align }: TextColumn): string {
  const space = " ".repeat(Math.max(0, width - displayWidth(text)));
  return align === undefined || align === "left" ? `${text}${space}` : `${space}${text}`;
}

function renderFacts(facts: readonly (readonly [string, string])[], width: number): string[] {
  const labelWidth = Math.max(0, ...facts.map(([label]) => displayWidth(label)));
  const indent = margin + labelWidth + gap;
  return facts.flatMap(([label, value]) =>
    wrapText(escapeCell(value), Math.max(20, width - indent)).map((line, index) =>
      index === 0
        ? `${" ".repeat(margin)}${label}${" ".repeat(labelWidth - displayWidth(label) + gap)}${line}`
        : `${" ".repeat(indent)}${line}`,
    ),
  );
}

function paragraph(text: string, width: number): string[] {
  return wrapText(text, Math.max(20, width - margin)).map((line) => `${" ".repeat(margin)}${line}`);
}
