// Core and two adapters, wired by hand: one metered call, and what the ledger says about it.
// OPENAI_API_KEY=… node summarize.ts   (OPENAI_BASE_URL points it at any compatible server)
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { createOpenAIChatModel } from "@tenantry/adapters-llm-openai";
import { openSqliteStorage } from "@tenantry/adapters-storage-sqlite";
import { type Clock, createPriceBook, createTenantry, explainCall, parseCatalogue, parsePrices } from "@tenantry/core";

const { catalogue, issues } = parseCatalogue({
  tiers: { starter: { models: ["openai/gpt-4o-mini"], limits: [{ calls: 10, per: "1m" }], maxOutputTokens: 200 } },
  tenants: { "techstart-inc": { tier: "starter" } },
});
const parsed = parsePrices(
  {
    prices: [{ model: "openai/gpt-4o-mini", perMillionTokens: { input: "0.15", cacheRead: "0.075", output: "0.60" } }],
  },
  "example",
);
if (!parsed.ok || issues.length > 0) throw new Error("the example's own data is wrong");
const book = createPriceBook("example", parsed.prices);

const clock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => await wait(ms, undefined, { signal: signal as AbortSignal }),
};
const baseUrl = process.env["OPENAI_BASE_URL"];
const storage = await openSqliteStorage({ path: process.env["LEDGER"] ?? "ledger.db" }, { clock });
for (const tenant of catalogue.tenants) await storage.tenants.put(tenant);

const tenantry = createTenantry({
  tiers: catalogue.tiers,
  tenants: storage.tenants,
  limits: storage.limits,
  ledger: storage.ledger,
  prices: { current: () => book },
  models: [createOpenAIChatModel({ apiKey: process.env["OPENAI_API_KEY"] || "none", ...(baseUrl && { baseUrl }) })],
  clock,
  ids: { next: (prefix) => `${prefix}_${randomUUID().replaceAll("-", "")}` },
});
await tenantry.recover();

const result = await tenantry.call(
  { tenantId: "techstart-inc", userId: "dev@techstart.io", feature: "standup" },
  { messages: [{ role: "user", content: "In one sentence: what is a daily standup for?" }] },
);
if (result.kind === "ok") console.log(result.result.text, "\n");
if (result.kind === "denied") console.log(result.denial.message);
if (result.kind === "failed") console.log(result.error.message);

const detail = await storage.reader.call({ kind: "tenant", tenantId: "techstart-inc" }, result.callId);
if (detail !== null) console.log(explainCall(detail, { showCost: true }).join("\n"));

await tenantry.close();
await storage.close();
