import { type CallRecord, formatModelRef } from "@tenantry/core";
import { assertRow, type ColumnKind } from "./assert-row.ts";
import { fromExactJson, toExactJson } from "./exact-json.ts";
import type { UsageGroup } from "./usage-groups.ts";

/** A row of `calls` joined with its group. */
export interface CallRow {
  readonly call_id: string;
  readonly tenant_id: string;
  readonly user_id: string | null;
  readonly feature: string | null;
  readonly session_id: string | null;
  readonly features_used: string;
  readonly admitted_at: number;
  readonly outcome: CallRecord["outcome"];
  readonly latency_ms: number | null;
  readonly ttft_ms: number | null;
  readonly verdicts: string;
  readonly rest: string;
}

type Columned =
  | "callId"
  | "tenantId"
  | "userId"
  | "feature"
  | "sessionId"
  | "featuresUsed"
  | "admittedAt"
  | "outcome"
  | "latencyMs"
  | "ttftMs"
  | "verdicts";

/** Columns that `fromCallRow` needs, of `calls c` and `usage_groups g`. */
export const callColumns = `c.call_id, c.tenant_id, g.user_id, g.feature, c.session_id, c.features_used, c.admitted_at,
  c.outcome, c.latency_ms, c.ttft_ms, c.verdicts, c.rest`;

export function groupOfCall(call: CallRecord): UsageGroup {
  const { tenantId, userId, feature } = call;
  return { tenantId, userId, feature, model: formatModelRef(call.model) };
}

/** `?1` is the group; the other values are those of `toCallRow`. */
export const insertCall: string = "INSERT INTO calls VALUES (?2, ?3, ?1, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";

const kinds: readonly ColumnKind[] = [
  ...(["text", "text", "text?", "text", "integer"] as const),
  ...(["text", "real?", "real?", "text", "text"] as const),
];

/**
 * Values of a row of `calls`, in the order of its columns, but for the group.
 *
 * @throws TypeError when the table would refuse them.
 */
export function toCallRow(call: CallRecord): (string | number | null)[] {
  const { callId, tenantId, userId: _u, feature: _f, sessionId, featuresUsed, admittedAt, ...others } = call;
  const { outcome, latencyMs, ttftMs, verdicts, ...rest } = others;
  const row = [
    callId,
    tenantId,
    sessionId,
    JSON.stringify(featuresUsed),
    admittedAt,
    outcome,
    latencyMs,
    ttftMs,
    JSON.stringify(verdicts),
    toExactJson(rest),
  ];
  assertRow(row, kinds);
  return row;
}

export function fromCallRow(row: CallRow): CallRecord {
  const rest = fromExactJson<Omit<CallRecord, Columned>>(row.rest);
  return {
    ...rest,
    callId: row.call_id,
    tenantId: row.tenant_id,
    userId: row.user_id,
    feature: row.feature,
    sessionId: row.session_id,
    featuresUsed: JSON.parse(row.features_used) as string[],
    admittedAt: row.admitted_at,
    outcome: row.outcome,
    latencyMs: row.latency_ms,
    ttftMs: row.ttft_ms,
    verdicts: JSON.parse(row.verdicts) as CallRecord["verdicts"],
  };
}
