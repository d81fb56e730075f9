/** A thing to time: does its work `count` times. */
export interface Contender {
  readonly name: string;
  run(count: number): Promise<void>;
}

export interface Timing {
  readonly name: string;
  /** Median over the rounds, µs an operation. */
  readonly medianUs: number;
  /** Median of the ratio to the first contender, round by round. */
  readonly ratio: number;
}

/** Runs contenders in turn (A B A B …), so that a machine that slows down slows all of them; one round warms up. */
export async function interleave(contenders: readonly Contender[], rounds: number, count: number): Promise<Timing[]> {
  const perRound: number[][] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const times: number[] = [];
    for (const contender of contenders) {
      const startedMs = performance.now();
      await contender.run(count);
      times.push(((performance.now() - startedMs) * 1000) / count);
    }
    if (round > 0) perRound.push(times);
  }
  return contenders.map(({ name }, index) => ({
    name,
    medianUs: median(perRound.map((times) => times[index] ?? Number.NaN)),
    ratio: median(perRound.map((times) => (times[index] ?? Number.NaN) / (times[0] ?? Number.NaN))),
  }));
}

/** Prints one line per contender. */
export function printTimings(title: string, timings: readonly Timing[]): void {
  console.log(`\n${title}`);
  for (const { name, medianUs, ratio } of timings) {
    console.log(`  ${name.padEnd(44)} ${medianUs.toFixed(1).padStart(10)} µs   ${ratio.toFixed(2).padStart(6)} ×`);
  }
}

/** `count` runs of `work`, `width` at a time. */
export async function inParallel(count: number, width: number, work: () => Promise<unknown>): Promise<void> {
  let left = count;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await work();
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
