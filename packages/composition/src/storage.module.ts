import { openSqliteStorage, type SqliteStorage } from "@tenantry/adapters-storage-sqlite";
import { type Clock, type Log, mergeDeclared, type TenantDirectory, TenantryError } from "@tenantry/core";
import { ContainerModule } from "inversify";
import type { Config } from "./config.ts";
import { tokens } from "./tokens.ts";

/** The embedded store: one SQLite file for everything. */
export function storageModule(): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(tokens.storage)
      .toResolvedValue(openStorage, [tokens.config, tokens.clock, tokens.log])
      .inSingletonScope()
      .onDeactivation(async (storage) => await storage.close());
    bind(tokens.tenants).toResolvedValue(declaredTenants, [tokens.storage, tokens.config]).inSingletonScope();
  });
}

async function openStorage(config: Config, clock: Clock, log: Log): Promise<SqliteStorage> {
  const { path, durability } = config.storage;
  const { keepSpansMs } = config.ingest;
  try {
    return await openSqliteStorage({ path, durability, keepSpansMs }, { clock, log });
  } catch (cause) {
    // The adapter does not say where the file is, because callers may hear of it; who opens it has to know.
    const { code, message, publicMessage, retryable, issues } = TenantryError.from(cause);
    throw new TenantryError(code, `${path}: ${message}`, { publicMessage, retryable, issues, cause });
  }
}

/** The stored tenants, once those the configuration declares are among them as it declares them. Others stay as they are. */
async function declaredTenants(storage: SqliteStorage, config: Config): Promise<TenantDirectory> {
  for (const tenant of config.catalogue.tenants) {
    // Until nobody changed the tenant in between, such as another process that starts too.
    for (let isWritten = false; !isWritten;) {
      const stored = await storage.tenants.find(tenant.id);
      const merged = mergeDeclared(tenant, stored);
      isWritten = sameText(stored, merged) || (await storage.tenants.replace(stored, merged));
    }
  }
  return storage.tenants;
}

function sameText(a: unknown, b: unknown): boolean {
  const text = (value: unknown): string =>
    JSON.stringify(value, (_key, part: unknown) => (typeof part === "bigint" ? `${part}n` : part));
  return text(a) === text(b);
}
