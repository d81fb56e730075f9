import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Anthropic from "@anthropic-ai/sdk";
import { type App, loadConfig, openApp, type ProviderSimulator } from "@tenantry/composition";
import { type CallRecord, type LedgerLine, type Period, reconcile } from "@tenantry/core";
import OpenAI from "openai";
import { type CallScope, createMeteredFetch, type MeteredFetch } from "../../src/index.ts";

const tiers = `
tiers:
  open:
    models: [openai/gpt-4o-mini, openai/gpt-4o, anthropic/claude-haiku-4-5, openai/text-embedding-3-small]
    features: [summary, action_items]
    limits: [{ calls: 100000, per: 1m }, { tokens: 100000000, per: 1m }]
    budgets: [{ usd: "1000", within: 24h }]
    maxOutputTokens: 256
    timeout: 10s
    retries: 1
    showCost: true
  single:
    models: [openai/gpt-4o-mini]
    maxOutputTokens: 64
    timeout: 10s
    retries: 0
  claude: { models: [anthropic/claude-haiku-4-5], maxOutputTokens: 64, timeout: 10s, retries: 0 }
  slow: { models: [openai/gpt-4o-mini, anthropic/claude-haiku-4-5], limits: [{ calls: 2, per: 1m }], maxOutputTokens: 64, showCost: false }
  poor: { models: [openai/gpt-4o-mini, anthropic/claude-haiku-4-5], budgets: [{ usd: "0.000001", within: 24h }], maxOutputTokens: 64 }
tenants:
  acme: { tier: open }
  rival: { tier: open }
  single-one: { tier: single }
  claude-one: { tier: claude }
  slow-one: { tier: slow }
  poor-one: { tier: poor }
  gone-one: { tier: open, status: suspended }
`;

export interface Installation {
  readonly app: App;
  readonly metered: MeteredFetch;
  readonly simulator: ProviderSimulator;
  /** The official clients, as a program makes them: only `fetch` is not the default. */
  openai(scope: CallScope, options?: { readonly maxRetries?: number; readonly timeout?: number }): OpenAI;
  anthropic(scope: CallScope, options?: { readonly maxRetries?: number }): Anthropic;
  close(): Promise<void>;
}

/** A whole installation in this process, before the provider simulator. `more` is added to its configuration file. */
export async function openInstallation(more: string = ""): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), "tenantry-metered-fetch-"));
  const path = join(folder, "tenantry.yaml");
  await writeFile(path, tiers + more);
  const app = await openApp(await loadConfig({ path, env: {}, dataDir: join(folder, "data") }));
  const metered = createMeteredFetch({}, app);
  return {
    app,
    metered,
    simulator: app.simulator as ProviderSimulator,
    openai: (scope, options = {}) =>
      new OpenAI({ apiKey: "sk-of-the-program", maxRetries: 0, ...options, fetch: metered.for(scope) }),
    anthropic: (scope, options = {}) =>
      new Anthropic({ apiKey: "sk-of-the-program", maxRetries: 0, ...options, fetch: metered.for(scope) }),
    async close() {
      await app.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const always: Period = { from: Date.UTC(2000, 0, 1), to: Date.UTC(2200, 0, 1) };

export interface Books {
  readonly calls: readonly CallRecord[];
  readonly lines: readonly LedgerLine[];
}

/** What the ledger says of one tenant, newest call first. */
export async function booksOf({ app }: Pick<Installation, "app">, tenantId: string): Promise<Books> {
  const scope = { kind: "tenant", tenantId } as const;
  const { calls } = await app.reader.calls(scope, { period: always, limit: 1000 });
  const details = await Promise.all(calls.map(async ({ callId }) => await app.reader.call(scope, callId)));
  return { calls, lines: details.flatMap((detail) => detail?.lines ?? []) };
}

/** The whole ledger against the provider's invoice (R1). */
export async function reconciled({ app, simulator }: Installation): Promise<ReturnType<typeof reconcile>> {
  const { calls } = await app.reader.calls({ kind: "installation" }, { period: always, limit: 1000 });
  const details = await Promise.all(
    calls.map(async ({ callId }) => await app.reader.call({ kind: "installation" }, callId)),
  );
  const entries = simulator.invoice().lines.map((line) => ({
    entryId: line.id,
    attemptId: line.clientRequestId,
    responseId: line.responseId,
    model: line.model,
    amountPico: line.amountPico,
  }));
  return reconcile(
    details.flatMap((detail) => detail?.lines ?? []),
    entries,
  );
}
