import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { openSqliteStorage, type SqliteStorage } from "@tenantry/adapters-storage-sqlite";
import type { Clock, Log, TenantDirectory } from "@tenantry/core";
import { ContainerModule } from "inversify";
import type { Config } from "./config.ts";
import { tokens } from "./tokens.ts";

/** The embedded store: one SQLite file for everything. */
export function storageModule(): ContainerModule {
  return new ContainerModule(({ bind, onDeactivation }) => {
    bind(tokens.storage).toResolvedValue(openStorage, [tokens.config, tokens.clock, tokens.log]).inSingletonScope();
    onDeactivation(tokens.storage, async (storage) => await storage.close());
    bind(tokens.tenants).toResolvedValue(declaredTenants, [tokens.storage, tokens.config]).inSingletonScope();
  });
}

async function openStorage(config: Config, clock: Clock, log: Log): Promise<SqliteStorage> {
  const { path, durability } = config.storage;
  if (path !== ":memory:") await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  return await openSqliteStorage({ path, durability }, { clock, log });
}

/** The stored tenants, once those the configuration declares are among them as it declares them. */
async function declaredTenants(storage: SqliteStorage, config: Config): Promise<TenantDirectory> {
  for (const tenant of config.catalogue.tenants) {
    const stored = await storage.tenants.find(tenant.id);
    if (!sameText(stored, tenant)) await storage.tenants.put(tenant);
  }
  return storage.tenants;
}

function sameText(a: unknown, b: unknown): boolean {
  const text = (value: unknown): string =>
    JSON.stringify(value, (_key, part: unknown) => (typeof part === "bigint" ? `${part}n` : part));
  return text(a) === text(b);
}
