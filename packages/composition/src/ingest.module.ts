import type { SqliteStorage } from "@tenantry/adapters-storage-sqlite";
import {
  type Clock,
  createIngest,
  createTenants,
  type Ingest,
  type PriceSource,
  type TenantDirectory,
} from "@tenantry/core";
import { ContainerModule } from "inversify";
import type { Config } from "./config.ts";
import { createSpanReader } from "./span-reader.ts";
import { tokens } from "./tokens.ts";

/** What others' tracing reports, read and booked in the ledger that everything shares. */
export function ingestModule(): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(tokens.ingest)
      .toResolvedValue(assemble, [tokens.config, tokens.storage, tokens.tenants, tokens.prices, tokens.clock])
      .inSingletonScope();
    bind(tokens.spanReader)
      .toResolvedValue(() => createSpanReader())
      .inSingletonScope()
      .onDeactivation(async (reader) => await reader.close());
  });
}

function assemble(
  { catalogue, ingest }: Config,
  { ledger, limits, spans }: SqliteStorage,
  tenants: TenantDirectory,
  prices: PriceSource,
  clock: Clock,
): Ingest {
  const newTenants = createTenants({ directory: tenants, catalogue });
  return createIngest({ tenants, tiers: catalogue.tiers, prices, ledger, limits, clock, spans, newTenants }, ingest);
}
