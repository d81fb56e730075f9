import type { Attributes } from "../decoded-span.ts";
import { countOf, textOf } from "../read-attributes.ts";
import { toToldCost } from "../to-told-cost.ts";
import type { ToldCall } from "../told-call.ts";

export function isOpenInferenceSpan(attributes: Attributes): boolean {
  return attributes.has("openinference.span.kind");
}

/**
 * OpenInference. `prompt_details.*` are parts of `llm.token_count.prompt`, and `completion_details.*` of
 * `llm.token_count.completion`: both instrumentations add Anthropic's cached tokens up
 * (https://github.com/Arize-ai/openinference/pull/1429, https://github.com/Arize-ai/openinference/pull/3734; before the
 * second, of September 2026, JavaScript's did not). `llm.model_name` is the model that answered once there is an answer.
 * No attribute has the answer's id: it is read off the start of a raw answer in `output.value`, of which nothing else
 * is looked at; streams have none there.
 */
export function readOpenInference(attributes: Attributes): ToldCall {
  const kind = attributes.get("openinference.span.kind");
  const model = textOf(attributes, "llm.model_name", "embedding.model_name");
  const prompt = countOf(attributes, "llm.token_count.prompt");
  const completion = countOf(attributes, "llm.token_count.completion");
  const hasAnswer = prompt !== null || completion !== null;
  return {
    provider: textOf(attributes, "llm.provider", "llm.system"),
    requestModel: textOf(attributes, "llm.request.model_name") ?? model,
    responseModel: textOf(attributes, "llm.response.model_name") ?? (hasAnswer ? model : null),
    responseId: responseIdOf(attributes.get("output.value")),
    isRequest: kind === "LLM" || kind === "EMBEDDING",
    isEmbedding: kind === "EMBEDDING",
    counts: {
      prompt,
      completion,
      total: countOf(attributes, "llm.token_count.total"),
      cacheRead: countOf(attributes, "llm.token_count.prompt_details.cache_read"),
      cacheWrite: countOf(attributes, "llm.token_count.prompt_details.cache_write"),
      cacheWrite1h: null,
      reasoning: countOf(attributes, "llm.token_count.completion_details.reasoning"),
      audioInput: countOf(attributes, "llm.token_count.prompt_details.audio"),
      audioOutput: countOf(attributes, "llm.token_count.completion_details.audio"),
      promptIncludesCache: true,
    },
    serviceTier: "standard",
    costPico: toToldCost(attributes.get("llm.cost.total")),
    ttftMs: null,
  };
}

/** How the providers' own ids begin: another object's `id` is none of them. */
const rawAnswer = /^\{"id":"((?:chatcmpl-|cmpl-|resp_|msg_|gen-)[A-Za-z0-9_-]{1,120})"/;

function responseIdOf(value: unknown): string | null {
  return typeof value === "string" ? (rawAnswer.exec(value.slice(0, 160))?.[1] ?? null) : null;
}
