import { createRandomIds, createSystemClock } from "@tenantry/adapters-system";
import { createGptTokenCounter } from "@tenantry/adapters-tokenizer-gpt";
import { ContainerModule } from "inversify";
import type { Log } from "@tenantry/core";
import type { Config } from "./config.ts";
import { tokens } from "./tokens.ts";

/** What every installation has: its configuration, time, ids, token counts. */
export function systemModule(config: Config, log: Log): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(tokens.config).toConstantValue(config);
    bind(tokens.log).toConstantValue(log);
    bind(tokens.clock)
      .toResolvedValue(() => createSystemClock())
      .inSingletonScope();
    bind(tokens.ids)
      .toResolvedValue(() => createRandomIds())
      .inSingletonScope();
    bind(tokens.tokenCounter)
      .toResolvedValue(() => createGptTokenCounter())
      .inSingletonScope();
  });
}
