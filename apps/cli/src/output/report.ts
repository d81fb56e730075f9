import { csvCell, escapeJson } from "./escape-text.ts";
import { renderTable } from "./render-table.ts";

export type Format = "table" | "json" | "csv";

export interface Column {
  /** Name of the field in the rows. */
  readonly key: string;
  /** Heading in the table, with the unit. */
  readonly title: string;
  /** `decimal` is right with the decimal points under each other. */
  readonly align?: "left" | "right" | "decimal";
  /** Left out of the table when all its cells are 0 or null. */
  readonly hideEmpty?: boolean;
  /** Left out of a table that is too wide, least important first. A column without it stays. */
  readonly importance?: number;
  /**
   * What a text too long for the terminal does: an id is shortened in its middle, prose goes on below, and what must be
   * read or copied whole stays. Default `shorten`.
   */
  readonly overflow?: "shorten" | "wrap" | "keep";
}

/** Null is "nothing to say" and never 0. */
export type Cell = string | number | boolean | null;

export type Row = Readonly<Record<string, Cell>>;

/** A heading, facts and rows for a person; `json` and `csv` for a program, complete whatever the terminal's width. */
export interface Report {
  readonly title: string;
  /** Label and value, above the table. */
  readonly facts?: readonly (readonly [label: string, value: string])[];
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** The last line of the table, by column. Left out where there is one row or none. */
  readonly total?: Row;
  /** What stands in place of rows. */
  readonly empty?: string;
  /** What a person should know; below the table. */
  readonly notes?: readonly string[];
  /** The JSON form. */
  readonly json: unknown;
  /** The CSV form; the fields of the first row are its columns unless they are named. Default the table's columns. */
  readonly csv?: { readonly columns: readonly string[]; readonly rows: readonly Row[] };
}

/**
 * A report as text that ends with a line break.
 *
 * @param width cells of the terminal; without it a table is as wide as it gets.
 */
export function renderReport(report: Report, format: Format, width?: number): string {
  switch (format) {
    case "json":
      return renderJson(report.json);
    case "csv":
      return renderCsv(report);
    case "table":
      return renderTable(report, width);
  }
}

/** Plain data as JSON for people and programs. */
export function renderJson(data: unknown): string {
  return `${escapeJson(JSON.stringify(data, null, 2))}\n`;
}

function renderCsv({ columns, rows, csv }: Report): string {
  const shown = csv ?? { columns: columns.map(({ key }) => key), rows };
  const lines = shown.rows.map((row) => shown.columns.map((key) => csvCell(String(row[key] ?? ""))).join(","));
  return [shown.columns.join(","), ...lines, ""].join("\r\n");
}
