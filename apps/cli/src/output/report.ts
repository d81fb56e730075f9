import Table from "cli-table3";
import { csvCell, escapeTerminal } from "./escape-text.ts";

export type Format = "table" | "json" | "csv";

export interface Column {
  /** Name of the field in JSON and CSV. */
  readonly key: string;
  /** Heading in the table, with the unit. */
  readonly title: string;
  readonly align?: "left" | "right";
}

/** Null is "nothing to say" and never 0. */
export type Cell = string | number | boolean | null;

/** Rows with a heading, for a person or for a program. */
export interface Report {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Readonly<Record<string, Cell>>[];
  /** What a person should know; printed below the table only. */
  readonly notes?: readonly string[];
  /** Further fields of the JSON form. */
  readonly meta?: Readonly<Record<string, unknown>>;
}

/** A report as text that ends with a line break. */
export function renderReport(report: Report, format: Format): string {
  switch (format) {
    case "json":
      return `${JSON.stringify({ ...report.meta, rows: report.rows }, null, 2)}\n`;
    case "csv":
      return renderCsv(report);
    case "table":
      return renderTable(report);
  }
}

function renderCsv({ columns, rows }: Report): string {
  const lines = rows.map((row) => columns.map(({ key }) => csvCell(textOf(row[key]))).join(","));
  return [columns.map(({ key }) => key).join(","), ...lines, ""].join("\r\n");
}

function renderTable({ title, columns, rows, notes = [] }: Report): string {
  const table = new Table({
    head: columns.map((column) => column.title),
    colAligns: columns.map((column) => column.align ?? "left"),
    style: { head: [], border: [], compact: true },
    chars: plainLines,
  });
  for (const row of rows) table.push(columns.map(({ key }) => escapeTerminal(textOf(row[key], "-"))));
  const body = rows.length === 0 ? "  nothing in this period" : indent(table.toString());
  return [title, "", body, ...(notes.length === 0 ? [] : ["", ...notes.map((note) => `  ${note}`)]), ""].join("\n");
}

/** No frame: a rule below the headings is enough. */
const plainLines: Record<string, string> = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "─",
  "mid-mid": "─",
  right: "",
  "right-mid": "",
  middle: " ",
};

function indent(text: string): string {
  return text
    .split("\n")
    .map((line) => ` ${line}`.trimEnd())
    .join("\n");
}

function textOf(cell: Cell | undefined, missing = ""): string {
  return cell === null || cell === undefined ? missing : String(cell);
}
