import type { Attributes } from "../decoded-span.ts";
import { countOf, numberOf, textOf } from "../read-attributes.ts";
import type { ToldCall, ToldCounts } from "../told-call.ts";
import { excludesCache } from "./gen-ai.ts";

export function isVercelAiSpan(attributes: Attributes): boolean {
  return attributes.has("ai.model.id");
}

/**
 * The Vercel AI SDK's own names, of its releases 4, 5 and 6, and of 7 with its legacy telemetry. Spans of a whole
 * operation (`ai.generateText`) sum up those of their requests (`ai.generateText.doGenerate`): both are told, and of a
 * chain the innermost counts.
 *
 * With `inputTokenDetails` (6 and 7) the input count is the total of all kinds (@ai-sdk/anthropic 3.0.140). Without
 * them (4 and 5) it is what the provider reports, and Anthropic and Bedrock report what is not cached; there, what was
 * written to the cache stands in the provider's metadata alone (@ai-sdk/anthropic 2.0.112).
 */
export function readVercelAi(attributes: Attributes): ToldCall {
  const operation = textOf(attributes, "ai.operationId") ?? "";
  const provider = textOf(attributes, "ai.model.provider", "gen_ai.system");
  return {
    provider,
    requestModel: textOf(attributes, "ai.model.id", "gen_ai.request.model"),
    responseModel: textOf(attributes, "ai.response.model", "gen_ai.response.model"),
    responseId: textOf(attributes, "ai.response.id", "gen_ai.response.id"),
    isRequest: /\.do[A-Z]\w*$/.test(operation),
    isEmbedding: operation.startsWith("ai.embed"),
    counts: readCounts(attributes, provider),
    serviceTier: "standard",
    costPico: null,
    ttftMs: numberOf(attributes, "ai.response.msToFirstChunk", "ai.stream.msToFirstChunk"),
  };
}

function readCounts(attributes: Attributes, provider: string | null): ToldCounts {
  const detailed = countOf(attributes, "ai.usage.inputTokenDetails.cacheReadTokens");
  const cacheWrite = countOf(attributes, "ai.usage.inputTokenDetails.cacheWriteTokens");
  const uncached = countOf(attributes, "ai.usage.inputTokenDetails.noCacheTokens");
  const hasDetails = detailed !== null || cacheWrite !== null || uncached !== null;
  return {
    prompt: countOf(
      attributes,
      "ai.usage.inputTokens",
      "ai.usage.promptTokens",
      "ai.usage.tokens",
      "gen_ai.usage.input_tokens",
    ),
    completion: countOf(attributes, "ai.usage.outputTokens", "ai.usage.completionTokens", "gen_ai.usage.output_tokens"),
    total: countOf(attributes, "ai.usage.totalTokens"),
    cacheRead: detailed ?? countOf(attributes, "ai.usage.cachedInputTokens"),
    cacheWrite: hasDetails ? cacheWrite : cacheWriteIn(attributes.get("ai.response.providerMetadata"), provider),
    cacheWrite1h: null,
    reasoning: countOf(attributes, "ai.usage.outputTokenDetails.reasoningTokens", "ai.usage.reasoningTokens"),
    audioInput: null,
    audioOutput: null,
    promptIncludesCache: hasDetails || !excludesCache(provider),
  };
}

const maxMetadataLength = 16_384;

function cacheWriteIn(metadata: unknown, provider: string | null): number | null {
  if (typeof metadata !== "string" || metadata.length > maxMetadataLength || !excludesCache(provider)) return null;
  const found = /"cacheCreationInputTokens":([0-9]{1,12})[,}]/.exec(metadata);
  return found === null ? null : Number(found[1]);
}
