import type { SqliteStorage } from "@tenantry/adapters-storage-sqlite";
import { createSystemSecrets } from "@tenantry/adapters-system";
import { type Clock, createKeys, type IdSource, type Keys, type TenantDirectory } from "@tenantry/core";
import { ContainerModule } from "inversify";
import { tokens } from "./tokens.ts";

/** Keys of tenants and operators, in the store they share with everything else. */
export function keysModule(adminKeyHash: string | null): ContainerModule {
  const open = (storage: SqliteStorage, tenants: TenantDirectory, clock: Clock, ids: IdSource): Keys =>
    createKeys({
      store: storage.keys,
      secrets: createSystemSecrets(),
      clock,
      ids,
      tenants,
      ...(adminKeyHash === null ? {} : { adminKeyHash }),
    });
  return new ContainerModule(({ bind }) => {
    bind(tokens.keys)
      .toResolvedValue(open, [tokens.storage, tokens.tenants, tokens.clock, tokens.ids])
      .inSingletonScope();
  });
}
