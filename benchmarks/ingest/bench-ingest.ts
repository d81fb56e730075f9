import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { withEverythingStopped } from "../gateway/bench-gateway.ts";
import type { Child, ChildProcesses } from "../gateway/child-processes.ts";
import type { Target } from "../gateway/load.ts";
import { type LoadGenerator, startLoadGenerator } from "../gateway/load-generator.ts";
import { requestBody } from "../gateway/measures.ts";
import { median } from "../gateway/median.ts";
import type { ExportPlan, ExportReport, ExportResult, TraceShape } from "./export-plan.ts";

interface Size {
  readonly rounds: number;
  /** Exports of a look at how many are taken. */
  readonly batches: number;
  readonly besideMs: number;
}

const full: Size = { rounds: 5, batches: 40, besideMs: 2_000 };
const quick: Size = { rounds: 2, batches: 30, besideMs: 1_500 };

const spansOfBatch = 512;
const adminKey = "benchmark-admin-key-of-forty-characters-1";
const callsPerSecond = 100;

interface Way {
  readonly encoding: ExportPlan["encoding"];
  readonly shape: TraceShape;
}

const ways: readonly Way[] = [
  { encoding: "json", shape: "two" },
  { encoding: "json", shape: "four" },
  { encoding: "protobuf", shape: "two" },
  { encoding: "protobuf", shape: "four" },
];

/** Spans a second that one process takes in, and what calls beside them wait. */
export async function benchIngest({ isQuick }: { readonly isQuick: boolean }): Promise<void> {
  const size = isQuick ? quick : full;
  await withEverythingStopped(async (processes, folder) => {
    const { target, server } = await openInstallation(processes, folder);
    const exporter = await startExporter(processes);
    const load = await startLoadGenerator(processes, "load generator");
    const planOf = (way: Way, more: Partial<ExportPlan> = {}): ExportPlan => ({
      origin: target.origin,
      key: adminKey,
      ...way,
      batches: size.batches,
      spansOfBatch,
      width: 4,
      spansPerSecond: 0,
      ...more,
    });
    for (const way of ways) await exporter.run(planOf(way, { batches: 20 }));
    await calls(load, target, 1_000);
    await taken(exporter, planOf, size, server);
    await beside(exporter, load, planOf, target, size);
  });
}

/** How many are taken when nobody else asks for anything. */
async function taken(exporter: Exporter, planOf: (way: Way) => ExportPlan, size: Size, server: Child): Promise<void> {
  const rates = ways.map((): number[] => []);
  const costs = ways.map((): number[] => []);
  for (let round = 0; round < size.rounds; round += 1) {
    for (const [at, way] of ways.entries()) {
      const beforeMs = await server.cpuMs();
      const result = await exporter.run(planOf(way));
      rates[at]?.push(result.spansPerSecond);
      costs[at]?.push((((await server.cpuMs()) - beforeMs) * 1000) / result.spans);
    }
  }
  console.log(`\nspans a second, exports of ${spansOfBatch}, four at once; processor time of the server, all threads`);
  for (const [at, { encoding, shape }] of ways.entries()) {
    const rate = Math.round(median(rates[at] ?? [])).toLocaleString("en");
    const cost = median(costs[at] ?? []).toFixed(1);
    console.log(
      `  ${`${encoding}, traces of ${shape}`.padEnd(44)} ${rate.padStart(10)} /s ${cost.padStart(8)} µs a span`,
    );
  }
}

/** What calls through the gateway wait, alone and beside exports: at a steady pace, and as fast as they are taken. */
async function beside(
  exporter: Exporter,
  load: LoadGenerator,
  planOf: (way: Way, more?: Partial<ExportPlan>) => ExportPlan,
  target: Target,
  { rounds, besideMs }: Size,
): Promise<void> {
  const paces = [5_000, 20_000, 0];
  const alone: number[] = [];
  const looks = paces.map(() => ({ p99: [] as number[], ratio: [] as number[], rate: [] as number[] }));
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, spansPerSecond] of paces.entries()) {
      const idle = await calls(load, target, besideMs);
      alone.push(idle);
      // Enough of them to last as long as the calls.
      const batches = Math.ceil(((spansPerSecond || 30_000) * besideMs) / 1000 / spansOfBatch);
      const way: Way = { encoding: round % 2 === 0 ? "json" : "protobuf", shape: "two" };
      const plan = planOf(way, { batches, spansPerSecond });
      const { found: busy, result } = await exporter.beside(plan, async () => await calls(load, target, besideMs));
      looks[at]?.p99.push(busy);
      looks[at]?.ratio.push(busy / idle);
      looks[at]?.rate.push(result.spansPerSecond);
    }
  }
  console.log(`\np99 of ${callsPerSecond} calls a second through the gateway`);
  console.log(`  ${"alone".padEnd(44)} ${median(alone).toFixed(1).padStart(10)} ms`);
  for (const [at, pace] of paces.entries()) {
    const look = looks[at];
    const rate = Math.round(median(look?.rate ?? [])).toLocaleString("en");
    const name = pace === 0 ? `beside all it takes (${rate} spans/s)` : `beside ${rate} spans/s`;
    const p99 = median(look?.p99 ?? []).toFixed(1);
    console.log(
      `  ${name.padEnd(44)} ${p99.padStart(10)} ms   ${median(look?.ratio ?? [])
        .toFixed(2)
        .padStart(6)} ×`,
    );
  }
}

async function calls(load: LoadGenerator, target: Target, durationMs: number): Promise<number> {
  const rhythm = { kind: "steady", perSecond: callsPerSecond } as const;
  const { totalMs } = await load.run({ target, body: requestBody("", false), durationMs, rhythm });
  return totalMs.p99;
}

interface Exporter {
  run(plan: ExportPlan): Promise<ExportResult>;
  /** Does `work` while the plan's exports are sent; they are made before. */
  beside<Found>(
    plan: ExportPlan,
    work: () => Promise<Found>,
  ): Promise<{ readonly found: Found; readonly result: ExportResult }>;
}

async function startExporter(processes: ChildProcesses): Promise<Exporter> {
  const file = new URL("export-process.ts", import.meta.url).pathname;
  const { process: child } = await processes.start("exporter", { file });
  let lastId = 0;
  const run = async (plan: ExportPlan, onSending: () => void): Promise<ExportResult> => {
    lastId += 1;
    const id = lastId;
    child.send({ id, plan });
    for (;;) {
      const [message] = (await once(child, "message")) as [ExportReport | { readonly sending: number }];
      if ("sending" in message) onSending();
      else if (message.id === id) {
        if ("error" in message) throw new Error(message.error);
        return message.result;
      }
    }
  };
  return {
    run: async (plan) => await run(plan, () => undefined),
    async beside(plan, work) {
      const sending = Promise.withResolvers<void>();
      const sent = run(plan, () => sending.resolve());
      sent.catch((error: unknown) => sending.reject(error));
      await sending.promise;
      const found = await work();
      return { found, result: await sent };
    },
  };
}

async function openInstallation(
  processes: ChildProcesses,
  folder: string,
): Promise<{ readonly target: Target; readonly server: Child }> {
  const upstream = await processes.start("upstream", { file: "./upstream-process.ts" });
  const config = join(folder, "tenantry.yaml");
  const tenants = Array.from({ length: 20 }, (_, at) => `  tenant-${at}: { tier: bench }`);
  await writeFile(
    config,
    `
storage: { path: ${JSON.stringify(join(folder, "tenantry.db"))} }
providers:
  openai: { kind: openai, apiKey: bench, baseUrl: "${upstream.origin}/v1" }
tiers:
  bench:
    models: [openai/gpt-4o-mini]
    budgets: [{ usd: "1000000", per: month }]
    objectives: [{ latency: p95, under: 2s }]
    maxOutputTokens: 1024
    timeout: 30s
tenants:
${tenants.join("\n")}
`,
  );
  const server = await processes.start("tenantry", {
    file: "../../apps/api/src/main.ts",
    env: { TENANTRY_CONFIG: config, TENANTRY_ADMIN_KEY: adminKey, PORT: "0" },
  });
  const key = await tenantKey(server);
  const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
  return { target: { origin: server.origin, path: "/v1/chat/completions", method: "POST", headers }, server };
}

async function tenantKey(server: Child): Promise<string> {
  for (let tries = 0; tries < 100; tries += 1) {
    const key = /\btnt_\S+/.exec(server.output)?.[0];
    if (key !== undefined) return key;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("no key in the greeting");
}
