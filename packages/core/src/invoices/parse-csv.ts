/** The cells of a CSV text under its headings, or what is wrong with it. */
export type ParsedCsv =
  | {
      readonly ok: true;
      readonly columns: readonly string[];
      /** Cells by heading, and the line they begin on. */
      readonly rows: readonly { readonly line: number; readonly cells: Readonly<Record<string, string>> }[];
    }
  | { readonly ok: false; readonly problem: string };

/**
 * Reads CSV (RFC 4180): quoted cells may hold commas, quotes and line breaks; lines end with LF or CRLF; a byte order
 * mark and empty lines are skipped. A row with more or fewer cells than headings is a problem, never a guess.
 */
export function parseCsv(text: string): ParsedCsv {
  const records = split(text.replace(/^\uFEFF/, ""));
  if (typeof records === "string") return { ok: false, problem: records };
  const [head, ...body] = records.filter(({ cells }) => cells.length > 1 || cells[0] !== "");
  if (head === undefined) return { ok: false, problem: "is empty" };
  const columns = head.cells.map((name) => name.trim());
  const twice = columns.find((name, index) => columns.indexOf(name) !== index);
  if (twice !== undefined) return { ok: false, problem: `has the column ${twice} twice` };
  const uneven = body.find(({ cells }) => cells.length !== columns.length);
  if (uneven !== undefined) {
    const { line, cells } = uneven;
    return { ok: false, problem: `line ${line} has ${cells.length} cells, the heading ${columns.length}` };
  }
  const rows = body.map(({ line, cells }) => ({
    line,
    cells: Object.fromEntries(columns.map((name, index) => [name, cells[index] ?? ""])),
  }));
  return { ok: true, columns, rows };
}

interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

/** One cell and what ends it: a quoted one first, else everything up to the next comma or line break. */
const CELL = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|$)/y;

/** The records of a text, or the problem. */
function split(text: string): readonly CsvRecord[] | string {
  const records: CsvRecord[] = [];
  let cells: string[] = [];
  let line = 1;
  let from = 1;
  CELL.lastIndex = 0;
  while (CELL.lastIndex <= text.length) {
    const match = CELL.exec(text);
    if (match === null) return `line ${line}: a quote is not closed, or stands within a cell`;
    const [whole, quoted, plain = "", end] = match;
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    line += whole.split("\n").length - 1;
    if (end === ",") continue;
    records.push({ line: from, cells });
    cells = [];
    from = line;
    if (end === "") break;
  }
  return records;
}
