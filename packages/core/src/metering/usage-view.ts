import { formatUsd } from "../money/decimal.ts";
import { addTokens, noTokens, type Tokens, totalTokens } from "../pricing/usage.ts";
import { formatInstant } from "../time/instant.ts";
import type { UsageDimension, UsageQuery, UsageRow, UsageSums } from "./usage-query.ts";

/** Sums as JSON carries them: counts are numbers, money is decimal strings of USD (R5). */
export interface UsageSumsView {
  readonly calls: number;
  readonly attempts: number;
  readonly denied: number;
  readonly failed: number;
  readonly tokens: Tokens & { readonly total: number };
  /** What the providers bill, as far as it is known. Absent where cost may not be seen. */
  readonly costUsd?: string;
  readonly chargeUsd: string;
  /** Charge less cost, where both are known. Absent for all but operators, like the next two. */
  readonly marginUsd?: string;
  /** Attempts whose margin is unknown; they are in no sum of margins (R6). */
  readonly marginUnknown?: number;
  /** Whether the known margin is below 0. */
  readonly marginNegative?: boolean;
  readonly unpriced: number;
  readonly estimated: number;
  readonly unknown: number;
  /** Most the lines of unknown cost can come to; not in `costUsd`. Absent where cost may not be seen. */
  readonly atMostUsd?: string;
}

/** A group: the dimensions asked for, and its sums. */
export type UsageRowView = Pick<
  UsageRow,
  "tenantId" | "userId" | "sessionId" | "feature" | "featureUsed" | "model" | "day" | "month"
> &
  UsageSumsView;

/** The answer to a usage query, the same in every app. `from` belongs to it, `to` does not; both are ISO 8601 in UTC. */
export interface UsageView {
  readonly from: string;
  readonly to: string;
  readonly groupBy: readonly UsageDimension[];
  readonly rows: readonly UsageRowView[];
  readonly total: UsageSumsView;
}

/** What a query found: its groups, and what they add up to. */
export interface UsageFound {
  readonly rows: readonly UsageRow[];
  readonly total: UsageSums;
}

/** What of it may be seen by who asks. */
export interface UsageSight {
  readonly showCost: boolean;
  /** For operators alone, whatever a tier shows of cost. Default: false. */
  readonly showMargin?: boolean;
}

/** A query's answer as plain data for JSON. */
export function usageView(
  query: Pick<UsageQuery, "period" | "groupBy">,
  { rows, total }: UsageFound,
  options: UsageSight,
): UsageView {
  return {
    from: formatInstant(query.period.from),
    to: formatInstant(query.period.to),
    groupBy: query.groupBy,
    rows: rows.map((row) => ({ ...dimensionsOf(row), ...sumsView(row, options) })),
    total: sumsView(total, options),
  };
}

/**
 * What rows add up to. Rows of `featureUsed` overlap and leave out what used no feature: their total is the row of the
 * same query without groups.
 */
export function sumUsage(rows: readonly UsageSums[]): UsageSums {
  return rows.reduce<UsageSums>(
    (sum, row) => ({
      calls: sum.calls + row.calls,
      attempts: sum.attempts + row.attempts,
      denied: sum.denied + row.denied,
      failed: sum.failed + row.failed,
      tokens: addTokens(sum.tokens, row.tokens),
      costPico: sum.costPico + row.costPico,
      chargePico: sum.chargePico + row.chargePico,
      marginPico: sum.marginPico + row.marginPico,
      marginUnknown: sum.marginUnknown + row.marginUnknown,
      atMostPico: sum.atMostPico + row.atMostPico,
      unpriced: sum.unpriced + row.unpriced,
      estimated: sum.estimated + row.estimated,
      unknown: sum.unknown + row.unknown,
    }),
    {
      calls: 0,
      attempts: 0,
      denied: 0,
      failed: 0,
      tokens: noTokens,
      costPico: 0n,
      chargePico: 0n,
      marginPico: 0n,
      marginUnknown: 0,
      atMostPico: 0n,
      unpriced: 0,
      estimated: 0,
      unknown: 0,
    },
  );
}

function dimensionsOf(row: UsageRow): Omit<UsageRowView, keyof UsageSumsView> {
  return {
    ...(row.tenantId === undefined ? {} : { tenantId: row.tenantId }),
    ...(row.userId === undefined ? {} : { userId: row.userId }),
    ...(row.sessionId === undefined ? {} : { sessionId: row.sessionId }),
    ...(row.feature === undefined ? {} : { feature: row.feature }),
    ...(row.featureUsed === undefined ? {} : { featureUsed: row.featureUsed }),
    ...(row.model === undefined ? {} : { model: row.model }),
    ...(row.day === undefined ? {} : { day: row.day }),
    ...(row.month === undefined ? {} : { month: row.month }),
  };
}

function marginView({ marginPico, marginUnknown }: UsageSums): Partial<UsageSumsView> {
  return { marginUsd: formatUsd(marginPico), marginUnknown, marginNegative: marginPico < 0n };
}

function sumsView(sums: UsageSums, { showCost, showMargin = false }: UsageSight): UsageSumsView {
  const { calls, attempts, denied, failed, tokens, unpriced, estimated, unknown } = sums;
  return {
    calls,
    attempts,
    denied,
    failed,
    tokens: { ...tokens, total: totalTokens(tokens) },
    ...(showCost ? { costUsd: formatUsd(sums.costPico) } : {}),
    chargeUsd: formatUsd(sums.chargePico),
    ...(showMargin ? marginView(sums) : {}),
    unpriced,
    estimated,
    unknown,
    ...(showCost ? { atMostUsd: formatUsd(sums.atMostPico) } : {}),
  };
}
