import { type Compliance, complianceRows, type Objective, type Period, resolvePolicy } from "@tenantry/core";
import type { Books } from "@tenantry/composition";
import type { Context } from "../context.ts";
import { exitBreached } from "../exit-code.ts";
import type { Report } from "../output/report.ts";
import { formatPeriod, type PeriodOptions, readPeriod } from "../period-option.ts";

export interface SlaReportOptions extends PeriodOptions {
  readonly tenant?: string;
}

/** `tenantry sla report`: exit code 4 when a tenant did not get its level. */
export async function slaReport(context: Context, options: SlaReportOptions): Promise<number> {
  const period = readPeriod(options, Date.now(), "UTC");
  const rows = await context.withBooks(async (books) => await readCompliance(books, period, options.tenant));
  context.print(slaTable(rows, period));
  return rows.some((row) => row.state === "breached") ? exitBreached : 0;
}

/** Compliance of every tenant that called in the period, by the objectives it has today. */
export async function readCompliance(books: Books, period: Period, tenantId?: string): Promise<readonly Compliance[]> {
  const query = { period, ...(tenantId === undefined ? {} : { tenantId }) };
  const reading = await books.reader.sla({ kind: "installation" }, query);
  const tenants = await books.tenants.list();
  return tenants.flatMap((tenant) => {
    const tier = books.config.catalogue.tiers.get(tenant.tier);
    const called = reading.latencies.some((row) => row.tenantId === tenant.id);
    if (tier === undefined || !called) return [];
    return complianceRows(tenant.id, resolvePolicy(tier, tenant).objectives, reading);
  });
}

export function slaTable(rows: readonly Compliance[], period: Period): Report {
  return {
    title: `Service levels, ${formatPeriod(period)}`,
    columns: [
      { key: "tenantId", title: "tenant" },
      { key: "objective", title: "objective" },
      { key: "calls", title: "calls", align: "right" },
      { key: "good", title: "good", align: "right" },
      { key: "share", title: "share %", align: "right" },
      { key: "quantileMs", title: "measured ms", align: "right" },
      { key: "state", title: "state" },
    ],
    rows: rows.map((row) => ({
      tenantId: row.tenantId,
      objective: row.objective === null ? "best effort" : describe(row.objective),
      calls: row.calls,
      good: row.objective === null ? null : row.good,
      share: row.share === null ? null : Math.floor(row.share * 10_000) / 100,
      quantileMs: row.quantileMs === null ? null : Math.round(row.quantileMs),
      state: row.state,
    })),
    meta: { from: period.from, to: period.to },
    notes: rows.flatMap((row) =>
      row.state === "insufficient-data" && row.objective !== null
        ? [`${row.tenantId}: ${row.objective.minCalls} calls are needed to judge ${describe(row.objective)}`]
        : [],
    ),
  };
}

function describe(objective: Objective): string {
  const share = `${Number((objective.quantile * 100).toFixed(4))}`;
  return objective.metric === "errors"
    ? `${share} % succeed`
    : `${objective.metric} P${share} ≤ ${objective.thresholdMs} ms`;
}
