import { type Clock, type Log, noTelemetry, type Telemetry } from "@tenantry/core";
import { ContainerModule } from "inversify";
import type { Config } from "./config.ts";
import { tokens } from "./tokens.ts";

/** Netra where it is configured, nothing otherwise. */
export function telemetryModule(): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(tokens.telemetry).toResolvedValue(openTelemetry, [tokens.config, tokens.clock, tokens.log]).inSingletonScope();
  });
}

async function openTelemetry(config: Config, clock: Clock, log: Log): Promise<Telemetry> {
  if (config.netra === null) return noTelemetry;
  const { createNetraTelemetry } = await import("@tenantry/adapters-telemetry-netra");
  return createNetraTelemetry(config.netra, { clock, log });
}
