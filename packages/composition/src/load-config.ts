import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { createCataloguePrices } from "@tenantry/adapters-prices-catalogue";
import { readEditionInForce } from "@tenantry/adapters-storage-sqlite";
import {
  type Catalogue,
  createDataReader,
  type Issue,
  parseCatalogue,
  priceIssues,
  TenantryError,
} from "@tenantry/core";
import { parseDocument } from "yaml";
import type { Config } from "./config.ts";
import { expandEnv } from "./expand-env.ts";
import { parseIngest } from "./parse-ingest.ts";
import { parseProviders, parseStorage, parseTelemetry } from "./parse-sections.ts";
import type { Env } from "./read-values.ts";

export interface LoadConfigOptions {
  /** The configuration file (YAML or JSON). */
  readonly path: string;
  readonly env: Env;
  /** Where data goes unless the file says otherwise. Default `TENANTRY_DATA_DIR`, then `.tenantry`. */
  readonly dataDir?: string;
  /** Epoch ms at which prices must exist. Default now. */
  readonly now?: number;
  /** Whether models without a price are let through: for those who are about to change the prices. Default false. */
  readonly allowUnpriced?: boolean;
}

/**
 * Reads and checks an installation's configuration. Writes nothing.
 *
 * @throws TenantryError `invalid_configuration` with every problem of the file, its price overrides and the prices its
 *   models lack, each with its path.
 */
export async function loadConfig(options: LoadConfigOptions): Promise<Config> {
  const { path, env } = options;
  const issues: Issue[] = [];
  const data = expandEnv(await readYaml(path), env, issues);
  const missing = new Set(issues.map((issue) => issue.path));
  const reader = createDataReader();
  const root =
    reader.fields(data, "", ["models", "tiers", "tenants", "prices", "storage", "providers", "telemetry", "ingest"]) ??
    {};
  const parsed = parseCatalogue({ models: root["models"], tiers: root["tiers"], tenants: root["tenants"] });
  const dataDir = options.dataDir ?? env["TENANTRY_DATA_DIR"] ?? ".tenantry";
  const config = {
    source: path,
    catalogue: parsed.catalogue,
    storage: parseStorage(reader, root["storage"], dataDir),
    providers: parseProviders(reader, root["providers"], env),
    ingest: parseIngest(reader, root["ingest"], parsed.catalogue.tiers),
    ...parseTelemetry(reader, root["telemetry"], env),
  };
  const overrideFile = root["prices"] === undefined ? null : reader.text(root["prices"], "prices");
  const prices = await loadPrices(overrideFile === null ? null : resolve(dirname(path), overrideFile), issues);
  // What a missing variable leaves behind is no problem of its own.
  issues.push(...[...reader.issues, ...parsed.issues].filter((issue) => !missing.has(issue.path)));
  if (prices !== null && options.allowUnpriced !== true) {
    issues.push(...unpricedModels(parsed.catalogue, prices, config.storage.path, options.now ?? Date.now()));
  }
  if (issues.length > 0 || prices === null) throw TenantryError.invalidConfiguration(issues);
  return { ...config, prices };
}

/** By the file's own prices, and where these are not enough by the edition in force in the store as well. */
function unpricedModels(
  catalogue: Catalogue,
  prices: Config["prices"],
  storagePath: string,
  at: number,
): readonly Issue[] {
  const issues = priceIssues(catalogue, prices.current(), at);
  const edition = issues.length === 0 ? null : readEditionInForce(storagePath);
  return edition === null ? issues : priceIssues(catalogue, prices.bookWith(edition), at);
}

/** Far more than anybody writes by hand, and read in seconds. */
const mostBytes = 8 * 2 ** 20;

async function readYaml(path: string): Promise<unknown> {
  const text = await readText(path);
  try {
    const document = parseDocument(text, { prettyErrors: true });
    const issues = document.errors.map(({ message }) => ({ path: "", message }));
    if (issues.length > 0) throw TenantryError.invalidConfiguration(issues);
    return document.toJS({ maxAliasCount: 100 });
  } catch (thrown) {
    if (TenantryError.is(thrown)) throw thrown;
    // Aliases that multiply without end, and nesting deeper than the stack.
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    throw TenantryError.invalidConfiguration([{ path: "", message: `${path} cannot be read as YAML: ${message}` }]);
  }
}

async function readText(path: string): Promise<string> {
  let text: string;
  try {
    if ((await stat(path)).size > mostBytes) return tooLarge(path);
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (TenantryError.is(cause)) throw cause;
    const reason = (cause as NodeJS.ErrnoException).code ?? "unreadable";
    throw new TenantryError("invalid_configuration", `cannot read the configuration ${path}: ${reason}`, { cause });
  }
  return text;
}

function tooLarge(path: string): never {
  throw TenantryError.invalidConfiguration([{ path: "", message: `${path} is larger than 8 MiB` }]);
}

async function loadPrices(overrideFile: string | null, issues: Issue[]): Promise<Config["prices"] | null> {
  try {
    return await createCataloguePrices(overrideFile === null ? {} : { overrideFile });
  } catch (thrown) {
    const error = TenantryError.from(thrown);
    issues.push(...(error.issues.length > 0 ? error.issues : [{ path: "prices", message: error.message }]));
    return null;
  }
}
