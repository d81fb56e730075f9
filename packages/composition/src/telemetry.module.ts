import { type Clock, combineTelemetry, type Log, type Telemetry } from "@tenantry/core";
import { ContainerModule } from "inversify";
import type { Config, OtlpConfig, ProviderConfig } from "./config.ts";
import { tokens } from "./tokens.ts";

type Scrub = ((text: string) => string) | undefined;

/** Every platform that is configured: Netra, an OTLP backend, both, or none. */
export function telemetryModule(scrub: Scrub): ContainerModule {
  const open = async (config: Config, clock: Clock, log: Log): Promise<Telemetry> =>
    await openTelemetry(config, scrub, { clock, log });
  return new ContainerModule(({ bind }) => {
    bind(tokens.telemetry).toResolvedValue(open, [tokens.config, tokens.clock, tokens.log]).inSingletonScope();
  });
}

async function openTelemetry(
  { netra, otlp, providers }: Config,
  scrub: Scrub,
  ports: { readonly clock: Clock; readonly log: Log },
): Promise<Telemetry> {
  const scrubbing = scrub === undefined ? {} : { scrub };
  const opened: Telemetry[] = [];
  if (otlp !== null) opened.push(await openOtlp({ ...otlp, ...scrubbing }, providers, ports));
  if (netra !== null) {
    const { createNetraTelemetry } = await import("@tenantry/adapters-telemetry-netra");
    opened.push(createNetraTelemetry({ ...netra, ...scrubbing }, ports));
  }
  return combineTelemetry(opened, ports.log);
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
