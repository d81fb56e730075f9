import type { ChatModel } from "@tenantry/core";
import type { ProviderSimulator, ProviderSimulatorOptions } from "@tenantry/provider-simulator";
import { ContainerModule } from "inversify";
import type { Config, ProviderConfig } from "./config.ts";
import { tokens } from "./tokens.ts";

/**
 * The connected providers; without any, the embedded simulator behind the same adapters. Each is loaded when it is
 * needed: a report needs none of them, and they are most of what a start takes.
 */
export function providersModule(simulator: ProviderSimulatorOptions): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(tokens.simulator)
      .toResolvedValue(
        async (config: Config) => (config.providers.length > 0 ? null : await start(simulator)),
        [tokens.config],
      )
      .inSingletonScope()
      .onDeactivation(async (started) => await started?.close());
    bind(tokens.models).toResolvedValue(connect, [tokens.config, tokens.simulator]).inSingletonScope();
  });
}

async function start(options: ProviderSimulatorOptions): Promise<ProviderSimulator> {
  const { startProviderSimulator } = await import("@tenantry/provider-simulator");
  return await startProviderSimulator(options);
}

async function connect(config: Config, simulator: ProviderSimulator | null): Promise<readonly ChatModel[]> {
  return await Promise.all((simulator === null ? config.providers : simulated(simulator)).map(toModel));
}

/** The simulator takes any key. */
function simulated(simulator: ProviderSimulator): readonly ProviderConfig[] {
  const apiKey = "simulated";
  return [
    { kind: "openai", name: "openai", apiKey, baseUrl: simulator.openaiBaseUrl },
    { kind: "anthropic", name: "anthropic", apiKey, baseUrl: simulator.anthropicBaseUrl },
  ];
}

async function toModel({ kind, name, apiKey, baseUrl }: ProviderConfig): Promise<ChatModel> {
  const options = { provider: name, apiKey, ...(baseUrl === null ? {} : { baseUrl }) };
  switch (kind) {
    case "openai": {
      const { createOpenAIChatModel } = await import("@tenantry/adapters-llm-openai");
      return createOpenAIChatModel(options);
    }
    case "anthropic": {
      const { createAnthropicChatModel } = await import("@tenantry/adapters-llm-anthropic");
      return createAnthropicChatModel(options);
    }
  }
}
