import type { SqliteStorage } from "@tenantry/adapters-storage-sqlite";
import {
  type ChatModel,
  type Clock,
  createTenantry,
  type IdSource,
  type Log,
  type PriceSource,
  type Telemetry,
  type Tenantry,
  type TenantDirectory,
  type TokenCounter,
} from "@tenantry/core";
import { ContainerModule } from "inversify";
import type { Config } from "./config.ts";
import { tokens } from "./tokens.ts";

/** The use case from its ports. */
export function coreModule(): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(tokens.tenantry)
      .toResolvedValue(assemble, [
        tokens.config,
        tokens.storage,
        tokens.tenants,
        tokens.models,
        tokens.prices,
        tokens.tokenCounter,
        tokens.telemetry,
        tokens.clock,
        tokens.ids,
        tokens.log,
      ])
      .inSingletonScope()
      // On the binding: inversify 8.2 does not wait for what `onDeactivation(token, …)` of a module returns.
      .onDeactivation(async (tenantry) => await tenantry.close());
  });
}

function assemble(
  config: Config,
  storage: SqliteStorage,
  tenants: TenantDirectory,
  models: readonly ChatModel[],
  prices: PriceSource,
  counter: TokenCounter,
  telemetry: Telemetry,
  clock: Clock,
  ids: IdSource,
  log: Log,
): Tenantry {
  const { limits, ledger } = storage;
  const { tiers } = config.catalogue;
  return createTenantry({
    tiers,
    tenants,
    models,
    prices,
    limits,
    ledger,
    tokens: counter,
    telemetry,
    clock,
    ids,
    log,
  });
}
