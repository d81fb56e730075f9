import type { PicoUsd } from "../money/pico-usd.ts";
import type { LedgerLine } from "./ledger-line.ts";

/** What a line counts for in budgets: its cost, or while that is not known the most it can be. */
export function spentOf(line: LedgerLine): PicoUsd {
  return line.costPico ?? line.atMostPico ?? line.holdPico ?? 0n;
}

/** An attempt's lines, each superseding the one before it; empty for an attempt without a line. */
export function linesOfAttempt(lines: readonly LedgerLine[], attemptId: string): readonly LedgerLine[] {
  const next = new Map(lines.map((line) => [line.supersedes, line]));
  const chain: LedgerLine[] = [];
  const first = lines.find((line) => line.attemptId === attemptId && line.supersedes === null);
  for (let line = first; line !== undefined && !chain.includes(line); line = next.get(line.lineId)) chain.push(line);
  return chain;
}

/**
 * Id of the line that supersedes this one: `att_1`, `att_1~2`, `att_1~3`.
 *
 * It depends on the line alone, so that of all who supersede it at once a ledger takes one (the first line of an id
 * wins): no line is ever superseded twice, which would count both.
 */
export function supersedingLineId({ lineId, attemptId }: Pick<LedgerLine, "lineId" | "attemptId">): string {
  if (lineId === attemptId) return `${attemptId}~2`;
  const place = lineId.startsWith(`${attemptId}~`) ? lineId.slice(attemptId.length + 1) : "";
  return /^[1-9][0-9]*$/.test(place) ? `${attemptId}~${Number(place) + 1}` : `${lineId}~2`;
}
