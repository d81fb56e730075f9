import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { createOpenAIChatModel } from "@tenantry/adapters-llm-openai";
import { createCataloguePrices } from "@tenantry/adapters-prices-catalogue";
import { openSqliteStorage } from "@tenantry/adapters-storage-sqlite";
import { createRandomIds, createSystemClock } from "@tenantry/adapters-system";
import { createTenantry, parseCatalogue } from "@tenantry/core";
import OpenAI from "openai";
import { inParallel, interleave, printTimings } from "./interleave.ts";

const rounds = 7;
const count = 1_500;

/** The official SDK alone, and the same SDK inside a metered call with limits, budget, ledger and SLA on SQLite. */
export async function benchMeteredCall(): Promise<void> {
  const upstream = new Worker(new URL("./fast-upstream.ts", import.meta.url));
  const [baseUrl] = (await once(upstream, "message")) as [string];
  const folder = await mkdtemp(join(tmpdir(), "tenantry-bench-"));
  const clock = createSystemClock();
  const storage = await openSqliteStorage({ path: join(folder, "tenantry.db") }, { clock });
  const { catalogue } = parseCatalogue({
    tiers: {
      bench: {
        models: ["openai/gpt-4o-mini"],
        limits: [{ calls: 1_000_000, per: "1s" }, { concurrent: 1_000 }],
        budgets: [{ usd: "1000000", per: "month" }],
        objectives: [{ latency: "p95", under: "2s" }],
      },
    },
    tenants: { bench: { tier: "bench" } },
  });
  for (const tenant of catalogue.tenants) await storage.tenants.put(tenant);
  const tenantry = createTenantry({
    tiers: catalogue.tiers,
    tenants: storage.tenants,
    limits: storage.limits,
    ledger: storage.ledger,
    prices: await createCataloguePrices(),
    models: [createOpenAIChatModel({ apiKey: "bench", baseUrl })],
    clock,
    ids: createRandomIds(),
  });
  const bare = new OpenAI({ apiKey: "bench", baseURL: baseUrl, maxRetries: 0 });
  const messages = [{ role: "user" as const, content: "What is a daily standup for?" }];
  const direct = async (): Promise<unknown> => await bare.chat.completions.create({ model: "gpt-4o-mini", messages });
  const metered = async (): Promise<void> => {
    const result = await tenantry.call({ tenantId: "bench", userId: "user-1" }, { messages });
    if (result.kind !== "ok") throw new Error(`not answered: ${result.kind}`);
  };
  try {
    for (const width of [1, 16]) {
      const contenders = [
        { name: `bare SDK call, ${width} at once`, run: (runs: number) => inParallel(runs, width, direct) },
        { name: `metered call, ${width} at once`, run: (runs: number) => inParallel(runs, width, metered) },
      ];
      printTimings("The metered call against the bare SDK", await interleave(contenders, rounds, count));
    }
  } finally {
    await tenantry.close();
    await storage.close();
    await upstream.terminate();
    await rm(folder, { recursive: true });
  }
}
