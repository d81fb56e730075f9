import type { DatabaseSync } from "node:sqlite";
import { toMoneyColumns } from "./money-columns.ts";
import { noSums, type RunningSums, tokenColumns } from "./usage-sums.ts";

/** Changes of usage roll-ups, gathered in memory for one transaction. */
export interface UsageRollUps {
  /** The sums of a group and bucket to add to. */
  at(groupId: number, bucket: number): RunningSums;
  /** Writes what was gathered, one statement a row, inside the transaction. */
  flush(): void;
  /** Forgets what was gathered. */
  clear(): void;
}

const columns = [
  "calls",
  "attempts",
  "failed",
  ...tokenColumns,
  "cost_hi",
  "cost_lo",
  "charge_hi",
  "charge_lo",
  "at_most_hi",
  "at_most_lo",
  "unpriced",
  "estimated",
  "unknown",
  "margin_hi",
  "margin_lo",
  "margin_unknown",
] as const;

/** Tables of the same columns: by group and quarter of an hour, by wide group and quarter, by wide group and day. */
export type RollUpTable = "usage_roll_ups" | "wide_roll_ups" | "day_roll_ups";

export function createUsageRollUps(db: DatabaseSync, table: RollUpTable): UsageRollUps {
  const upsert = db.prepare(`INSERT INTO ${table} (group_id, bucket, ${columns.join(", ")})
    VALUES (?, ?, ${columns.map(() => "?").join(", ")}) ON CONFLICT (group_id, bucket) DO UPDATE SET
    ${columns.map((column) => `${column} = ${column} + excluded.${column}`).join(", ")}`);
  const changes = new Map<string, { readonly groupId: number; readonly bucket: number; readonly sums: RunningSums }>();
  return {
    at(groupId, bucket) {
      const name = `${groupId}/${bucket}`;
      let change = changes.get(name);
      if (change === undefined) changes.set(name, (change = { groupId, bucket, sums: noSums() }));
      return change.sums;
    },
    flush() {
      for (const { groupId, bucket, sums } of changes.values()) upsert.run(groupId, bucket, ...valuesOf(sums));
    },
    clear: () => changes.clear(),
  };
}

/** In the order of `columns`. */
function valuesOf(sums: RunningSums): (number | bigint)[] {
  const { tokens } = sums;
  const cost = toMoneyColumns(sums.costPico);
  const charge = toMoneyColumns(sums.chargePico);
  const margin = toMoneyColumns(sums.marginPico);
  const atMost = toMoneyColumns(sums.atMostPico);
  return [
    sums.calls,
    sums.attempts,
    sums.failed,
    tokens.input,
    tokens.cacheRead,
    tokens.cacheWrite5m,
    tokens.cacheWrite1h,
    tokens.output,
    tokens.reasoning,
    tokens.audioInput,
    tokens.audioOutput,
    cost.hi,
    cost.lo,
    charge.hi,
    charge.lo,
    atMost.hi,
    atMost.lo,
    sums.unpriced,
    sums.estimated,
    sums.unknown,
    margin.hi,
    margin.lo,
    sums.marginUnknown,
  ];
}
