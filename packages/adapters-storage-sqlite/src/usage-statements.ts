import type { UsageDimension } from "@tenantry/core";
import type { RollUpTable } from "./usage-roll-ups.ts";
import { tokenColumns } from "./usage-sums.ts";

/** Dimensions that a row of the ledger knows; days and months are the interval it is asked for. */
export type RowDimension = Exclude<UsageDimension, "day" | "month">;

/** In the order in which statements name them, so that the order asked for makes no statements of its own. */
export const rowDimensions: readonly RowDimension[] = ["tenant", "user", "session", "feature", "featureUsed", "model"];

/** What narrows a question. */
export interface UsageFilter {
  readonly tenantId: string | null;
  readonly userId: string | null;
  readonly sessionId: string | null;
  readonly feature: string | null;
}

/**
 * A statement that sums usage in an interval; parameters are the interval's ends, then the filter's values. A group's
 * dimensions are in columns named `by_…`.
 */
export interface UsageStatement {
  readonly sql: string;
  readonly filterValues: readonly string[];
}

/** `wide-roll-ups` and `day-roll-ups` know no users and answer no question that names them. */
type Source = "lines" | "calls" | "denials" | "roll-ups" | "wide-roll-ups" | "day-roll-ups" | "denial-roll-ups";

interface SourceText {
  readonly sums: string;
  readonly from: string;
  readonly at: string;
  readonly where: string;
  readonly hasSession: boolean;
  readonly hasUser: boolean;
  readonly isRolledUp: boolean;
}

const sumsOf = (columns: readonly string[], alias: string): string =>
  columns.map((column) => `sum(${alias}.${column}) AS ${column}`).join(", ");
const moneyColumns = ["cost_hi", "cost_lo", "charge_hi", "charge_lo"];
const lineCounts = ["unpriced", "estimated", "unknown"];

function rolledUp(groups: "usage_groups" | "wide_groups", table: RollUpTable): SourceText {
  return {
    sums: sumsOf(
      [
        ...["calls", "attempts", "failed", ...tokenColumns, ...moneyColumns, "at_most_hi", "at_most_lo", ...lineCounts],
        ...["margin_hi", "margin_lo", "margin_unknown"],
      ],
      "f",
    ),
    // CROSS JOIN keeps the order: groups by tenant first, then each group's span of buckets.
    from: `${groups} g CROSS JOIN ${table} f ON f.group_id = g.id`,
    at: "f.bucket",
    where: "1",
    hasSession: false,
    hasUser: groups === "usage_groups",
    isRolledUp: true,
  };
}

const sources: Readonly<Record<Source, SourceText>> = {
  lines: {
    sums: `count(*) AS attempts, ${sumsOf([...tokenColumns, ...moneyColumns, ...lineCounts], "f")},
      sum(f.charge_hi - f.cost_hi) AS margin_hi, sum(f.charge_lo - f.cost_lo) AS margin_lo,
      sum(f.charge_hi IS NULL OR f.cost_hi IS NULL) AS margin_unknown,
      sum(CASE WHEN f.cost_hi IS NULL THEN f.at_most_hi END) AS at_most_hi,
      sum(CASE WHEN f.cost_hi IS NULL THEN f.at_most_lo END) AS at_most_lo`,
    from: "lines f JOIN usage_groups g ON g.id = f.group_id",
    at: "f.occurred_at",
    where: "f.is_superseded = 0",
    hasSession: true,
    hasUser: true,
    isRolledUp: false,
  },
  calls: {
    sums: "count(*) AS calls, sum(f.outcome <> 'ok') AS failed",
    from: "calls f JOIN usage_groups g ON g.id = f.group_id",
    at: "f.admitted_at",
    where: "1",
    hasSession: true,
    hasUser: true,
    isRolledUp: false,
  },
  denials: {
    sums: "sum(f.denied) AS denied",
    from: "denials f JOIN usage_groups g ON g.id = f.group_id",
    at: "f.at",
    where: "1",
    hasSession: false,
    hasUser: true,
    isRolledUp: false,
  },
  "roll-ups": rolledUp("usage_groups", "usage_roll_ups"),
  "wide-roll-ups": rolledUp("wide_groups", "wide_roll_ups"),
  "day-roll-ups": rolledUp("wide_groups", "day_roll_ups"),
  "denial-roll-ups": {
    sums: "sum(f.denied) AS denied",
    from: "usage_groups g CROSS JOIN denial_roll_ups f ON f.group_id = g.id",
    at: "f.bucket",
    where: "1",
    hasSession: false,
    hasUser: true,
    isRolledUp: true,
  },
};

/** The statement for these dimensions (in the order of `rowDimensions`), or null when the source can have no rows for them. */
export function usageStatement(
  source: Source,
  dimensions: readonly RowDimension[],
  filter: UsageFilter,
): UsageStatement | null {
  const { sums, from, at, where, hasSession, hasUser, isRolledUp } = sources[source];
  const byFeatureUsed = dimensions.includes("featureUsed");
  if (!hasSession && filter.sessionId !== null) return null;
  if (!hasUser && (filter.userId !== null || dimensions.includes("user"))) return null;
  // A denied call used no feature.
  if (byFeatureUsed && sums.includes("denied")) return null;
  const feature = byFeatureUsed && !isRolledUp ? "u.value" : "g.feature_used";
  const columns = dimensions.map((dimension) => `${columnOf(dimension, feature, hasSession)} AS by_${dimension}`);
  const filters: readonly (readonly [string, string | null])[] = [
    ["g.tenant_id = ?", filter.tenantId],
    ["g.user_id = ?", filter.userId],
    ["f.session_id = ?", filter.sessionId],
    ["g.feature = ?", filter.feature],
  ];
  const set = filters.filter((pair): pair is readonly [string, string] => pair[1] !== null);
  const conditions = [
    `${at} >= ? AND ${at} < ?`,
    where,
    ...(isRolledUp ? [`g.feature_used IS ${byFeatureUsed ? "NOT NULL" : "NULL"}`] : []),
    ...set.map(([condition]) => condition),
  ];
  const rows = byFeatureUsed && !isRolledUp ? `${from} JOIN json_each(f.features_used) u` : from;
  const keys = dimensions.map((dimension) => `by_${dimension}`);
  const groupBy = keys.length === 0 ? "HAVING count(*) > 0" : `GROUP BY ${keys.join(", ")}`;
  return {
    sql: `SELECT ${[...columns, sums].join(", ")} FROM ${rows} WHERE ${conditions.join(" AND ")} ${groupBy}`,
    filterValues: set.map(([, value]) => value),
  };
}

function columnOf(dimension: RowDimension, featureUsed: string, hasSession: boolean): string {
  switch (dimension) {
    case "tenant":
      return "g.tenant_id";
    case "user":
      return "g.user_id";
    case "session":
      return hasSession ? "f.session_id" : "NULL";
    case "feature":
      return "g.feature";
    case "featureUsed":
      return featureUsed;
    case "model":
      return "g.model";
  }
}
