import type { ContenderId } from "./contenders.ts";
import type { MeasureName, Round } from "./measures.ts";
import { median } from "./median.ts";
import { printTable, times } from "./print-table.ts";

/** A ratio that should be on one side of a bound; null where its contender did not take part. */
export interface Goal {
  readonly name: string;
  readonly ratio: number | null;
  readonly bound: number;
  readonly better: "more" | "less";
}

/** Medians of the ratios of each round, so that a slow moment of the machine is shared. */
export function roundRatio(rounds: readonly Round[], of: (round: Round) => number | null): number | null {
  const ratios = rounds.map(of).filter((ratio) => ratio !== null);
  return ratios.length === 0 ? null : median(ratios);
}

export function throughput(id: ContenderId, to: ContenderId, measure: MeasureName): (round: Round) => number | null {
  return (round) => {
    const [mine, theirs] = [round.get(id), round.get(to)];
    return mine === undefined || theirs === undefined ? null : mine[measure].perSecond / theirs[measure].perSecond;
  };
}

/** What a gateway adds to a figure of the upstream alone, ms. */
export function added(
  round: Round,
  id: ContenderId,
  measure: MeasureName,
  part: "totalMs" | "firstByteMs",
  quantile: "p50" | "p99",
): number | null {
  const [mine, direct] = [round.get(id), round.get("direct")];
  return mine === undefined || direct === undefined
    ? null
    : mine[measure][part][quantile] - direct[measure][part][quantile];
}

export function printGoals(goals: readonly Goal[]): void {
  const verdict = ({ ratio, bound, better }: Goal): string => {
    if (ratio === null || Number.isNaN(ratio)) return "not measured";
    return (better === "more" ? ratio >= bound : ratio <= bound) ? "pass" : "FAIL";
  };
  printTable(
    "Goals",
    ["", "measured", "goal", ""],
    goals.map((goal) => [
      goal.name,
      goal.ratio === null ? "–" : times(goal.ratio),
      `${goal.better === "more" ? "≥" : "≤"} ${times(goal.bound)}`,
      verdict(goal),
    ]),
  );
}
