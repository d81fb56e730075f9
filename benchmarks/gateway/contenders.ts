import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Child, ChildProcesses } from "./child-processes.ts";
import { installPortkey, portkeyVersions } from "./install-portkey.ts";
import type { Target } from "./load.ts";
import { seedLedger } from "./seed-ledger.ts";

export type ContenderId = "direct" | "bare" | "tenantry" | "portkey";

export interface Contender {
  readonly id: ContenderId;
  readonly name: string;
  readonly target: Target;
  /** Null for the upstream itself. */
  readonly server: Child | null;
}

/** Everything that was started for a run, but the load generators. */
export interface Installation {
  readonly contenders: readonly Contender[];
  /** A report over the whole ledger of (c), as an operator asks for it. */
  readonly report: Target;
}

export interface InstallationOptions {
  /** For the ledger and the configuration. */
  readonly folder: string;
  /** Calls in the ledger before the first measured one. */
  readonly seededCalls: number;
  /** For Node, where (c) is to be profiled. */
  readonly tenantryNodeOptions?: readonly string[];
  /** Whether the peer takes part. */
  readonly withPortkey: boolean;
}

const adminKey = "benchmark-admin-key-of-forty-characters-1";
const path = "/v1/chat/completions";
const json = { "content-type": "application/json" };

export async function openInstallation(
  processes: ChildProcesses,
  options: InstallationOptions,
  say: (text: string) => void,
): Promise<Installation> {
  const database = join(options.folder, "tenantry.db");
  say(`writing a ledger of ${options.seededCalls.toLocaleString("en")} calls`);
  await seedLedger(database, options.seededCalls);
  say("starting servers");
  const upstream = await processes.start("upstream", { file: "./upstream-process.ts" });
  const collector = await processes.start("collector", { file: "./collector-process.ts" });
  const bare = await processes.start("bare proxy", {
    file: "./bare-proxy-process.ts",
    env: { UPSTREAM: upstream.origin },
  });
  const config = join(options.folder, "tenantry.yaml");
  await writeFile(config, configuration(database, upstream.origin, collector.origin));
  const tenantry = await processes.start("tenantry", {
    file: "../../apps/api/src/main.ts",
    env: { TENANTRY_CONFIG: config, TENANTRY_ADMIN_KEY: adminKey, PORT: "0" },
    nodeOptions: options.tenantryNodeOptions ?? [],
  });
  const origin = tenantry.origin;
  const portkey = options.withPortkey ? await startPortkey(processes, upstream.origin, say) : null;
  const post = (to: string, headers: Readonly<Record<string, string>>): Target => ({
    origin: to,
    path,
    method: "POST",
    headers: { ...json, ...headers },
  });
  const key = await tenantKey(tenantry);
  return {
    contenders: [
      {
        id: "direct",
        name: "(a) no gateway",
        target: post(upstream.origin, { authorization: "Bearer bench" }),
        server: null,
      },
      {
        id: "bare",
        name: "(b) bare proxy",
        target: post(bare.origin, { authorization: "Bearer bench" }),
        server: bare,
      },
      {
        id: "tenantry",
        name: "(c) Tenantry",
        target: post(origin, { authorization: `Bearer ${key}` }),
        server: tenantry,
      },
      ...(portkey === null ? [] : [portkey]),
    ],
    report: { origin, path: reportPath(), method: "GET", headers: { authorization: `Bearer ${adminKey}` } },
  };
}

async function startPortkey(
  processes: ChildProcesses,
  upstream: string,
  say: (text: string) => void,
): Promise<Contender | null> {
  const file = await installPortkey(say);
  if (file === null) return null;
  say(`peer: ${portkeyVersions}`);
  const server = await processes.start("portkey", {
    file: `file://${file}`,
    preload: ["./listen-on-loopback.ts"],
    args: ["--port=18701", "--headless"],
    env: { NODE_ENV: "production" },
  });
  const headers = {
    authorization: "Bearer bench",
    "x-portkey-provider": "openai",
    "x-portkey-custom-host": `${upstream}/v1`,
  };
  return {
    id: "portkey",
    name: "(d) Portkey",
    target: { origin: server.origin, path, method: "POST", headers: { ...json, ...headers } },
    server,
  };
}

/** The greeting shows the key of the one tenant, this once. */
async function tenantKey(tenantry: Child): Promise<string> {
  for (let tries = 0; tries < 100; tries += 1) {
    const key = /\btnt_\S+/.exec(tenantry.output)?.[0];
    if (key !== undefined) return key;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no key in the greeting:\n${tenantry.output}`);
}

/** The last 31 days, from and to odd minutes, so that the edges are read line by line. */
function reportPath(): string {
  const at = (ms: number): string => new Date(ms).toISOString();
  const to = Date.now() - 7 * 60_000;
  return `/api/v1/usage?from=${at(to - 31 * 86_400_000)}&to=${at(to)}&groupBy=tenant,model,user`;
}

/** Every limit there is, and none that is ever reached: what is refused costs less than what is let through. */
function configuration(database: string, upstream: string, collector: string): string {
  return `
storage: { path: ${JSON.stringify(database)} }
providers:
  openai: { kind: openai, apiKey: bench, baseUrl: "${upstream}/v1" }
telemetry:
  netra: { endpoint: "${collector}", apiKey: bench }
tiers:
  bench:
    models: [openai/gpt-4o-mini]
    limits: [{ calls: 10000000, per: 1m }, { tokens: 1000000000000, per: 1m }, { concurrent: 10000 }]
    budgets: [{ usd: "1000000", per: month }]
    objectives: [{ latency: p95, under: 2s }]
    charge: { markup: "20%" }
    maxOutputTokens: 1024
    timeout: 30s
tenants:
  bench: { tier: bench }
`;
}
