import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Config, loadConfig } from "../../src/index.ts";

/** A folder of its own, gone with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await makeFolder();
  onTestFinished(async () => await removeFolder(folder));
  return folder;
}

export async function makeFolder(): Promise<string> {
  return await mkdtemp(join(tmpdir(), "tenantry-"));
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

export interface Written {
  /** Where the data goes; nothing is there yet. */
  readonly dataDir: string;
  /** The configuration file. */
  readonly path: string;
}

/** Writes a configuration into the folder. */
export async function writeConfig(folder: string, yaml: string): Promise<Written> {
  const path = join(folder, "tenantry.yaml");
  await writeFile(path, yaml);
  return { path, dataDir: join(folder, "data") };
}

/** A configuration read the way an installation reads it, with its data in the same folder. */
export async function configIn(
  folder: string,
  yaml: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Config> {
  return await loadConfig({ ...(await writeConfig(folder, yaml)), env });
}

/** `providers:` that both lead to one simulator. */
export function simulatedProviders(simulator: { readonly url: string }, apiKey: string = "simulated"): string {
  return `
providers:
  openai: { apiKey: ${apiKey}, baseUrl: "${simulator.url}/v1" }
  anthropic: { apiKey: ${apiKey}, baseUrl: "${simulator.url}" }
`;
}

/** Two models of different vendors and nothing else. */
export const plainTiers = `
tiers:
  plain: { models: [openai/gpt-4o-mini, anthropic/claude-haiku-4-5], maxOutputTokens: 64 }
tenants:
  acme: { tier: plain }
`;
