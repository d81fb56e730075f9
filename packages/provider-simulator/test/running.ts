import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterEach } from "vitest";
import type { ProviderSimulator, ProviderSimulatorOptions } from "../src/index.ts";
import { startProviderSimulator } from "../src/index.ts";

const running: ProviderSimulator[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
});

export interface Started {
  readonly simulator: ProviderSimulator;
  readonly openai: OpenAI;
  readonly anthropic: Anthropic;
}

/** A simulator and both official clients on it, without retries; ended after the test. */
export async function start(options: ProviderSimulatorOptions = {}): Promise<Started> {
  const simulator = await startProviderSimulator(options);
  running.push(simulator);
  const openai = new OpenAI({
    apiKey: "sk-test",
    baseURL: simulator.openaiBaseUrl,
    maxRetries: 0,
    timeout: 10_000,
  });
  const anthropic = new Anthropic({
    apiKey: "sk-ant-test",
    baseURL: simulator.anthropicBaseUrl,
    maxRetries: 0,
    timeout: 10_000,
  });
  return { simulator, openai, anthropic };
}

/** Waits until the invoice has so many lines; gives up after two seconds. */
export async function untilBilled(simulator: ProviderSimulator, lines: number): Promise<void> {
  for (let i = 0; i < 200 && simulator.invoice().lines.length < lines; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export const question = {
  role: "user" as const,
  content:
    "The river floods every spring. Farmers move their cattle to the hills in March. The bridge was rebuilt twice. What should we plan?",
};
