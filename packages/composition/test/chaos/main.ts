// pnpm chaos [--kills 1000] [--seed 7] [--minutes 60] [--sources]: prints how far it is, then one summary; ends with 1 when
// something does not hold. Nobody is killed after so many minutes; --sources runs gateways from their sources.
import { parseArgs } from "node:util";
import { runChaos } from "./run-chaos.ts";
import { summaryOf } from "./summary.ts";
import { holds, verdictOf } from "./verdict.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "1000" },
    seed: { type: "string", default: "7" },
    minutes: { type: "string", default: "60" },
    sources: { type: "boolean", default: false },
  },
});
const kills = Number(values.kills);
const seed = Number(values.seed);
const mostMs = Number(values.minutes) * 60_000;
if (!(mostMs > 0)) {
  console.error("--minutes must be a number above 0");
  process.exit(2);
}
if (!Number.isSafeInteger(kills) || kills < 1 || !Number.isSafeInteger(seed) || seed < 0) {
  console.error("--kills must be a whole number from 1, --seed one from 0");
  process.exit(2);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

const startedMs = performance.now();
const progress = (text: string): void => console.error(`  ${text}`);
progress(`${kills} kills of two gateways and a process with the library, on one ledger, seed ${seed}`);
const evidence = await runChaos({ kills, seed, mostMs, isBuilt: !values.sources, progress });
const checks = verdictOf(evidence);
console.log(`\n${summaryOf(evidence, checks, { kills, seed, tookMs: performance.now() - startedMs })}`);
process.exitCode = holds(checks) ? 0 : 1;
