import { type Compliance, findCompliance, formatInstant, type Objective, type Period, slaView } from "@tenantry/core";
import type { Books } from "@tenantry/composition";
import type { Context } from "../context.ts";
import { exitBreached } from "../exit-code.ts";
import { requireTenant } from "../known-tenant.ts";
import type { Report } from "../output/report.ts";
import { formatPeriod, type PeriodOptions, readPeriod } from "../period-option.ts";

export interface SlaReportOptions extends PeriodOptions {
  readonly tenant?: string;
}

/** `tenantry sla report`: exit code 4 when a tenant did not get its level. */
export async function slaReport(context: Context, options: SlaReportOptions): Promise<number> {
  const { period, timeZone } = readPeriod(options, Date.now());
  const rows = await context.withBooks(async (books) => {
    const found = await readCompliance(books, period, options.tenant);
    if (found.length === 0 && options.tenant !== undefined) await requireTenant(books, options.tenant);
    return found;
  });
  context.print(slaTable(rows, period, timeZone));
  return rows.some((row) => row.state === "breached") ? exitBreached : 0;
}

/** Compliance of every tenant that called in the period, by the objectives it has today. */
export async function readCompliance(books: Books, period: Period, tenantId?: string): Promise<readonly Compliance[]> {
  const query = { period, ...(tenantId === undefined ? {} : { tenantId }) };
  const { tiers } = books.config.catalogue;
  return await findCompliance({ ...books, tiers }, { kind: "installation" }, query);
}

/** Compliance for a person; also used by the demo. */
export function slaTable(rows: readonly Compliance[], period: Period, timeZone = "UTC"): Report {
  const view = slaView(rows);
  return {
    title: `Service levels, ${formatPeriod(period, timeZone)}`,
    columns: [
      { key: "tenantId", title: "tenant" },
      { key: "objective", title: "objective" },
      { key: "calls", title: "calls", align: "right" },
      { key: "good", title: "good", align: "right", importance: 2 },
      { key: "excluded", title: "excluded", align: "right", hideEmpty: true, importance: 1 },
      { key: "share", title: "good %", align: "decimal" },
      { key: "quantileMs", title: "actual ms", align: "right", importance: 3 },
      { key: "state", title: "state", overflow: "keep" },
    ],
    rows: rows.map((row) => ({
      tenantId: row.tenantId,
      objective: row.objective === null ? "best effort" : describe(row.objective),
      calls: row.calls,
      good: row.objective === null ? null : row.good,
      excluded: row.excluded,
      // Rounded down: 94.999 % is not 95 %.
      share: row.share === null ? null : String(Math.floor((row.good * 10_000) / row.calls) / 100),
      quantileMs: row.quantileMs === null ? null : Math.round(row.quantileMs),
      state: row.state,
    })),
    empty: "no calls in this period",
    notes: rows.flatMap(noteOn),
    json: { from: formatInstant(period.from), to: formatInstant(period.to), ...view },
    csv: {
      columns: [
        "tenantId",
        "metric",
        "quantile",
        "thresholdMs",
        "calls",
        "good",
        "excluded",
        "share",
        "quantileMs",
        "state",
      ],
      rows: view.rows.map(({ objective, ...row }) => ({ ...objective, ...row })),
    },
  };
}

function noteOn({ tenantId, objective, state, calls, good }: Compliance): string[] {
  if (objective === null) return [];
  if (state === "insufficient-data") {
    return [`${tenantId}: ${objective.minCalls} calls are needed to judge ${describe(objective)}`];
  }
  if (state !== "breached") return [];
  let allowed = calls - good;
  while ((calls - allowed) / calls < objective.quantile) allowed -= 1;
  return [`${tenantId}: ${calls - good} of ${calls} calls missed ${describe(objective)}; ${allowed} may`];
}

function describe(objective: Objective): string {
  const share = `${Number((objective.quantile * 100).toFixed(4))}`;
  if (objective.metric === "errors") return `${share} % succeed`;
  const of = objective.metric === "ttft" ? "first byte " : "";
  return `${of}P${share} ≤ ${objective.thresholdMs} ms`;
}
