import {
  type CallRecord,
  isUnpriced,
  marginOf,
  type LedgerLine,
  noTokens,
  tokenClasses,
  type UsageSums,
} from "@tenantry/core";
import { fromMoneyColumns } from "./money-columns.ts";

/** Sums that are still being added to. */
export type RunningSums = { -readonly [Field in keyof UsageSums]: UsageSums[Field] };

/** The columns that sum usage, as `sumRow` and `addSumRow` know them. */
export const tokenColumns = [
  "input",
  "cache_read",
  "cache_write_5m",
  "cache_write_1h",
  "output",
  "reasoning",
  "audio_input",
  "audio_output",
] as const;

/** A row of sums read with bigints; a column that a statement does not select is absent, an empty sum is null. */
export type SumRow = Readonly<Record<string, bigint | string | null | undefined>>;

export function noSums(): RunningSums {
  return {
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
  };
}

/** Adds a line, or with `sign` −1 takes it out again. */
export function addLine(sums: RunningSums, line: LedgerLine, sign: 1 | -1): void {
  const factor = BigInt(sign);
  sums.attempts += sign;
  if (line.usage !== null) sums.tokens = plusTokens(sums.tokens, line.usage.tokens, sign);
  if (line.costPico === null) sums.atMostPico += factor * (line.atMostPico ?? 0n);
  else sums.costPico += factor * line.costPico;
  sums.chargePico += factor * (line.chargePico ?? 0n);
  const margin = marginOf(line);
  if (margin === null) sums.marginUnknown += sign;
  else sums.marginPico += factor * margin;
  if (isUnpriced(line)) sums.unpriced += sign;
  if (line.source === "estimated") sums.estimated += sign;
  if (line.source === "unknown") sums.unknown += sign;
}

/** Adds a call, or with `sign` −1 takes it out again. */
export function addCall(sums: RunningSums, call: CallRecord, sign: 1 | -1): void {
  sums.calls += sign;
  if (call.outcome !== "ok") sums.failed += sign;
}

export function addSumRow(sums: RunningSums, row: SumRow): void {
  const count = (column: string): number => Number(row[column] ?? 0);
  const money = (column: string): bigint =>
    fromMoneyColumns(BigInt(row[`${column}_hi`] ?? 0), BigInt(row[`${column}_lo`] ?? 0));
  sums.calls += count("calls");
  sums.attempts += count("attempts");
  sums.denied += count("denied");
  sums.failed += count("failed");
  if (row["input"] !== undefined) {
    const tokens = tokenClasses.map((name, index) => [name, count(tokenColumns[index]!)]);
    sums.tokens = plusTokens(sums.tokens, Object.fromEntries(tokens) as UsageSums["tokens"], 1);
  }
  sums.costPico += money("cost");
  sums.chargePico += money("charge");
  sums.marginPico += money("margin");
  sums.marginUnknown += count("margin_unknown");
  sums.atMostPico += money("at_most");
  sums.unpriced += count("unpriced");
  sums.estimated += count("estimated");
  sums.unknown += count("unknown");
}

function plusTokens(a: UsageSums["tokens"], b: UsageSums["tokens"], sign: 1 | -1): UsageSums["tokens"] {
  return {
    input: a.input + sign * b.input,
    cacheRead: a.cacheRead + sign * b.cacheRead,
    cacheWrite5m: a.cacheWrite5m + sign * b.cacheWrite5m,
    cacheWrite1h: a.cacheWrite1h + sign * b.cacheWrite1h,
    output: a.output + sign * b.output,
    reasoning: a.reasoning + sign * b.reasoning,
    audioInput: a.audioInput + sign * b.audioInput,
    audioOutput: a.audioOutput + sign * b.audioOutput,
  };
}
