import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type App, type Config, loadConfig, openApp } from "@tenantry/composition";
import { type Log, silentLog } from "@tenantry/core";
import type { LatencyKnobs, ProviderSimulator } from "@tenantry/composition";
import { hash } from "node:crypto";
import type { RequestListener } from "node:http";
import { type Gateway, openGateway, readSettings, type Settings } from "../../src/index.ts";

/** Tiers for every need of the tests: both vendors first, mixed routes, limits that run out. */
export const tiers = `
tiers:
  open:
    models: [openai/gpt-4o-mini, openai/gpt-4o, anthropic/claude-haiku-4-5, openai/text-embedding-3-small]
    features: [summary, action_items]
    limits: [{ calls: 100000, per: 1m }, { tokens: 100000000, per: 1m }]
    budgets: [{ usd: "1000", within: 24h }]
    maxOutputTokens: 256
    timeout: 10s
    fixedHold: "0.5"
    keepAnswers: true
    showCost: true
  marked:
    models: [openai/gpt-4o-mini, anthropic/claude-haiku-4-5]
    features: [summary]
    charge: { markup: "20%" }
    budgets: [{ usd: "1000", per: month }]
    maxOutputTokens: 64
    timeout: 10s
  claude:
    models: [anthropic/claude-haiku-4-5, openai/gpt-4o-mini]
    maxOutputTokens: 64
    timeout: 10s
    retries: 0
  slow: { models: [openai/gpt-4o-mini], limits: [{ calls: 2, per: 1m }], maxOutputTokens: 64 }
  poor: { models: [openai/gpt-4o-mini], budgets: [{ usd: "0.000001", within: 24h }], maxOutputTokens: 64 }
tenants:
  acme: { tier: open }
  rival: { tier: open }
  marked-one: { tier: marked }
  claude-one: { tier: claude }
  slow-one: { tier: slow }
  poor-one: { tier: poor }
  gone-one: { tier: open, status: suspended }
`;

export const adminKey = "an-admin-key-of-the-tests";

export interface TestGateway {
  readonly url: string;
  readonly app: App;
  readonly gateway: Gateway;
  readonly simulator: ProviderSimulator;
  /** A key of each tenant. */
  readonly keys: Readonly<Record<string, string>>;
  readonly logged: readonly { readonly event: string; readonly fields: Readonly<Record<string, unknown>> }[];
  close(): Promise<void>;
}

export interface TestGatewayOptions {
  readonly yaml?: string;
  readonly settings?: (settings: Settings) => Settings;
  readonly latency?: LatencyKnobs;
  readonly fallback?: RequestListener;
  /** False where the configuration names providers of its own; `simulator` cannot be used then. Default true. */
  readonly isSimulated?: boolean;
  /** Changes the installation before the server sees it. */
  readonly app?: (app: App) => App;
}

/** A real server on a free port before an embedded simulator, in a folder of its own. */
export async function openTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const folder = await mkdtemp(join(tmpdir(), "tenantry-api-"));
  const path = join(folder, "tenantry.yaml");
  await writeFile(path, options.yaml ?? tiers);
  const config: Config = await loadConfig({ path, env: {}, dataDir: join(folder, "data") });
  const logged: { event: string; fields: Readonly<Record<string, unknown>> }[] = [];
  const note = (event: string, fields: Readonly<Record<string, unknown>>): void => void logged.push({ event, fields });
  const log: Log = { ...silentLog, info: note, warn: note, error: note };
  const opened = await openApp(config, {
    log,
    adminKeyHash: hash("sha256", adminKey, "hex"),
    simulator: { latency: options.latency ?? {} },
  });
  const app = options.app?.(opened) ?? opened;
  const base = readSettings({});
  const settings = options.settings?.(base) ?? base;
  const gateway = openGateway(app, settings, {
    log,
    ...(options.fallback === undefined ? {} : { fallback: options.fallback }),
  });
  const keys: Record<string, string> = {};
  for (const { id } of config.catalogue.tenants) {
    keys[id] = (await app.keys.create({ scope: "tenant", tenantId: id })).secret;
  }
  const port = await gateway.listen(0, "127.0.0.1");
  if (app.simulator === null && options.isSimulated !== false) throw new Error("there is no simulator");
  return {
    url: `http://127.0.0.1:${port}`,
    app,
    gateway,
    simulator: app.simulator as ProviderSimulator,
    keys,
    logged,
    async close() {
      await gateway.drain(1_000);
      await app.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A POST as any program makes it. */
export async function post(
  gateway: Pick<TestGateway, "url">,
  path: string,
  key: string | null,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return await fetch(gateway.url + path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...headers,
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

export const hello = { messages: [{ role: "user", content: "Say hello in one sentence." }] };

export async function until(holds: () => boolean | Promise<boolean>, deadlineMs: number = 5_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error("it does not come true");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
