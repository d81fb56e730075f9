import { formatModelRef, isUnpriced, type LedgerLine, noTokens, type PicoUsd, tokenClasses } from "@tenantry/core";
import { assertRow, type ColumnKind } from "./assert-row.ts";
import { fromExactJson, toExactJson } from "./exact-json.ts";
import { fromMoneyColumns, toMoneyColumns } from "./money-columns.ts";
import type { UsageGroup } from "./usage-groups.ts";

/** A row of `lines` joined with its group, read with bigints. */
export interface LineRow {
  readonly line_id: string;
  readonly call_id: string;
  readonly attempt_id: string;
  readonly tenant_id: string;
  readonly user_id: string | null;
  readonly feature: string | null;
  readonly session_id: string | null;
  readonly features_used: string;
  readonly ordinal: bigint;
  readonly occurred_at: bigint;
  readonly recorded_at: bigint;
  readonly supersedes: string | null;
  readonly cost_hi: bigint | null;
  readonly cost_lo: bigint | null;
  readonly charge_hi: bigint | null;
  readonly charge_lo: bigint | null;
  readonly at_most_hi: bigint | null;
  readonly at_most_lo: bigint | null;
  readonly rest: string;
}

type Columned =
  | "lineId"
  | "callId"
  | "attemptId"
  | "tenantId"
  | "userId"
  | "feature"
  | "sessionId"
  | "featuresUsed"
  | "ordinal"
  | "occurredAt"
  | "recordedAt"
  | "supersedes"
  | "costPico"
  | "chargePico"
  | "atMostPico";

/** Columns that `fromLineRow` needs, of `lines l` and `usage_groups g`. */
export const lineColumns = `l.line_id, l.call_id, l.attempt_id, g.tenant_id, g.user_id, g.feature, l.session_id,
  l.features_used, l.ordinal, l.occurred_at, l.recorded_at, l.supersedes, l.cost_hi, l.cost_lo, l.charge_hi,
  l.charge_lo, l.at_most_hi, l.at_most_lo, l.rest`;

export function groupOfLine(line: LedgerLine): UsageGroup {
  const { tenantId, userId, feature } = line;
  return { tenantId, userId, feature, model: formatModelRef(line.answered) };
}

/** `?1` is the group, `?2` whether the line is superseded; the other values are those of `toLineRow`. */
export const insertLine: string = `INSERT INTO lines VALUES (?3, ?4, ?5, ?1, ?6, ?7, ?8, ?9, ?10, ?2,
  ${Array.from({ length: 20 }, (_, n) => `?${n + 11}`).join(", ")})`;

const kinds: readonly ColumnKind[] = [
  ...(["text", "text", "text", "text?", "text", "integer", "integer", "integer", "text?"] as const),
  ...Array.from({ length: tokenClasses.length }, () => "integer" as const),
  ...Array.from({ length: 6 }, () => "integer?" as const),
  ...(["integer", "integer", "integer", "text", "text?"] as const),
];

/**
 * Values of a row of `lines`, in the order of its columns, but for the group and whether it is superseded.
 *
 * @throws TypeError when the table would refuse them.
 */
export function toLineRow(line: LedgerLine): (string | number | bigint | null)[] {
  const { lineId, callId, attemptId, tenantId: _t, userId: _u, feature: _f, sessionId, featuresUsed, ...others } = line;
  const { ordinal, occurredAt, recordedAt, supersedes, costPico, chargePico, atMostPico, ...rest } = others;
  const tokens = line.usage?.tokens ?? noTokens;
  const row = [
    lineId,
    callId,
    attemptId,
    sessionId,
    JSON.stringify(featuresUsed),
    ordinal,
    occurredAt,
    recordedAt,
    supersedes,
    tokens.input,
    tokens.cacheRead,
    tokens.cacheWrite5m,
    tokens.cacheWrite1h,
    tokens.output,
    tokens.reasoning,
    tokens.audioInput,
    tokens.audioOutput,
    ...moneyOrNulls(costPico),
    ...moneyOrNulls(chargePico),
    ...moneyOrNulls(atMostPico),
    isUnpriced(line) ? 1 : 0,
    line.source === "estimated" ? 1 : 0,
    line.source === "unknown" ? 1 : 0,
    toExactJson(rest),
    line.origin === "call" ? line.responseId : null,
  ];
  assertRow(row, kinds);
  return row;
}

export function fromLineRow(row: LineRow): LedgerLine {
  const rest = fromExactJson<Omit<LedgerLine, Columned>>(row.rest);
  return {
    ...rest,
    lineId: row.line_id,
    callId: row.call_id,
    attemptId: row.attempt_id,
    tenantId: row.tenant_id,
    userId: row.user_id,
    feature: row.feature,
    sessionId: row.session_id,
    featuresUsed: JSON.parse(row.features_used) as string[],
    ordinal: Number(row.ordinal),
    occurredAt: Number(row.occurred_at),
    recordedAt: Number(row.recorded_at),
    supersedes: row.supersedes,
    costPico: moneyOf(row.cost_hi, row.cost_lo),
    chargePico: moneyOf(row.charge_hi, row.charge_lo),
    atMostPico: moneyOf(row.at_most_hi, row.at_most_lo),
  };
}

function moneyOrNulls(pico: PicoUsd | null): [bigint, bigint] | [null, null] {
  if (pico === null) return [null, null];
  const { hi, lo } = toMoneyColumns(pico);
  return [hi, lo];
}

function moneyOf(hi: bigint | null, lo: bigint | null): PicoUsd | null {
  return hi === null || lo === null ? null : fromMoneyColumns(hi, lo);
}
