import type { Look } from "./beside.ts";
import type { Contender, ContenderId } from "./contenders.ts";
import { added, type Goal, printGoals, roundRatio, throughput } from "./goals.ts";
import type { Measured, MeasureName, Round } from "./measures.ts";
import { median } from "./median.ts";
import { mib, ms, printTable, times } from "./print-table.ts";

/** Resident memory, bytes: just started, after the warm-up, after everything. */
export interface MemoryReading {
  readonly id: ContenderId;
  readonly name: string;
  readonly start: number;
  readonly warm: number;
  readonly end: number;
}

/** The same load alone and beside a report and a long prompt; straight to the upstream, and through the gateway. */
export interface BesideRound {
  readonly directAlone: Look;
  readonly directBeside: Look;
  readonly alone: Look;
  readonly beside: Look & { readonly reportMs: number; readonly promptMs: number };
}

export interface Findings {
  readonly contenders: readonly Contender[];
  readonly rounds: readonly Round[];
  readonly beside: readonly BesideRound[];
  readonly memory: readonly MemoryReading[];
  readonly seededCalls: number;
}

/** Growth after the warm-up that a heap shows without a leak. */
const flatMemory = 1.25;

export function printReport(findings: Findings): void {
  printThroughput(findings);
  printLatency(findings);
  printFirstBytes(findings);
  printBeside(findings);
  printTable(
    "Memory (resident)",
    ["", "at the start", "after the warm-up", "at the end"],
    findings.memory.map(({ name, start, warm, end }) => [name, mib(start), mib(warm), mib(end)]),
  );
  printGoals(goalsOf(findings));
}

function printThroughput({ contenders, rounds }: Findings): void {
  const cells = (id: ContenderId, measure: MeasureName): string[] => {
    const cpuUs = over(rounds, id, measure, (result) => result.cpuUs);
    return [
      over(rounds, id, measure, (result) => result.perSecond).toFixed(0),
      times(roundRatio(rounds, throughput(id, "bare", measure)) ?? Number.NaN),
      Number.isNaN(cpuUs) ? "–" : `${cpuUs.toFixed(0)} µs`,
    ];
  };
  printTable(
    `Throughput at 32 clients (4 KB in; 1 KB out, or 50 pieces streamed), medians of ${rounds.length} interleaved rounds`,
    ["", "requests/s", "to (b)", "CPU of each", "streams/s", "to (b)", "CPU of each"],
    contenders.map(({ id, name }) => [name, ...cells(id, "manyClients"), ...cells(id, "burst")]),
  );
}

function printLatency({ contenders, rounds }: Findings): void {
  const cells = (id: ContenderId, measure: MeasureName): string[] =>
    (["p50", "p99"] as const).map((quantile) =>
      id === "direct"
        ? ms(over(rounds, id, measure, (result) => result.totalMs[quantile]))
        : plus(roundRatio(rounds, (round) => added(round, id, measure, "totalMs", quantile))),
    );
  printTable(
    "Latency of a whole answer: (a) itself, and what each adds to it",
    ["", "1 client p50", "p99", "32 clients p50", "p99"],
    contenders.map(({ id, name }) => [name, ...cells(id, "oneClient"), ...cells(id, "manyClients")]),
  );
}

function printFirstBytes({ contenders, rounds }: Findings): void {
  const cells = (id: ContenderId, measure: MeasureName): string[] =>
    (["p50", "p99"] as const).map((quantile) =>
      id === "direct"
        ? ms(over(rounds, id, measure, (result) => result.firstByteMs[quantile]))
        : plus(roundRatio(rounds, (round) => added(round, id, measure, "firstByteMs", quantile))),
    );
  printTable(
    "Time to first token of paced streams: (a) itself, and what each adds to it",
    ["", "32 streams p50", "p99", "256 streams p50", "p99"],
    contenders.map(({ id, name }) => [name, ...cells(id, "streams32"), ...cells(id, "streams256")]),
  );
}

function printBeside({ beside, seededCalls }: Findings): void {
  const row = (name: string, of: (round: BesideRound) => Look): string[] => [
    name,
    ms(median(beside.map((round) => of(round).p99))),
    ms(median(beside.map((round) => of(round).firstByteP50))),
    ms(median(beside.map((round) => of(round).firstByteP99))),
  ];
  const reportMs = median(beside.map((round) => round.beside.reportMs));
  const promptMs = median(beside.map((round) => round.beside.promptMs));
  printTable(
    `200 calls/s and 32 streams, while every second a month's report over ${seededCalls.toLocaleString("en")} seeded calls` +
      ` (${ms(reportMs)}) and a 1 MB prompt (${ms(promptMs)}) run through (c)`,
    ["", "call p99", "first token p50", "p99"],
    [
      row("(a) alone", (round) => round.directAlone),
      row("(a) while (c) works on both", (round) => round.directBeside),
      row("(c) alone", (round) => round.alone),
      row("(c) beside both", (round) => round.beside),
    ],
  );
}

function goalsOf({ rounds, beside, memory }: Findings): readonly Goal[] {
  const addedRatio = (round: Round): number | null => {
    const [ours, theirs] = [
      added(round, "tenantry", "oneClient", "totalMs", "p99"),
      added(round, "portkey", "oneClient", "totalMs", "p99"),
    ];
    return ours === null || theirs === null ? null : ours / theirs;
  };
  const slower = (of: (look: Look) => number): number | null =>
    beside.length === 0 ? null : median(beside.map((round) => of(round.beside) / of(round.alone)));
  const own = memory.find(({ id }) => id === "tenantry");
  return [
    {
      name: "requests/s of (c) to (b)",
      ratio: roundRatio(rounds, throughput("tenantry", "bare", "manyClients")),
      bound: 0.6,
      better: "more",
    },
    {
      name: "requests/s of (c) to (d)",
      ratio: roundRatio(rounds, throughput("tenantry", "portkey", "manyClients")),
      bound: 3,
      better: "more",
    },
    { name: "added p99 at 1 client, (c) to (d)", ratio: roundRatio(rounds, addedRatio), bound: 0.5, better: "less" },
    {
      name: "call p99 beside report and 1 MB prompt, to alone",
      ratio: slower((look) => look.p99),
      bound: 2,
      better: "less",
    },
    {
      name: "first token p50 beside both, to alone",
      ratio: slower((look) => look.firstByteP50),
      bound: 2,
      better: "less",
    },
    {
      name: "first token p99 beside both, to alone",
      ratio: slower((look) => look.firstByteP99),
      bound: 2,
      better: "less",
    },
    {
      name: "memory of (c) at the end, to after the warm-up",
      ratio: own === undefined ? null : own.end / own.warm,
      bound: flatMemory,
      better: "less",
    },
  ];
}

function over(
  rounds: readonly Round[],
  id: ContenderId,
  measure: MeasureName,
  of: (result: Measured) => number,
): number {
  return median(
    rounds.flatMap((round) => {
      const results = round.get(id);
      return results === undefined ? [] : [of(results[measure])];
    }),
  );
}

function plus(value: number | null): string {
  return value === null ? "–" : `${value < 0 ? "" : "+"}${ms(value)}`;
}
