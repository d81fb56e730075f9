// pnpm chaos [--kills 1000] [--seed 7] [--sources]: prints how far it is, then one summary; ends with 1 when something
// does not hold.
import { parseArgs } from "node:util";
import { runChaos } from "./run-chaos.ts";
import { summaryOf } from "./summary.ts";
import { holds, verdictOf } from "./verdict.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "1000" },
    seed: { type: "string", default: "7" },
    sources: { type: "boolean", default: false },
  },
});
const kills = Number(values.kills);
const seed = Number(values.seed);
if (!Number.isSafeInteger(kills) || kills < 1 || !Number.isSafeInteger(seed) || seed < 0) {
  console.error("--kills must be a whole number from 1, --seed one from 0");
  process.exit(2);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

const startedMs = performance.now();
const progress = (text: string): void => console.error(`  ${text}`);
progress(`${kills} kills of two gateways and a process with the library, on one ledger, seed ${seed}`);
const evidence = await runChaos({ kills, seed, isBuilt: !values.sources, progress });
const checks = verdictOf(evidence);
console.log(`\n${summaryOf(evidence, checks, { kills, seed, tookMs: performance.now() - startedMs })}`);
process.exitCode = holds(checks) ? 0 : 1;
