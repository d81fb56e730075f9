import { type Clock, combineTelemetry, type Log, type Telemetry } from "@tenantry/core";
import { ContainerModule } from "inversify";
import type { Config, OtlpConfig, ProviderConfig } from "./config.ts";
import { tokens } from "./tokens.ts";

/** Every platform that is configured: Netra, an OTLP backend, both, or none. */
export function telemetryModule(): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(tokens.telemetry).toResolvedValue(openTelemetry, [tokens.config, tokens.clock, tokens.log]).inSingletonScope();
  });
}

async function openTelemetry(config: Config, clock: Clock, log: Log): Promise<Telemetry> {
  const { netra, otlp, providers } = config;
  const opened: Telemetry[] = [];
  if (otlp !== null) opened.push(await openOtlp(otlp, providers, { clock, log }));
  if (netra !== null) {
    const { createNetraTelemetry } = await import("@tenantry/adapters-telemetry-netra");
    opened.push(createNetraTelemetry(netra, { clock, log }));
  }
  return combineTelemetry(opened, log);
}

async function openOtlp(
  otlp: OtlpConfig,
  providers: readonly ProviderConfig[],
  ports: { readonly clock: Clock; readonly log: Log },
): Promise<Telemetry> {
  const { createOtlpTelemetry } = await import("@tenantry/adapters-telemetry-otlp");
  const known = providers.map(({ name, kind, baseUrl }) => [name, { kind, url: baseUrl ?? vendors[kind] }] as const);
  return createOtlpTelemetry({ ...otlp, providers: Object.fromEntries(known) }, ports);
}

/** Where the vendors' SDKs call when no address is given. */
const vendors: Readonly<Record<ProviderConfig["kind"], string>> = {
  openai: "https://api.openai.com/v1",
  anthropic: "https://api.anthropic.com",
};
