import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type App, loadConfig, openApp } from "@tenantry/composition";
import type { ReadCall } from "../../src/protocols/protocol.ts";
import type { Answer } from "./support.ts";

/** An installation with one tenant, `acme`, in a folder of its own. */
export interface Installation {
  readonly app: App;
  close(): Promise<void>;
}

export interface Origins {
  /** Without a path. */
  readonly openai: string;
  readonly anthropic: string;
}

const tiers = `
tiers:
  plain: { models: [openai/gpt-4o-mini, openai/o4-mini, anthropic/claude-haiku-4-5], maxOutputTokens: 4096, retries: 0 }
tenants:
  acme: { tier: plain }
`;

export async function openInstallation({ openai, anthropic }: Origins): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), "tenantry-"));
  const path = join(folder, "tenantry.yaml");
  const providers = `
providers:
  openai: { apiKey: some-key, baseUrl: "${openai}/v1" }
  anthropic: { apiKey: some-key, baseUrl: "${anthropic}" }
`;
  await writeFile(path, tiers + providers);
  const app = await openApp(await loadConfig({ path, env: {}, dataDir: join(folder, "data") }));
  return {
    app,
    async close() {
      await app.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The answer of a model to a call that was read, through the use case. */
export async function answerBy({ app }: Installation, model: string, call: ReadCall): Promise<Answer> {
  const input = { tenantId: "acme", model };
  if (!call.streamed) {
    const done = await app.tenantry.call(input, call.request);
    if (done.kind === "ok") return { result: done.result };
    throw done.kind === "failed" ? done.error : new Error(`denied: ${done.denial.code}`);
  }
  const begun = await app.tenantry.stream(input, call.request);
  if (begun.kind === "answering") return { events: begun.events };
  throw begun.kind === "failed" ? begun.error : new Error(`denied: ${begun.denial.code}`);
}
