// Netra's cookbook on multi-tenant cost with these packages instead of its SDK: three customers, three meetings, and what Netra
// counted beside the ledger. OPENAI_API_KEY=… NETRA_OTLP_ENDPOINT=… NETRA_API_KEY=… node cookbook.ts
import { readFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { createOpenAIChatModel } from "@tenantry/adapters-llm-openai";
import { createCataloguePrices } from "@tenantry/adapters-prices-catalogue";
import { openSqliteStorage } from "@tenantry/adapters-storage-sqlite";
import { createRandomIds, createSystemClock } from "@tenantry/adapters-system";
import { createNetraTelemetry, createNetraUsage } from "@tenantry/adapters-telemetry-netra";
import {
  createTenantry,
  findCompliance,
  formatUsd,
  parseCatalogue,
  silentLog,
  type UsageBeside,
  usageBeside,
} from "@tenantry/core";
import { summarizeMeeting } from "@tenantry/meetings";

const { OPENAI_API_KEY, OPENAI_BASE_URL, NETRA_OTLP_ENDPOINT, NETRA_API_KEY, LEDGER } = process.env;
const netra = { endpoint: NETRA_OTLP_ENDPOINT ?? "", apiKey: NETRA_API_KEY ?? "" };

// Step 1: Netra. Refuses a missing address or key here, not later.
const clock = createSystemClock();
const telemetry = createNetraTelemetry(
  { ...netra, appName: "meetingmind", environment: "production" },
  { clock, log: silentLog },
);

// Step 4: tiers and tenants.
const traced = { maxOutputTokens: 1_024, traceContent: true };
const { catalogue, issues } = parseCatalogue({
  tiers: {
    enterprise: {
      models: ["openai/gpt-4"],
      features: ["summary", "action_items", "decisions", "custom_reports"],
      limits: [{ calls: 60, per: "1m" }],
      objectives: [{ latency: "p95", under: "2s" }],
      ...traced,
    },
    professional: {
      models: ["openai/gpt-4-turbo"],
      features: ["summary", "action_items"],
      limits: [{ calls: 30, per: "1m" }],
      objectives: [{ latency: "p95", under: "3s" }],
      ...traced,
    },
    starter: {
      models: ["openai/gpt-3.5-turbo"],
      features: ["summary"],
      limits: [{ calls: 10, per: "1m" }],
      ...traced,
    },
  },
  tenants: {
    "apex-legal": { tier: "enterprise" },
    "stratex-consulting": { tier: "professional" },
    "techstart-inc": { tier: "starter" },
  },
});
if (issues.length > 0) throw new Error("the example's own data is wrong");
const tenantIds = catalogue.tenants.map(({ id }) => id);

const storage = await openSqliteStorage({ path: LEDGER ?? "ledger.db" }, { clock });
for (const tenant of catalogue.tenants) await storage.tenants.put(tenant);
const tenantry = createTenantry({
  tiers: catalogue.tiers,
  tenants: storage.tenants,
  limits: storage.limits,
  ledger: storage.ledger,
  prices: await createCataloguePrices(),
  models: [
    createOpenAIChatModel({ apiKey: OPENAI_API_KEY ?? "none", ...(OPENAI_BASE_URL && { baseUrl: OPENAI_BASE_URL }) }),
  ],
  clock,
  ids: createRandomIds(),
  telemetry,
});
await tenantry.recover();

// Steps 5 and 6: a summary for each, at once. The tenant is an argument, so nobody's spans carry another's ids.
const startedAt = clock.now();
const users = ["john.smith@apexlegal.com", "cfo@stratex.com", "dev@techstart.io"];
await Promise.all(
  tenantIds.map(async (tenantId, index) => {
    const transcript = await readFile(new URL(`../meetingmind/meetings/${tenantId}.txt`, import.meta.url), "utf8");
    const result = await summarizeMeeting(tenantry, { tenantId, userId: users[index] ?? "", transcript });
    if (result.kind !== "ok") throw new Error(`${tenantId}: ${result.kind}`);
    const { tier, tokenUsage, costUsd, latencyMs, slaMet } = result;
    const kept = slaMet === null ? "best effort" : slaMet ? "kept" : "broken";
    console.log(`${tenantId}: ${tier}, ${tokenUsage?.total} tokens, $${costUsd}, ${Math.round(latencyMs)} ms, ${kept}`);
  }),
);

// Step 8: the service level, from all calls of the period.
const period = { from: startedAt, to: clock.now() + 1 };
const sources = { reader: storage.reader, tenants: storage.tenants, tiers: catalogue.tiers };
for (const { tenantId, objective, state } of await findCompliance(sources, { kind: "installation" }, { period })) {
  console.log(`${tenantId}: ${objective?.id ?? "no objective"}, ${state}`);
}

// Steps 7 and 9: what Netra counted, beside the ledger. It may take a while to count what it was sent.
await telemetry.flush(5_000);
console.log("spans", JSON.stringify(telemetry.counts()));
const platform = createNetraUsage(netra);
let rows: readonly UsageBeside[] = [];
for (let tries = 0; tries < 10; tries++) {
  rows = await usageBeside({ reader: storage.reader, platform }, tenantIds, period);
  if (rows.every((row) => row.platform !== null)) break;
  await wait(1_000);
}
for (const { tenantId, ledger, platform: counted, difference } of rows) {
  const told = counted === null || difference === null ? "no data" : `$${formatUsd(counted.costPico)}`;
  const off = difference === null ? "" : `, difference $${formatUsd(difference.costPico)}`;
  console.log(`${tenantId}: ledger $${formatUsd(ledger.costPico)}, Netra ${told}${off}`);
}

await tenantry.close();
await telemetry.close(5_000);
await storage.close();
