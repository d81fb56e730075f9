import { createAnthropicChatModel } from "@tenantry/adapters-llm-anthropic";
import { createOpenAIChatModel } from "@tenantry/adapters-llm-openai";
import type { ChatModel } from "@tenantry/core";
import {
  type ProviderSimulator,
  type ProviderSimulatorOptions,
  startProviderSimulator,
} from "@tenantry/provider-simulator";
import { ContainerModule } from "inversify";
import type { Config, ProviderConfig } from "./config.ts";
import { tokens } from "./tokens.ts";

/** The connected providers; without any, the embedded simulator behind the same adapters. */
export function providersModule(simulator: ProviderSimulatorOptions): ContainerModule {
  return new ContainerModule(({ bind, onDeactivation }) => {
    bind(tokens.simulator)
      .toResolvedValue(
        async (config: Config) => (config.providers.length > 0 ? null : await startProviderSimulator(simulator)),
        [tokens.config],
      )
      .inSingletonScope();
    onDeactivation(tokens.simulator, async (started) => await started?.close());
    bind(tokens.models).toResolvedValue(connect, [tokens.config, tokens.simulator]).inSingletonScope();
  });
}

function connect(config: Config, simulator: ProviderSimulator | null): readonly ChatModel[] {
  return simulator === null ? config.providers.map(toModel) : simulated(simulator).map(toModel);
}

/** The simulator takes any key. */
function simulated(simulator: ProviderSimulator): readonly ProviderConfig[] {
  const apiKey = "simulated";
  return [
    { kind: "openai", name: "openai", apiKey, baseUrl: simulator.openaiBaseUrl },
    { kind: "anthropic", name: "anthropic", apiKey, baseUrl: simulator.anthropicBaseUrl },
  ];
}

function toModel({ kind, name, apiKey, baseUrl }: ProviderConfig): ChatModel {
  const options = { provider: name, apiKey, ...(baseUrl === null ? {} : { baseUrl }) };
  switch (kind) {
    case "openai":
      return createOpenAIChatModel(options);
    case "anthropic":
      return createAnthropicChatModel(options);
  }
}
