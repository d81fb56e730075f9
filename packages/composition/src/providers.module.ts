import type { ChatModel, Relay } from "@tenantry/core";
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
    bind(tokens.models).toResolvedValue(connectModels, [tokens.config, tokens.simulator]).inSingletonScope();
    bind(tokens.relays).toResolvedValue(connectRelays, [tokens.config, tokens.simulator]).inSingletonScope();
  });
}

async function start(options: ProviderSimulatorOptions): Promise<ProviderSimulator> {
  const { startProviderSimulator } = await import("@tenantry/provider-simulator");
  return await startProviderSimulator(options);
}

async function connectModels(config: Config, simulator: ProviderSimulator | null): Promise<readonly ChatModel[]> {
  return await Promise.all(providersOf(config, simulator).map(toModel));
}

async function connectRelays(config: Config, simulator: ProviderSimulator | null): Promise<readonly Relay[]> {
  return await Promise.all(providersOf(config, simulator).map(toRelay));
}

function providersOf(config: Config, simulator: ProviderSimulator | null): readonly ProviderConfig[] {
  return simulator === null ? config.providers : simulated(simulator);
}

/** The simulator takes any key. */
function simulated(simulator: ProviderSimulator): readonly ProviderConfig[] {
  const apiKey = "simulated";
  return [
    { kind: "openai", name: "openai", apiKey, baseUrl: simulator.openaiBaseUrl },
    { kind: "anthropic", name: "anthropic", apiKey, baseUrl: simulator.anthropicBaseUrl },
  ];
}

async function toModel(config: ProviderConfig): Promise<ChatModel> {
  switch (config.kind) {
    case "openai": {
      const { createOpenAIChatModel } = await import("@tenantry/adapters-llm-openai");
      return createOpenAIChatModel(optionsOf(config));
    }
    case "anthropic": {
      const { createAnthropicChatModel } = await import("@tenantry/adapters-llm-anthropic");
      return createAnthropicChatModel(optionsOf(config));
    }
  }
}

async function toRelay(config: ProviderConfig): Promise<Relay> {
  switch (config.kind) {
    case "openai": {
      const { createOpenAIRelay } = await import("@tenantry/adapters-llm-openai");
      return createOpenAIRelay(optionsOf(config));
    }
    case "anthropic": {
      const { createAnthropicRelay } = await import("@tenantry/adapters-llm-anthropic");
      return createAnthropicRelay(optionsOf(config));
    }
  }
}

function optionsOf({ name, apiKey, baseUrl }: ProviderConfig): { provider: string; apiKey: string; baseUrl?: string } {
  return { provider: name, apiKey, ...(baseUrl === null ? {} : { baseUrl }) };
}
