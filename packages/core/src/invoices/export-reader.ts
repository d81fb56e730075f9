import { formatIssues, type Issue } from "../errors/issue.ts";
import { TenantryError } from "../errors/tenantry-error.ts";
import type { PicoUsd } from "../money/pico-usd.ts";
import type { Period } from "../time/period.ts";
import { parseBilledAmount } from "./billed-amount.ts";
import { dayOf } from "./booked-share.ts";
import { parseCsv } from "./parse-csv.ts";
import { isNumberText, parseExactJson, wholeOf } from "./parse-exact-json.ts";

/** Fields by name, as they stand in an export. */
export type ExportFields = Readonly<Record<string, unknown>>;

/** A row of a CSV export: empty cells are null. */
export interface ExportRow {
  /** `line 7`, for messages. */
  readonly path: string;
  readonly fields: ExportFields;
}

/** Reads an export field by field. Every problem is kept with its place, and `finish` throws them. */
export interface ExportReader {
  report(path: string, message: string): void;
  /** The fields of an object. A name that is not known and not ignored is reported: what it means for the amount is unknown. */
  fields(value: unknown, path: string, known: readonly string[]): ExportFields | null;
  list(value: unknown, path: string): readonly unknown[];
  /** A text, or null where it is null, absent or empty. */
  text(value: unknown, path: string): string | null;
  /** Pico dollars; 0 after a problem. Remembers how many decimals were written. */
  amount(value: unknown, path: string, minorUnits: 0 | 2): PicoUsd;
  /** A count; absent and null are 0. */
  count(value: unknown, path: string): bigint;
  /** A span that lies within one UTC day, as that day. Remembers what the spans cover. */
  bucket(from: number | null, to: number | null, path: string): string;
  /** Reports a page's bucket that begins as one before it: the page is in the file twice and would count twice. */
  once(from: number | null, path: string): void;
  /** Decimals of a dollar to which the amounts are given, 2 to 12. */
  decimals(): number;
  /** What the buckets cover; null when there was none. */
  period(): Period | null;
  /** Throws `invalid_request` with every problem. */
  finish(): void;
}

const dayMs = 86_400_000;
const mostListed = 10;

/** @param format what is read, for messages. @param ignore names of fields to leave out. */
export function createExportReader(format: string, ignore: readonly string[] = []): ExportReader {
  const issues: Issue[] = [];
  const spans = new Map<number, number>();
  let decimals = 2;
  const report = (path: string, message: string): null => {
    issues.push({ path, message });
    return null;
  };
  return {
    report,
    fields(value, path, known) {
      if (typeof value !== "object" || value === null || Array.isArray(value) || isNumberText(value)) {
        return report(path, "must be an object");
      }
      for (const name of Object.keys(value)) {
        if (known.includes(name) || ignore.includes(name)) continue;
        report(path === "" ? name : `${path}.${name}`, "is not a documented field; ignore it by name to leave it out");
      }
      return value as ExportFields;
    },
    list: (value, path) => (Array.isArray(value) ? value : (report(path, "must be a list") ?? [])),
    text(value, path) {
      if (value === null || value === undefined || value === "") return null;
      return typeof value === "string" ? value : report(path, "must be a text or null");
    },
    amount(value, path, minorUnits) {
      const parsed = parseBilledAmount(isNumberText(value) ? value.digits : value, minorUnits);
      if (!parsed.ok) return report(path, parsed.problem) ?? 0n;
      decimals = Math.min(12, Math.max(decimals, parsed.decimals));
      return parsed.pico;
    },
    count(value, path) {
      if (value === null || value === undefined) return 0n;
      return wholeOf(value) ?? report(path, "must be a whole number of at least 0") ?? 0n;
    },
    bucket(from, to, path) {
      if (from === null || to === null || from >= to) return report(path, "must be a span of time") ?? "";
      if (Math.floor(from / dayMs) !== Math.floor((to - 1) / dayMs)) {
        return report(path, "spans more than a day in UTC; export by day, hour or minute") ?? "";
      }
      spans.set(from, to);
      return dayOf(from);
    },
    once(from, path) {
      if (from !== null && spans.has(from)) report(path, "begins as one before it: a page is in the file twice");
    },
    decimals: () => decimals,
    period: () => covered(spans),
    finish() {
      const period = covered(spans);
      if (period !== null && (period.from % dayMs !== 0 || period.to % dayMs !== 0)) {
        report("", "begins or ends within a day; export whole days in UTC");
      }
      if (issues.length > 0) throw refusal(format, issues);
    },
  };
}

/** From the first begin to the last end. */
function covered(spans: ReadonlyMap<number, number>): Period | null {
  if (spans.size === 0) return null;
  let [from, to] = [Number.POSITIVE_INFINITY, 0];
  for (const [begin, end] of spans) [from, to] = [Math.min(from, begin), Math.max(to, end)];
  return { from, to };
}

/** The objects of a JSON export: one page, or a list of pages in order. Throws `invalid_request` where it is no JSON. */
export function readPages(text: string, format: string): readonly unknown[] {
  try {
    const value = parseExactJson(text);
    return Array.isArray(value) ? value : [value];
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw refusal(format, [{ path: "", message: `is not JSON: ${cause.message}` }]);
  }
}

/** The rows of a CSV export. Columns that are neither known nor ignored are reported, and so are required ones that lack. */
export function readRows(
  text: string,
  reader: ExportReader,
  {
    known,
    required,
    format,
  }: { readonly known: readonly string[]; readonly required: readonly string[]; readonly format: string },
): readonly ExportRow[] {
  const csv = parseCsv(text);
  if (!csv.ok) throw refusal(format, [{ path: "", message: csv.problem }]);
  reader.fields(Object.fromEntries(csv.columns.map((name) => [name, null])), "", known);
  for (const name of required) if (!csv.columns.includes(name)) reader.report(name, "is a column that is needed");
  return csv.rows.map(({ line, cells }) => ({
    path: `line ${line}`,
    fields: Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, cell === "" ? null : cell])),
  }));
}

function refusal(format: string, issues: readonly Issue[]): TenantryError {
  // One unknown field is in every row: it is told once.
  const told = new Map<string, Issue>();
  for (const issue of issues) {
    const kind = `${issue.path.replaceAll(/\d+/g, "")} ${issue.message}`;
    if (!told.has(kind)) told.set(kind, issue);
  }
  const listed = [...told.values()];
  const more = listed.length > mostListed ? `\n  and ${listed.length - mostListed} more` : "";
  const message = `this cannot be read as ${format}:\n${formatIssues(listed.slice(0, mostListed))}${more}`;
  return new TenantryError("invalid_request", message, { issues: listed });
}
