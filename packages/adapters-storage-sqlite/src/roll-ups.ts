import { type CallRecord, type DenialCount, type Instant, type LedgerLine, TenantryError } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { assertRow, type ColumnKind } from "./assert-row.ts";
import { bucketOf, dayOf } from "./buckets.ts";
import { createDenialCounts } from "./denial-counts.ts";
import type { RowMemory } from "./row-memory.ts";
import { createSlaRollUps } from "./sla-roll-ups.ts";
import { createUsageGroups, type UsageGroup } from "./usage-groups.ts";
import { createUsageRollUps } from "./usage-roll-ups.ts";
import { addCall, addLine, type RunningSums } from "./usage-sums.ts";

/**
 * The roll-ups of one store. Changes are gathered in memory while a transaction runs and written by `flush` just before
 * its commit, so a batch of settlements costs one write a row; a rolled back batch leaves nothing behind.
 *
 * What the `add…` methods gather goes only with the whole transaction: an operation that uses them may not fail alone
 * after it has begun to write (`CheckedWork`), so it asserts first what they need.
 */
export interface RollUps extends RowMemory {
  /** @throws TypeError when the group cannot be stored. */
  assertGroup(group: UsageGroup, featuresUsed: readonly string[]): void;
  /** @throws TenantryError `invalid_request` when the call's durations are none. */
  assertDurations(call: CallRecord): void;
  /** Number of the group that counts everything once. */
  groupIdOf(group: UsageGroup): number;
  /** A line came into force (1), or went out of force (−1). */
  addLine(line: LedgerLine, group: UsageGroup, sign: 1 | -1): void;
  /** A call ended (1), or turned out to be another (−1); then its row is in `calls` no more. */
  addCall(call: CallRecord, group: UsageGroup, sign: 1 | -1): void;
  addDenial(denial: DenialCount): void;
}

const groupKinds: readonly ColumnKind[] = ["text", "text?", "text?", "text?"];
const featureKinds: readonly ColumnKind[] = ["text"];

export function createRollUps(db: DatabaseSync): RollUps {
  const groups = createUsageGroups(db);
  const usage = createUsageRollUps(db, "usage_roll_ups");
  const wide = createUsageRollUps(db, "wide_roll_ups");
  const days = createUsageRollUps(db, "day_roll_ups");
  const sla = createSlaRollUps(db);
  const denials = createDenialCounts(db);

  /** All sums something counts in: of the group that counts everything once, and of one for each feature that was used. */
  function sumsAt(group: UsageGroup, featuresUsed: readonly string[], at: Instant): RunningSums[] {
    const bucket = bucketOf(at);
    return [null, ...new Set(featuresUsed)].flatMap((used) => {
      const wideId = groups.wideIdOf(group, used);
      return [usage.at(groups.idOf(group, used), bucket), wide.at(wideId, bucket), days.at(wideId, dayOf(bucket))];
    });
  }

  return {
    flush() {
      for (const gathered of [usage, wide, days, sla, denials]) {
        gathered.flush();
        gathered.clear();
      }
    },
    forget() {
      for (const gathered of [usage, wide, days, sla, denials]) gathered.clear();
      groups.forget();
      sla.forget();
    },
    assertGroup({ tenantId, userId, feature, model }, featuresUsed) {
      assertRow([tenantId, userId, feature, model], groupKinds);
      for (const used of featuresUsed) assertRow([used], featureKinds);
    },
    assertDurations(call) {
      checkDuration("latencyMs", call.latencyMs);
      checkDuration("ttftMs", call.ttftMs);
    },
    groupIdOf: (group) => groups.idOf(group, null),
    addLine(line, group, sign) {
      for (const sums of sumsAt(group, line.featuresUsed, line.occurredAt)) addLine(sums, line, sign);
    },
    addCall(call, group, sign) {
      for (const sums of sumsAt(group, call.featuresUsed, call.admittedAt)) addCall(sums, call, sign);
      sla.add(call, sign);
    },
    addDenial(denial) {
      const { tenantId, userId, feature, model } = denial;
      denials.add(denial, groups.idOf({ tenantId, userId, feature, model }, null));
    },
  };
}

/** What a sketch would refuse has to be refused here, where it fails one operation and not the whole batch. */
function checkDuration(field: string, durationMs: number | null): void {
  if (durationMs !== null && !(durationMs >= 0 && durationMs < Number.POSITIVE_INFINITY)) {
    throw TenantryError.invalidRequest(field, "must be a finite number of milliseconds from 0");
  }
}
