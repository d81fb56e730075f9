import type { ServiceTier } from "@tenantry/core";
import type { Attributes } from "../decoded-span.ts";
import { countOf, numberOf, textOf } from "../read-attributes.ts";
import { toProvider } from "../to-provider.ts";
import { toToldCost } from "../to-told-cost.ts";
import type { ToldCall, ToldCounts } from "../told-call.ts";

/** Operations that are one request each; agents, tools and steps are not. */
const requests: ReadonlySet<string> = new Set([
  "chat",
  "text_completion",
  "completion",
  "generate_content",
  "embeddings",
  "embedding",
  "response",
]);

/**
 * What the `gen_ai.*` names tell, current and old: OpenTelemetry's own instrumentations, OpenLLMetry, Netra's SDK,
 * Anthropic's SDK, the Vercel AI SDK from 7 on, and our own telemetry.
 */
export function readGenAi(attributes: Attributes, scope: string | null): ToldCall {
  const operation = textOf(attributes, "gen_ai.operation.name", "llm.request.type");
  const provider = textOf(
    attributes,
    // Ours says by whose name the provider goes here; the conventions know a few names alone.
    "tenantry.provider",
    "gen_ai.provider.name",
    "gen_ai.system",
    "netra.llm_system",
  );
  const model = textOf(attributes, "gen_ai.request.model", "llm.request.model", "netra.model");
  const seconds = numberOf(
    attributes,
    "gen_ai.response.time_to_first_chunk",
    "gen_ai.client.operation.time_to_first_chunk",
  );
  return {
    provider,
    requestModel: model,
    responseModel: textOf(attributes, "gen_ai.response.model", "llm.response.model"),
    responseId: textOf(attributes, "gen_ai.response.id", "llm.response.id"),
    isRequest: operation !== null && requests.has(operation),
    isEmbedding: operation !== null && operation.startsWith("embedding"),
    counts: readCounts(attributes, scope, provider),
    serviceTier: readServiceTier(attributes),
    costPico: toToldCost(
      attributes.get("gen_ai.usage.cost") ??
        attributes.get("gen_ai.cost.total_tokens") ??
        attributes.get("operation.cost"),
    ),
    ttftMs: seconds === null ? null : seconds * 1_000,
  };
}

function readCounts(attributes: Attributes, scope: string | null, provider: string | null): ToldCounts {
  const current = countOf(attributes, "gen_ai.usage.input_tokens");
  const prompt = current ?? countOf(attributes, "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens");
  const completion = countOf(
    attributes,
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.usage.completion_tokens",
  );
  const cacheWrite = countOf(
    attributes,
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.input_tokens.cache_write",
  );
  return {
    // Beside the counts of the answer, says the SDK that writes them (@anthropic-ai/sdk 1.12.0).
    prompt: plus(prompt, countOf(attributes, "anthropic.usage.compaction.input_tokens")),
    completion: plus(completion, countOf(attributes, "anthropic.usage.compaction.output_tokens")),
    total: countOf(attributes, "gen_ai.usage.total_tokens", "llm.usage.total_tokens"),
    cacheRead: countOf(
      attributes,
      "gen_ai.usage.cache_read.input_tokens",
      "gen_ai.usage.cache_read_input_tokens",
      "gen_ai.usage.input_tokens.cached",
    ),
    cacheWrite,
    cacheWrite1h: countOf(attributes, "anthropic.usage.cache_creation.ephemeral_1h_input_tokens"),
    reasoning: countOf(
      attributes,
      "gen_ai.usage.reasoning.output_tokens",
      "gen_ai.usage.reasoning_tokens",
      "gen_ai.usage.output_tokens.reasoning",
      "ai.usage.outputTokenDetails.reasoningTokens",
    ),
    audioInput: readAudioInput(attributes),
    audioOutput: countOf(attributes, "gen_ai.usage.audio.output_tokens"),
    promptIncludesCache: includesCache(attributes, scope, provider, current !== null),
  };
}

/** Without what came from the cache, which the count of those holds. */
function readAudioInput(attributes: Attributes): number | null {
  const audio = countOf(attributes, "gen_ai.usage.audio.input_tokens");
  const cached = countOf(attributes, "gen_ai.usage.audio.cache_read.input_tokens") ?? 0;
  return audio === null ? null : Math.max(0, audio - cached);
}

function plus(count: number | null, more: number | null): number | null {
  return count === null ? null : count + (more ?? 0);
}

/**
 * Whether the input count holds cached tokens, too.
 * - `gen_ai.usage.input_tokens` does by the conventions: "SHOULD include all types of input tokens, including cached
 *   tokens" (@opentelemetry/semantic-conventions 1.45.0, since
 *   https://github.com/open-telemetry/semantic-conventions/pull/3163; of audio tokens
 *   https://github.com/open-telemetry/semantic-conventions-genai/pull/440 says the same). Anthropic's own spans (@anthropic-ai/sdk 1.12.0) and the
 *   Vercel AI SDK 7 (@ai-sdk/otel 1.0.173) keep to it. Netra's SDK renames that attribute to
 *   `gen_ai.usage.prompt_tokens` on every span of its process, whoever made it.
 * - OpenLLMetry for JavaScript writes Anthropic's `input_tokens` there, which does not
 *   (@traceloop/instrumentation-anthropic 0.27.0); its Python sister adds them up under either name
 *   (https://github.com/traceloop/openllmetry/pull/2175).
 * - Under the old `gen_ai.usage.prompt_tokens`, Netra's SDK 1.8 and our own telemetry write what the provider reports:
 *   Anthropic and Bedrock report what is not cached, all others everything.
 */
function includesCache(
  attributes: Attributes,
  scope: string | null,
  provider: string | null,
  isCurrentName: boolean,
): boolean {
  if (scope === "@traceloop/instrumentation-anthropic") return false;
  const maker = scope ?? "";
  if (isCurrentName || maker.startsWith("opentelemetry.instrumentation.")) return true;
  const isRenamed = attributes.get("library.name") === "netra" && !maker.startsWith("netra");
  return isRenamed || maker === "com.anthropic.sdk.typescript" || !excludesCache(provider);
}

/** Whether the provider's own input count leaves cached tokens out. */
export function excludesCache(provider: string | null): boolean {
  if (provider === null) return false;
  return provider.toLowerCase().includes("anthropic") || toProvider(provider) === "aws";
}

function readServiceTier(attributes: Attributes): ServiceTier {
  const tier = textOf(
    attributes,
    "openai.response.service_tier",
    "gen_ai.openai.response.service_tier",
    "anthropic.response.service_tier",
  );
  return tier === "batch" || tier === "flex" || tier === "priority" ? tier : "standard";
}
