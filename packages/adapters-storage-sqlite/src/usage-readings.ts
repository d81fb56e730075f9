import type {
  CallDetail,
  CallPage,
  CallQuery,
  CursorPage,
  LinePage,
  LineQuery,
  QueryScope,
  SlaQuery,
  SlaReading,
  SpanListQuery,
  StoredSpan,
  StoredTrace,
  TraceListQuery,
  UsageQuery,
  UsageRow,
} from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { createReadCalls } from "./read-calls.ts";
import { createReadLines } from "./read-lines.ts";
import { createReadSla } from "./read-sla.ts";
import { createReadTraces } from "./read-traces.ts";
import { createReadUsage } from "./read-usage.ts";

/** The questions of `UsageReader` and the lists of `SpanStore`, answered on the spot. */
export interface UsageReadings {
  usage(scope: QueryScope, query: UsageQuery): readonly UsageRow[];
  sla(scope: QueryScope, query: SlaQuery): SlaReading;
  calls(scope: QueryScope, query: CallQuery): CallPage;
  call(scope: QueryScope, callId: string): CallDetail | null;
  lines(scope: QueryScope, query: LineQuery): LinePage;
  traces(scope: QueryScope, query: TraceListQuery): CursorPage<StoredTrace>;
  spans(scope: QueryScope, query: SpanListQuery): CursorPage<StoredSpan>;
}

/** Statements are prepared once for the connection. */
export function createUsageReadings(db: DatabaseSync): UsageReadings {
  const usage = createReadUsage(db);
  const sla = createReadSla(db);
  const calls = createReadCalls(db);
  const lines = createReadLines(db);
  return { usage, sla, calls: calls.page, call: calls.detail, lines, ...createReadTraces(db) };
}
