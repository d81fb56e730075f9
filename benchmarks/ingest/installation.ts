import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Child, ChildProcesses } from "../gateway/child-processes.ts";
import type { Target } from "../gateway/load.ts";
import { tenants } from "./made-spans.ts";

/** A server that takes in spans and passes calls on, and its books. */
export interface IngestInstallation {
  readonly server: Child;
  /** Writes for every tenant. */
  readonly ingestKey: string;
  /** A call through the gateway. */
  readonly call: Target;
  /** Of the control plane, for everything. */
  get(path: string): Promise<unknown>;
}

/** Who calls through the gateway; nobody reports spans for it. */
export const caller = "caller";

const adminKey = "benchmark-admin-key-of-forty-characters-1";

/** The database is a file in the folder, with the durability that is the default. */
export async function openIngestInstallation(
  processes: ChildProcesses,
  { folder, nodeOptions = [] }: { readonly folder: string; readonly nodeOptions?: readonly string[] },
): Promise<IngestInstallation> {
  const upstream = await processes.start("upstream", { file: "./upstream-process.ts" });
  const config = join(folder, "tenantry.yaml");
  await writeFile(config, configuration(join(folder, "tenantry.db"), upstream.origin));
  const server = await processes.start("tenantry", {
    file: "../../apps/api/src/main.ts",
    env: { TENANTRY_CONFIG: config, TENANTRY_ADMIN_KEY: adminKey, PORT: "0" },
    nodeOptions,
  });
  const { origin } = server;
  const asAdmin = { authorization: `Bearer ${adminKey}`, "content-type": "application/json" };
  const newKey = async (body: object): Promise<string> => {
    const answer = await fetch(`${origin}/api/v1/keys`, {
      method: "POST",
      headers: asAdmin,
      body: JSON.stringify(body),
    });
    if (answer.status !== 201) throw new Error(`no key was made: ${answer.status} ${await answer.text()}`);
    return ((await answer.json()) as { readonly key: string }).key;
  };
  const tenantKey = await newKey({ scope: "tenant", tenantId: caller });
  return {
    server,
    ingestKey: await newKey({ scope: "ingest" }),
    call: {
      origin,
      path: "/v1/chat/completions",
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${tenantKey}` },
    },
    async get(path) {
      const answer = await fetch(origin + path, { headers: asAdmin });
      if (answer.status !== 200) throw new Error(`GET ${path} was answered ${answer.status}: ${await answer.text()}`);
      return await answer.json();
    },
  };
}

/** Tiers as they are sold: limits, a budget of the tenant and one of each user, objectives, a markup. */
function configuration(database: string, upstream: string): string {
  const tier = (more: string): string => `
    models: [openai/gpt-4o-mini]
    limits: [{ calls: 10000000, per: 1m }, { concurrent: 10000 }]
    budgets: [{ usd: "1000000", per: month }${more}]
    objectives: [{ latency: p95, under: 2s }]
    charge: { markup: "20%" }`;
  const sold = Array.from({ length: tenants }, (_, n) => `  tenant-${n}: { tier: ${n % 2 === 0 ? "plain" : "fine"} }`);
  return `
storage: { path: ${JSON.stringify(database)} }
providers:
  openai: { kind: openai, apiKey: bench, baseUrl: "${upstream}/v1" }
tiers:
  plain:${tier("")}
  fine:${tier(', { usd: "100000", per: day }')}
tenants:
${sold.join("\n")}
  ${caller}: { tier: plain }
`;
}
