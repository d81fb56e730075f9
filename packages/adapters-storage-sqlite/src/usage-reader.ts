import type { UsageReader } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import type { GroupCommit } from "./group-commit.ts";
import { createUsageReadings } from "./usage-readings.ts";

/**
 * `UsageReader` on the writing connection, for databases in memory, which no other connection can see. It answers in
 * the turn's transaction, so that it too sees commits alone.
 */
export function createUsageReader(db: DatabaseSync, group: GroupCommit): UsageReader {
  const readings = createUsageReadings(db);
  return {
    usage: (scope, query) => group.write(() => readings.usage(scope, query)),
    sla: (scope, query) => group.write(() => readings.sla(scope, query)),
    calls: (scope, query) => group.write(() => readings.calls(scope, query)),
    call: (scope, callId) => group.write(() => readings.call(scope, callId)),
    lines: (scope, query) => group.write(() => readings.lines(scope, query)),
  };
}
