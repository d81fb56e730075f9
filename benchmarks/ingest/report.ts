import { median } from "../gateway/median.ts";
import { ms, printTable, times } from "../gateway/print-table.ts";
import type { CallsBeside, IngestFindings, Taken } from "./bench-ingest.ts";

const goalSpans = 20_000;
const goalBeside = 2;

export function printIngestReport({ taken, beside, rounds }: IngestFindings): void {
  const kinds = [...Map.groupBy(taken, ({ encoding, shape }) => `${encoding}, ${shape}`)];
  const over = (of: readonly Taken[], figure: (one: Taken) => number): number => median(of.map(figure));
  printTable(
    `Spans in batches of 512 over HTTP, medians of ${rounds} interleaved rounds (goal: ${goalSpans.toLocaleString("en")} a second)`,
    ["", "spans/s", "CPU a span", "of it main thread", "one core would take", "bytes a span"],
    kinds.map(([kind, of]) => [
      kind,
      over(of, (one) => one.spansPerSecond).toFixed(0),
      `${over(of, (one) => one.cpuUs).toFixed(1)} µs`,
      `${over(of, (one) => one.mainThreadUs).toFixed(1)} µs`,
      `${(1e6 / over(of, (one) => one.mainThreadUs)).toFixed(0)}/s`,
      over(of, (one) => one.bytesOfSpan).toFixed(0),
    ]),
  );
  const row = (
    name: string,
    spans: ((one: CallsBeside) => number) | null,
    of: (one: CallsBeside) => CallsBeside["alone"],
  ) => [
    name,
    spans === null ? "–" : median(beside.map(spans)).toFixed(0),
    ms(median(beside.map((one) => of(one).totalMs.p50))),
    ms(median(beside.map((one) => of(one).totalMs.p99))),
    times(median(beside.map((one) => of(one).totalMs.p99 / one.alone.totalMs.p99))),
  ];
  printTable(
    `Calls through the gateway beside them, 40 a second (goal: p99 within ${goalBeside} × of alone)`,
    ["", "spans/s", "p50", "p99", "p99 to alone"],
    [
      row("alone", null, (one) => one.alone),
      row(
        "beside a steady load",
        (one) => one.steadySpans,
        (one) => one.steady,
      ),
      row(
        "beside all that goes",
        (one) => one.flatSpans,
        (one) => one.flat,
      ),
    ],
  );
}
