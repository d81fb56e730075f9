import {
  formatUsd,
  type Period,
  totalTokens,
  type UsageDimension,
  type UsageRow,
  TenantryError,
  isTimeZone,
} from "@tenantry/core";
import type { Context } from "../context.ts";
import type { Cell, Column, Report } from "../output/report.ts";
import { formatPeriod, type PeriodOptions, readPeriod } from "../period-option.ts";

export interface UsageReportOptions extends PeriodOptions {
  readonly by?: string;
  readonly tenant?: string;
  readonly user?: string;
  readonly session?: string;
  readonly feature?: string;
  readonly timeZone?: string;
}

const dimensions: Readonly<Record<string, { readonly dimension: UsageDimension; readonly key: keyof UsageRow }>> = {
  tenant: { dimension: "tenant", key: "tenantId" },
  user: { dimension: "user", key: "userId" },
  session: { dimension: "session", key: "sessionId" },
  feature: { dimension: "feature", key: "feature" },
  "feature-used": { dimension: "featureUsed", key: "featureUsed" },
  model: { dimension: "model", key: "model" },
  day: { dimension: "day", key: "day" },
  month: { dimension: "month", key: "month" },
};

/** `tenantry usage report`. */
export async function usageReport(context: Context, options: UsageReportOptions): Promise<number> {
  const timeZone = options.timeZone ?? "UTC";
  if (!isTimeZone(timeZone)) {
    throw TenantryError.invalidRequest("--time-zone", `is "${timeZone}"; give an IANA zone such as Europe/Berlin`);
  }
  const by = readDimensions(options.by ?? "tenant");
  const period = readPeriod(options, Date.now(), timeZone);
  const groupBy = by.map((name) => dimensions[name]?.dimension as UsageDimension);
  const rows = await context.withBooks(
    async ({ reader }) =>
      await reader.usage(
        { kind: "installation" },
        {
          period,
          groupBy,
          timeZone,
          ...(options.tenant === undefined ? {} : { tenantId: options.tenant }),
          ...(options.user === undefined ? {} : { userId: options.user }),
          ...(options.session === undefined ? {} : { sessionId: options.session }),
          ...(options.feature === undefined ? {} : { feature: options.feature }),
        },
      ),
  );
  context.print(usageTable(by, rows, period));
  return 0;
}

function readDimensions(text: string): readonly string[] {
  const names = text.split(",").map((name) => name.trim());
  for (const name of names) {
    if (dimensions[name] === undefined) {
      throw TenantryError.invalidRequest("--by", `"${name}" is not known; use ${Object.keys(dimensions).join(", ")}`);
    }
  }
  return [...new Set(names)];
}

const measures: readonly Column[] = [
  { key: "calls", title: "calls", align: "right" },
  { key: "attempts", title: "attempts", align: "right" },
  { key: "denied", title: "denied", align: "right" },
  { key: "failed", title: "failed", align: "right" },
  { key: "tokens", title: "tokens", align: "right" },
  { key: "costUsd", title: "cost USD", align: "right" },
  { key: "chargeUsd", title: "charge USD", align: "right" },
  { key: "estimated", title: "estimated", align: "right" },
  { key: "unknown", title: "unknown", align: "right" },
  { key: "unpriced", title: "unpriced", align: "right" },
];

/** A usage report; also used by the demo. */
export function usageTable(by: readonly string[], rows: readonly UsageRow[], period: Period): Report {
  const keys = by.map((name) => ({ name, key: dimensions[name]?.key as keyof UsageRow }));
  const unknownPico = rows.reduce((sum, row) => sum + row.atMostPico, 0n);
  return {
    title: `Usage by ${by.join(", ")}, ${formatPeriod(period)}`,
    columns: [...keys.map(({ name, key }) => ({ key, title: name })), ...measures],
    rows: rows.map((row) => ({
      ...Object.fromEntries(keys.map(({ key }) => [key, (row[key] ?? null) as Cell])),
      calls: row.calls,
      attempts: row.attempts,
      denied: row.denied,
      failed: row.failed,
      tokens: totalTokens(row.tokens),
      costUsd: formatUsd(row.costPico),
      chargeUsd: formatUsd(row.chargePico),
      estimated: row.estimated,
      unknown: row.unknown,
      unpriced: row.unpriced,
    })),
    meta: { from: period.from, to: period.to, groupBy: by },
    notes:
      unknownPico === 0n
        ? []
        : [`lines of unknown cost may add up to $${formatUsd(unknownPico)}; they are not in the sums`],
  };
}
