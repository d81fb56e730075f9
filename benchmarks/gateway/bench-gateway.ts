import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { type BesideOptions, lookAlone, lookBeside } from "./beside.ts";
import { createChildProcesses } from "./child-processes.ts";
import { type Contender, type Installation, openInstallation } from "./contenders.ts";
import { type LoadGenerator, startLoadGenerator } from "./load-generator.ts";
import { type Lengths, measureNames, type Round, runRound } from "./measures.ts";
import { type BesideRound, type MemoryReading, printReport } from "./report.ts";

interface Size {
  readonly rounds: number;
  readonly besideRounds: number;
  readonly besideMs: number;
  readonly seededCalls: number;
  readonly lengths: Lengths;
}

const full: Size = {
  rounds: 5,
  besideRounds: 5,
  besideMs: 4_000,
  seededCalls: 100_000,
  lengths: {
    oneClientMs: 1_500,
    manyClientsMs: 3_000,
    burstMs: 2_000,
    streams32Ms: 2_000,
    streams256Ms: 2_000,
    paceMs: 50,
  },
};

const quick: Size = {
  rounds: 2,
  besideRounds: 1,
  besideMs: 1_500,
  seededCalls: 10_000,
  lengths: { oneClientMs: 400, manyClientsMs: 500, burstMs: 400, streams32Ms: 400, streams256Ms: 400, paceMs: 25 },
};

const warmUp: Lengths = { ...quick.lengths, manyClientsMs: 1_000, burstMs: 1_000 };

/** The gateway beside nothing, beside a proxy that does nothing, and beside a peer, against one upstream that answers at once. */
export async function benchGateway({ isQuick }: { readonly isQuick: boolean }): Promise<void> {
  const size = isQuick ? quick : full;
  const startedMs = performance.now();
  const say = (text: string): void =>
    console.log(`[${((performance.now() - startedMs) / 1000).toFixed(0).padStart(3)} s] ${text}`);
  await withEverythingStopped(async (processes, folder) => {
    say(
      `load average before the start: ${loadavg()
        .map((load) => load.toFixed(1))
        .join(" ")}`,
    );
    const installation = await openInstallation(
      processes,
      { folder, seededCalls: size.seededCalls, withPortkey: true },
      say,
    );
    const load = await startLoadGenerator(processes, "load generator");
    const disturber = await startLoadGenerator(processes, "second load generator");
    const { contenders } = installation;
    const atStart = await residentBytes(contenders);
    say("warming up");
    await runRound(contenders, load, warmUp, 0, isQuick ? ["manyClients", "streams256"] : measureNames);
    const warm = await residentBytes(contenders);
    const rounds: Round[] = [];
    for (let round = 0; round < size.rounds; round += 1) {
      say(`round ${round + 1} of ${size.rounds}`);
      rounds.push(await runRound(contenders, load, size.lengths, round));
    }
    const beside = await besideRounds(installation, load, disturber, size, say);
    const atEnd = await residentBytes(contenders);
    say(
      `load average at the end: ${loadavg()
        .map((average) => average.toFixed(1))
        .join(" ")}`,
    );
    const memory = contenders.flatMap(({ server, name, id }, index): MemoryReading[] =>
      server === null
        ? []
        : [
            {
              id,
              name,
              start: atStart[index] ?? Number.NaN,
              warm: warm[index] ?? Number.NaN,
              end: atEnd[index] ?? Number.NaN,
            },
          ],
    );
    printReport({ contenders, rounds, beside, memory, seededCalls: size.seededCalls });
  });
}

/** Runs `work`, then ends every process it started and removes what it wrote, also when it fails or is interrupted. */
export async function withEverythingStopped(
  work: (processes: ReturnType<typeof createChildProcesses>, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "tenantry-bench-"));
  const processes = createChildProcesses(folder);
  let isInterrupted = false;
  const clear = async (): Promise<void> => {
    await processes.kill();
    await rm(folder, { recursive: true, force: true });
  };
  const interrupted = (): void => {
    if (isInterrupted) return;
    isInterrupted = true;
    console.log("\ninterrupted: stopping servers");
    void clear().finally(() => process.exit(130));
  };
  process.on("SIGINT", interrupted);
  process.on("SIGTERM", interrupted);
  try {
    await work(processes, folder);
  } catch (error) {
    // What was interrupted fails by that.
    if (!isInterrupted) throw error;
  } finally {
    await clear();
    process.off("SIGINT", interrupted);
    process.off("SIGTERM", interrupted);
  }
}

async function besideRounds(
  { contenders, report }: Installation,
  load: LoadGenerator,
  disturber: LoadGenerator,
  size: Size,
  say: (text: string) => void,
): Promise<readonly BesideRound[]> {
  const [direct, tenantry] = (["direct", "tenantry"] as const).map(
    (id) => contenders.find((one) => one.id === id)?.target,
  );
  if (direct === undefined || tenantry === undefined) return [];
  const disturbed = { prompt: tenantry, report };
  const options = (target: BesideOptions["target"]): BesideOptions => ({
    target,
    disturbed,
    load,
    disturber,
    durationMs: size.besideMs,
    paceMs: size.lengths.paceMs,
  });
  const rounds: BesideRound[] = [];
  for (let round = 0; round < size.besideRounds; round += 1) {
    say(`a report and a long prompt beside, ${round + 1} of ${size.besideRounds}`);
    rounds.push({
      directAlone: await lookAlone(options(direct)),
      directBeside: await lookBeside(options(direct)),
      alone: await lookAlone(options(tenantry)),
      beside: await lookBeside(options(tenantry)),
    });
  }
  return rounds;
}

async function residentBytes(contenders: readonly Contender[]): Promise<readonly number[]> {
  return await Promise.all(contenders.map(async ({ server }) => (await server?.residentBytes()) ?? 0));
}
