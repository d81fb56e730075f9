import {
  checkGroups,
  checkUsageQuery,
  type Period,
  type QueryScope,
  type UsageDimension,
  type UsageQuery,
  type UsageRow,
} from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { BUCKET_MS, bucketsOf, daysOf } from "./buckets.ts";
import { sightOf } from "./scope.ts";
import { createStatementCache } from "./statement-cache.ts";
import { type LabelledPeriod, usagePeriods } from "./usage-periods.ts";
import { rowDimensions, type UsageFilter, type UsageStatement, usageStatement } from "./usage-statements.ts";
import { addSumRow, noSums, type RunningSums, type SumRow } from "./usage-sums.ts";

export type ReadUsage = (scope: QueryScope, query: UsageQuery) => readonly UsageRow[];

type Key = readonly (string | null)[];
type Groups = Map<string, { readonly key: Key; readonly sums: RunningSums }>;
type AddRows = (statement: UsageStatement | null, from: number, to: number, part: LabelledPeriod) => void;

const rowFields = {
  tenant: "tenantId",
  user: "userId",
  session: "sessionId",
  feature: "feature",
  featureUsed: "featureUsed",
  model: "model",
  day: "day",
  month: "month",
} as const satisfies Record<UsageDimension, keyof UsageRow>;

/**
 * Answers from whole buckets of roll-ups and from raw lines at the two edges of each interval: by the day of UTC and the
 * quarter of an hour where no user is named, else by the quarter alone. Sessions have no roll-up and are answered from
 * their index.
 */
export function createReadUsage(db: DatabaseSync): ReadUsage {
  const statementOf = createStatementCache(db);
  const horizon = db.prepare("SELECT bucket FROM denial_horizon");

  function readParts(query: UsageQuery, filter: UsageFilter, add: AddRows): void {
    const dimensions = rowDimensions.filter((name) => query.groupBy.includes(name));
    const lines = usageStatement("lines", dimensions, filter);
    const calls = usageStatement("calls", dimensions, filter);
    const denials = usageStatement("denials", dimensions, filter);
    const rollUps = usageStatement("roll-ups", dimensions, filter);
    const wide = usageStatement("wide-roll-ups", dimensions, filter);
    const days = usageStatement("day-roll-ups", dimensions, filter);
    const denialRollUps = usageStatement("denial-roll-ups", dimensions, filter);
    const bySession = filter.sessionId !== null || dimensions.includes("session");
    const denialHorizon = (horizon.get() as { bucket: number }).bucket;
    for (const part of usagePeriods(query)) {
      const { firstBucket, endBucket, edges } = bucketsOf(part.period);
      if (!bySession && wide === null) add(rollUps, firstBucket, endBucket, part);
      if (!bySession && wide !== null) {
        const { firstDay, endDay, edges: parts } = daysOf(firstBucket, endBucket);
        add(days, firstDay, endDay, part);
        for (const [first, end] of parts) add(wide, first, end, part);
      }
      for (const edge of bySession ? [part.period] : edges) {
        add(lines, edge.from, edge.to, part);
        add(calls, edge.from, edge.to, part);
      }
      add(denialRollUps, firstBucket, endBucket, part);
      for (const edge of edges) {
        const exactFrom = Math.max(edge.from, denialHorizon * BUCKET_MS);
        if (exactFrom < edge.to) add(denials, exactFrom, edge.to, part);
        const first = startsWithin(edge);
        // Denials this old are known by the bucket alone, and count at its start.
        if (first !== null && first < denialHorizon) add(denialRollUps, first, first + 1, part);
      }
    }
  }

  return (scope, query) => {
    checkUsageQuery(query);
    const sight = sightOf(scope, query.tenantId);
    if (sight === "nothing") return [];
    const { userId = null, sessionId = null, feature = null } = query;
    const groups: Groups = new Map();
    const add: AddRows = (statement, from, to, part) => {
      if (statement === null || from >= to) return;
      const rows = statementOf(statement.sql).iterate(from, to, ...statement.filterValues);
      for (const row of rows) {
        addRow(groups, query.groupBy, row as SumRow, part);
        // At once: what is refused need not be read to its end.
        checkGroups(groups.size, query);
      }
    };
    readParts(query, { tenantId: sight.tenantId, userId, sessionId, feature }, add);
    return [...groups.values()]
      .sort((a, b) => compareKeys(a.key, b.key))
      .map(({ key, sums }) => ({
        ...Object.fromEntries(query.groupBy.map((dimension, index) => [rowFields[dimension], key[index]])),
        ...sums,
      }));
  };
}

/** The bucket that begins within a part of a bucket; null when none does. */
function startsWithin(edge: Period): number | null {
  const bucket = Math.ceil(edge.from / BUCKET_MS);
  return bucket * BUCKET_MS < edge.to ? bucket : null;
}

function addRow(groups: Groups, groupBy: readonly UsageDimension[], row: SumRow, part: LabelledPeriod): void {
  // Nothing happened, or all of it was superseded: no group.
  if (!["calls", "attempts", "denied"].some((column) => Number(row[column] ?? 0) !== 0)) return;
  const key = groupBy.map((dimension) => {
    if (dimension === "day") return part.day;
    if (dimension === "month") return part.day?.slice(0, 7) ?? null;
    return row[`by_${dimension}`] as string | null;
  });
  const name = JSON.stringify(key);
  let group = groups.get(name);
  if (group === undefined) groups.set(name, (group = { key, sums: noSums() }));
  addSumRow(group.sums, row);
}

/** By code units, nulls last. */
function compareKeys(a: Key, b: Key): number {
  for (const [index, left] of a.entries()) {
    const right = b[index] ?? null;
    if (left === right) continue;
    if (left === null) return 1;
    if (right === null) return -1;
    return left < right ? -1 : 1;
  }
  return 0;
}
