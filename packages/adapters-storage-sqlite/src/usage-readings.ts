import type {
  CallDetail,
  CallPage,
  CallQuery,
  LinePage,
  LineQuery,
  QueryScope,
  SlaQuery,
  SlaReading,
  UsageQuery,
  UsageRow,
} from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { createReadCalls } from "./read-calls.ts";
import { createReadLines } from "./read-lines.ts";
import { createReadSla } from "./read-sla.ts";
import { createReadUsage } from "./read-usage.ts";

/** The questions of `UsageReader`, answered on the spot. */
export interface UsageReadings {
  usage(scope: QueryScope, query: UsageQuery): readonly UsageRow[];
  sla(scope: QueryScope, query: SlaQuery): SlaReading;
  calls(scope: QueryScope, query: CallQuery): CallPage;
  call(scope: QueryScope, callId: string): CallDetail | null;
  lines(scope: QueryScope, query: LineQuery): LinePage;
}

/** Statements are prepared once for the connection. */
export function createUsageReadings(db: DatabaseSync): UsageReadings {
  const usage = createReadUsage(db);
  const sla = createReadSla(db);
  const calls = createReadCalls(db);
  return { usage, sla, calls: calls.page, call: calls.detail, lines: createReadLines(db) };
}
