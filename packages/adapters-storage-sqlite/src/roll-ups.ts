import { type CallRecord, type DenialCount, type LedgerLine, TenantryError } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { bucketOf } from "./buckets.ts";
import { createDenialCounts } from "./denial-counts.ts";
import type { BatchHooks } from "./group-commit.ts";
import { createSlaRollUps } from "./sla-roll-ups.ts";
import { createUsageGroups, type UsageGroup } from "./usage-groups.ts";
import { createUsageRollUps } from "./usage-roll-ups.ts";
import { addCall, addLine } from "./usage-sums.ts";

/**
 * The roll-ups of one store. Changes are gathered in memory while a transaction runs and written by `hooks` just before
 * its commit, so a batch of settlements costs one write a row; a rolled back batch leaves nothing behind.
 *
 * The `add…` methods come last in an operation: nothing of an operation that failed may be gathered.
 */
export interface RollUps {
  readonly hooks: BatchHooks;
  /** Number of the group that counts everything once. */
  groupIdOf(group: UsageGroup): number;
  /** A line came into force (1), or went out of force (−1). */
  addLine(line: LedgerLine, group: UsageGroup, sign: 1 | -1): void;
  addCall(call: CallRecord, group: UsageGroup): void;
  addDenial(denial: DenialCount): void;
}

export function createRollUps(db: DatabaseSync): RollUps {
  const groups = createUsageGroups(db);
  const usage = createUsageRollUps(db);
  const sla = createSlaRollUps(db);
  const denials = createDenialCounts(db);

  /** The group that counts everything once, and one for each feature that was used. */
  function groupIds(group: UsageGroup, featuresUsed: readonly string[]): number[] {
    return [groups.idOf(group, null), ...[...new Set(featuresUsed)].map((feature) => groups.idOf(group, feature))];
  }

  return {
    hooks: {
      beforeCommit() {
        usage.flush();
        sla.flush();
        denials.flush();
      },
      afterBatch(failure) {
        usage.clear();
        sla.clear();
        denials.clear();
        if (failure !== null) groups.forget();
      },
    },
    groupIdOf: (group) => groups.idOf(group, null),
    addLine(line, group, sign) {
      const bucket = bucketOf(line.occurredAt);
      const ids = groupIds(group, line.featuresUsed);
      for (const id of ids) addLine(usage.at(id, bucket), line, sign);
    },
    addCall(call, group) {
      checkDuration("latencyMs", call.latencyMs);
      checkDuration("ttftMs", call.ttftMs);
      const bucket = bucketOf(call.admittedAt);
      const ids = groupIds(group, call.featuresUsed);
      for (const id of ids) addCall(usage.at(id, bucket), call);
      sla.add(call);
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
