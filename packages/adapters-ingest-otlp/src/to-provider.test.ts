import { describe, expect, it } from "vitest";
import { toServedModel } from "./to-provider.ts";

describe("who served a model", () => {
  it.each([
    ["openai", "gpt-4o", "openai/gpt-4o"],
    ["OpenAI", "gpt-4o", "openai/gpt-4o"],
    ["openai.responses", "gpt-4o", "openai/gpt-4o"],
    ["anthropic.messages", "claude-opus-4-8", "anthropic/claude-opus-4-8"],
    ["azure.ai.openai", "my-deployment", "azure/my-deployment"],
    ["az.ai.openai", "my-deployment", "azure/my-deployment"],
    ["azure-openai.chat", "my-deployment", "azure/my-deployment"],
    ["aws.bedrock", "anthropic.claude-3-haiku", "aws/anthropic.claude-3-haiku"],
    ["amazon-bedrock", "amazon.nova-pro-v1:0", "aws/amazon.nova-pro-v1:0"],
    ["gcp.vertex_ai", "gemini-2.5-pro", "google/gemini-2.5-pro"],
    ["google.generative-ai", "gemini-2.5-pro", "google/gemini-2.5-pro"],
    ["xai.chat", "grok-4", "x-ai/grok-4"],
    ["mistral_ai", "mistral-large", "mistral/mistral-large"],
    ["openrouter.chat", "anthropic/claude-opus-4", "openrouter/anthropic/claude-opus-4"],
    ["Our Own GPUs", "llama-3", "our-own-gpus/llama-3"],
    ["ollama.chat", "llama-3", "ollama.chat/llama-3"],
    // Frameworks and gateways stand for somebody else.
    ["Langchain", "gpt-4o", "openai/gpt-4o"],
    ["gateway", "openai/gpt-4o", "openai/gpt-4o"],
    ["LiteLLM", "mistral/mistral-large", "mistral/mistral-large"],
    [null, "claude-opus-4-8", "anthropic/claude-opus-4-8"],
    [null, "o3-mini", "openai/o3-mini"],
    [null, "gemini-2.5-pro", "google/gemini-2.5-pro"],
    [null, "acme/large", "acme/large"],
    [null, "olive-7b", "unknown/olive-7b"],
    ["langchain", "llama-3", "unknown/llama-3"],
    ["***", "llama-3", "unknown/llama-3"],
  ])("when %j is named with %j is %s", (told, model, expected) => {
    const served = toServedModel(told, model);
    expect(`${served.provider}/${served.model}`).toBe(expected);
  });
});
