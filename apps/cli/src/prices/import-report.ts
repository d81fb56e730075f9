import type { PlannedImport } from "../commands/import-prices.ts";
import type { Report } from "../output/report.ts";
import { changeColumns, changeRow } from "./changes-table.ts";

/** What an import changes, what is out of bounds, and what of the file has no effect. */
export function importReport(planned: PlannedImport, apply: boolean): Report {
  const { source, before, read, changes, violations, version } = planned;
  const rows = changes.map(changeRow);
  const done = version === null ? "Not applied" : `Applied as edition ${version}`;
  return {
    title: `${done}: ${read.prices.length} prices of ${source}, compared with book ${before}`,
    columns: changeColumns,
    rows,
    empty: "the book in force says the same",
    notes: [
      ...violations.map(
        ({ model, path, problem, accepted }) =>
          `${accepted ? "accepted" : "out of bounds"}: ${model} at ${path} ${problem}`,
      ),
      ...read.refused.map(({ model, path, problem }) => `left out: ${model} at ${path} ${problem}`),
      ...read.ignored.map(({ field, models, reason }) => `ignored: ${field} of ${countOf(models)} ${reason}`),
      ...(read.notAsked === 0 ? [] : [`not asked for: ${countOf(read.notAsked)} of other providers (--provider)`]),
      outcome(planned, apply),
    ],
    json: { applied: version !== null, version, source, before, changes: rows, violations, ...rest(planned) },
    csv: { columns: changeColumns.map(({ key }) => key), rows },
  };
}

function countOf(models: number): string {
  return models === 1 ? "1 model" : `${models} models`;
}

function rest({ read, pinned }: PlannedImport): Record<string, unknown> {
  const { refused, ignored, notAsked } = read;
  return { prices: read.prices.length, pinned, refused, ignored, notAsked };
}

function outcome({ changes, violations, version, pinned }: PlannedImport, apply: boolean): string {
  const open = [...new Set(violations.filter(({ accepted }) => !accepted).map(({ model }) => model))];
  if (version !== null) {
    return pinned
      ? "recorded, but another edition is pinned and stays in force; `tenantry prices unpin` ends that"
      : "in force; running servers follow within a second";
  }
  if (changes.length === 0) return "nothing to record";
  if (open.length > 0) return `to take what is out of bounds: ${open.map((model) => `--accept ${model}`).join(" ")}`;
  return apply ? "nothing was recorded" : "--apply records it and puts it in force";
}
