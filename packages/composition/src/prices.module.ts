import type { SqliteStorage } from "@tenantry/adapters-storage-sqlite";
import { createPriceMirror, type Log, type PriceMirror } from "@tenantry/core";
import { ContainerModule } from "inversify";
import type { Config } from "./config.ts";
import { tokens } from "./tokens.ts";

/** Half of the second within which an edition is in force everywhere. */
const refreshMs = 500;

/** The configuration's prices with the edition in force laid over them, followed as long as the installation is open. */
export function pricesModule(): ContainerModule {
  const timers = new Map<PriceMirror, NodeJS.Timeout>();
  const open = async (config: Config, storage: SqliteStorage, log: Log): Promise<PriceMirror> => {
    const mirror = createPriceMirror(config.prices, storage.prices, log);
    await mirror.refresh();
    const timer = setInterval(() => void mirror.refresh(), refreshMs);
    timer.unref();
    timers.set(mirror, timer);
    return mirror;
  };
  return new ContainerModule(({ bind }) => {
    bind(tokens.prices)
      .toResolvedValue(open, [tokens.config, tokens.storage, tokens.log])
      .inSingletonScope()
      .onDeactivation((mirror) => {
        clearInterval(timers.get(mirror));
      });
  });
}
