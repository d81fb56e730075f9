import { createNetraTelemetry } from "@tenantry/adapters-telemetry-netra";
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

function openTelemetry(config: Config, clock: Clock, log: Log): Telemetry {
  return config.netra === null ? noTelemetry : createNetraTelemetry(config.netra, { clock, log });
}
