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
  const provider = textOf(attributes, "gen_ai.provider.name", "gen_ai.system", "netra.llm_system");
  const model = textOf(attributes, "gen_ai.request.model", "llm.request.model", "netra.model");
  const seconds = numberOf(attributes, "gen_ai.response.time_to_first_chunk");
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
      attributes.get("gen_ai.usage.cost") ?? attributes.get("gen_ai.cost.total_tokens") ?? attributes.get("operation.cost"),
    ),
    ttftMs: seconds === null ? null : seconds * 1_000,
  };
}

function readCounts(attributes: Attributes, scope: string | null, provider: string | null): ToldCounts {
  const current = countOf(attributes, "gen_ai.usage.input_tokens");
  const cacheWrite5m = countOf(attributes, "anthropic.usage.cache_creation.ephemeral_5m_input_tokens");
  const cacheWrite1h = countOf(attributes, "anthropic.usage.cache_creation.ephemeral_1h_input_tokens");
  const cacheWrite = countOf(
    attributes,
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.input_tokens.cache_write",
  );
  const parts = cacheWrite5m === null && cacheWrite1h === null ? null : (cacheWrite5m ?? 0) + (cacheWrite1h ?? 0);
  return {
    prompt: current ?? countOf(attributes, "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens"),
    completion: countOf(
      attributes,
      "gen_ai.usage.output_tokens",
      "gen_ai.usage.completion_tokens",
      "llm.usage.completion_tokens",
    ),
    total: countOf(attributes, "gen_ai.usage.total_tokens", "llm.usage.total_tokens"),
    cacheRead: countOf(
      attributes,
      "gen_ai.usage.cache_read.input_tokens",
      "gen_ai.usage.cache_read_input_tokens",
      "gen_ai.usage.input_tokens.cached",
    ),
    cacheWrite: cacheWrite ?? parts,
    cacheWrite1h,
    reasoning: countOf(
      attributes,
      "gen_ai.usage.reasoning.output_tokens",
      "gen_ai.usage.reasoning_tokens",
      "gen_ai.usage.output_tokens.reasoning",
    ),
    audioInput: null,
    audioOutput: null,
    promptIncludesCache: includesCache(scope, provider, current !== null),
  };
}

/**
 * Whether the input count holds cached tokens, too.
 * - `gen_ai.usage.input_tokens` does by the conventions: "SHOULD include all types of input tokens, including cached
 *   tokens" (@opentelemetry/semantic-conventions 1.45.0). Anthropic's own spans and the Vercel AI SDK 7 keep to it.
 * - OpenLLMetry for JavaScript writes Anthropic's `input_tokens` there, which does not
 *   (@traceloop/instrumentation-anthropic 0.27.0); its Python sister adds them up under either name
 *   (https://github.com/traceloop/openllmetry/pull/2175).
 * - Under the old `gen_ai.usage.prompt_tokens`, Netra's SDK 1.8 and our own telemetry write what the provider reports:
 *   Anthropic and Bedrock report what is not cached, all others everything.
 */
function includesCache(scope: string | null, provider: string | null, isCurrentName: boolean): boolean {
  if (scope === "@traceloop/instrumentation-anthropic") return false;
  if (isCurrentName || scope?.startsWith("opentelemetry.instrumentation.") === true) return true;
  return !excludesCache(provider);
}

/** Whether the provider's own input count leaves cached tokens out. */
export function excludesCache(provider: string | null): boolean {
  const name = provider === null ? null : toProvider(provider);
  return name === "anthropic" || name === "aws";
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
