import type { SpanStore, UsageReader } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import type { GroupCommit } from "./group-commit.ts";
import { createUsageReadings } from "./usage-readings.ts";

/** What answers reports: everything there is to know of usage, and lists of traces. */
export type StorageReader = UsageReader & Pick<SpanStore, "traces" | "spans">;

/**
 * `StorageReader` on the writing connection, for databases in memory, which no other connection can see. It answers in
 * the turn's transaction, so that it too sees commits alone.
 */
export function createUsageReader(db: DatabaseSync, group: GroupCommit): StorageReader {
  const readings = createUsageReadings(db);
  return {
    usage: (scope, query) => group.write(() => readings.usage(scope, query)),
    sla: (scope, query) => group.write(() => readings.sla(scope, query)),
    calls: (scope, query) => group.write(() => readings.calls(scope, query)),
    call: (scope, callId) => group.write(() => readings.call(scope, callId)),
    lines: (scope, query) => group.write(() => readings.lines(scope, query)),
    traces: (scope, query) => group.write(() => readings.traces(scope, query)),
    spans: (scope, query) => group.write(() => readings.spans(scope, query)),
  };
}
