import {
  findUsage,
  formatUsd,
  inputTokens,
  outputTokens,
  type Period,
  sumUsage,
  TenantryError,
  totalTokens,
  type UsageDimension,
  type UsageFound,
  type UsageQuery,
  type UsageRow,
  type UsageRowView,
  type UsageSight,
  type UsageSums,
  unattributedTenantId,
  usageView,
} from "@tenantry/core";
import type { Books } from "@tenantry/composition";
import type { Context } from "../context.ts";
import { requireTenant } from "../known-tenant.ts";
import { exitBreached } from "../exit-code.ts";
import type { Cell, Column, Report, Row } from "../output/report.ts";
import { formatPeriod, type PeriodOptions, readPeriod } from "../period-option.ts";

export interface UsageReportOptions extends PeriodOptions {
  readonly by?: string;
  readonly tenant?: string;
  readonly user?: string;
  readonly session?: string;
  readonly feature?: string;
  /** `ledger`, or the platform whose figures are laid beside it. */
  readonly source?: string;
  readonly failOnNegativeMargin?: boolean;
}

const forOperators: UsageSight = { showCost: true, showMargin: true };

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
  const by = readDimensions(options.by ?? "tenant");
  const { period, timeZone } = readPeriod(options, Date.now());
  const source = options.source ?? "ledger";
  if (source === "netra") {
    assertTenantsOnly(by, options);
    const { usageBesidePlatform } = await import("./usage-beside-platform.ts");
    return await usageBesidePlatform(context, { source, period, timeZone, tenant: options.tenant });
  }
  const query: UsageQuery = {
    period,
    groupBy: by.map((name) => dimensions[name]?.dimension as UsageDimension),
    timeZone,
    ...(options.tenant === undefined ? {} : { tenantId: options.tenant }),
    ...(options.user === undefined ? {} : { userId: options.user }),
    ...(options.session === undefined ? {} : { sessionId: options.session }),
    ...(options.feature === undefined ? {} : { feature: options.feature }),
  };
  const { found, isLosing } = await context.withBooks(async (books) => {
    const usage = await usageOf(books, query);
    const isAsked = options.failOnNegativeMargin === true;
    return { found: usage, isLosing: isAsked && (await losesMoney(books, query, usage)) };
  });
  const table = usageTable(by, found.rows, period, found.total);
  const filters = (["tenant", "user", "session", "feature"] as const).flatMap((name) =>
    options[name] === undefined ? [] : [` of ${name} ${options[name]}`],
  );
  context.print({
    ...table,
    title: `Usage by ${by.join(", ")}${filters.join("")}, ${formatPeriod(period, timeZone)}`,
    json: usageView(query, found, forOperators),
    csv: usageCsv(by, usageView(query, found, forOperators).rows),
  });
  return isLosing ? exitBreached : 0;
}

/**
 * Whether a row, or all of them, cost more than was charged for them. Nobody is charged for what belongs to nobody: that is
 * no loss a schedule could do something about, and is taken out of every row.
 */
async function losesMoney({ reader }: Books, query: UsageQuery, found: UsageFound): Promise<boolean> {
  const { tenantId = unattributedTenantId } = query;
  const nobodys =
    tenantId === unattributedTenantId
      ? await findUsage(reader, { kind: "installation" }, { ...query, tenantId })
      : none;
  const keyOf = (row: UsageRow): string => JSON.stringify(Object.values(dimensions).map(({ key }) => row[key] ?? null));
  const margins = new Map(nobodys.rows.map((row) => [keyOf(row), row.marginPico]));
  const isLoss = found.rows.some((row) => row.marginPico < (margins.get(keyOf(row)) ?? 0n));
  return isLoss || found.total.marginPico < nobodys.total.marginPico;
}

/** A platform is asked tenant by tenant, and for nothing narrower. */
function assertTenantsOnly(by: readonly string[], options: UsageReportOptions): void {
  const narrower = (["user", "session", "feature"] as const).find((name) => options[name] !== undefined);
  const other = options.failOnNegativeMargin === true ? "fail-on-negative-margin" : narrower;
  const option = by.some((name) => name !== "tenant") ? "by" : other;
  if (option === undefined) return;
  throw TenantryError.invalidRequest(`--${option}`, "cannot be used with --source netra, which knows tenants alone");
}

async function usageOf(books: Books, query: UsageQuery): Promise<UsageFound> {
  const found = await findUsage(books.reader, { kind: "installation" }, query);
  // A tenant that left may still have usage; one that has none and is not known is a slip of the pen.
  if (found.rows.length === 0 && query.tenantId !== undefined) await requireTenant(books, query.tenantId);
  return found;
}

function readDimensions(text: string): readonly string[] {
  const names = text.split(",").map((name) => name.trim());
  for (const name of names) {
    if (!Object.hasOwn(dimensions, name)) {
      throw TenantryError.invalidRequest("--by", `"${name}" is not known; use ${Object.keys(dimensions).join(", ")}`);
    }
  }
  return [...new Set(names)];
}

const measures: readonly Column[] = [
  { key: "calls", title: "calls", align: "right" },
  { key: "attempts", title: "attempts", align: "right", importance: 2 },
  { key: "denied", title: "denied", align: "right", importance: 5 },
  { key: "failed", title: "failed", align: "right", importance: 4 },
  { key: "input", title: "tokens in", align: "right", importance: 1 },
  { key: "output", title: "tokens out", align: "right", importance: 1 },
  { key: "tokens", title: "tokens", align: "right", importance: 6 },
  { key: "costUsd", title: "cost USD", align: "decimal" },
  { key: "chargeUsd", title: "charge USD", align: "decimal" },
  { key: "marginUsd", title: "margin USD", align: "decimal", importance: 3 },
  { key: "loss", title: "", hideEmpty: true, overflow: "keep" },
  { key: "marginUnknown", title: "margin unknown", align: "right", hideEmpty: true, importance: 3 },
  { key: "estimated", title: "estimated", align: "right", hideEmpty: true, importance: 3 },
  { key: "unknown", title: "unknown", align: "right", hideEmpty: true },
  { key: "unpriced", title: "unpriced", align: "right", hideEmpty: true },
];

/** A usage report for a person; also used by the demo. `total` is what the rows add up to. */
export function usageTable(
  by: readonly string[],
  rows: readonly UsageRow[],
  period: Period,
  total: UsageSums = sumUsage(rows),
): Report {
  const keys = by.map((name) => ({ name, key: dimensions[name]?.key as keyof UsageRow }));
  const found = { rows, total };
  const groupBy = by.map((name) => dimensions[name]?.dimension as UsageDimension);
  return {
    title: `Usage by ${by.join(", ")}, ${formatPeriod(period)}`,
    columns: [...keys.map(({ name, key }) => ({ key, title: name })), ...measures],
    rows: rows.map((row) => ({
      ...Object.fromEntries(keys.map(({ key }) => [key, (row[key] ?? null) as Cell])),
      ...measured(row),
    })),
    total: {
      ...Object.fromEntries(keys.map(({ key }, index) => [key, index === 0 ? "total" : ""])),
      ...measured(total),
    },
    empty: "nothing in this period; --period 90d or --from 2026-01-01 looks further back",
    notes: notesOn(by, total),
    json: usageView({ period, groupBy }, found, forOperators),
  };
}

function measured(sums: UsageSums): Row {
  return {
    calls: sums.calls,
    attempts: sums.attempts,
    denied: sums.denied,
    failed: sums.failed,
    input: inputTokens(sums.tokens),
    output: outputTokens(sums.tokens),
    tokens: totalTokens(sums.tokens),
    costUsd: formatUsd(sums.costPico),
    chargeUsd: formatUsd(sums.chargePico),
    marginUsd: formatUsd(sums.marginPico),
    loss: sums.marginPico < 0n ? "loss" : null,
    marginUnknown: sums.marginUnknown,
    estimated: sums.estimated,
    unknown: sums.unknown,
    unpriced: sums.unpriced,
  };
}

function notesOn(by: readonly string[], total: UsageSums): readonly string[] {
  const attempts = (count: number): string => (count === 1 ? "1 attempt" : `${count} attempts`);
  return [
    ...(by.includes("feature-used") ? ["a call counts under each feature it used; the total counts it once"] : []),
    ...(total.estimated === 0 ? [] : [`${attempts(total.estimated)} estimated by us, not measured by the provider`]),
    ...(total.unknown === 0
      ? []
      : [`${attempts(total.unknown)} of unknown cost, at most $${formatUsd(total.atMostPico)}, not in the sums`]),
    // Where a cost is unknown so is the margin: that is said already.
    ...(total.marginUnknown <= total.unknown + total.unpriced
      ? []
      : [`${attempts(total.marginUnknown)} of unknown margin, not in its sum and not taken as 0`]),
    ...(total.unpriced === 0 ? [] : [`${attempts(total.unpriced)} without a price, not in the sums`]),
  ];
}

/** The rows of the JSON form, one level deep. */
function usageCsv(by: readonly string[], rows: readonly UsageRowView[]): NonNullable<Report["csv"]> {
  const flat = rows.map(({ tokens, ...row }) => ({
    ...row,
    ...Object.fromEntries(Object.entries(tokens).map(([name, count]) => [tokensColumn(name), count])),
  }));
  const names = Object.keys(usageView({ period: { from: 0, to: 0 }, groupBy: [] }, none, forOperators).total);
  const classes = Object.keys(none.total.tokens).concat("total").map(tokensColumn);
  return {
    columns: [
      ...by.map((name) => dimensions[name]?.key as string),
      ...names.flatMap((name) => (name === "tokens" ? classes : [name])),
    ],
    rows: flat,
  };
}

const none: UsageFound = { rows: [], total: sumUsage([]) };

/** `cacheRead` → `tokensCacheRead`. */
function tokensColumn(name: string): string {
  return `tokens${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}
