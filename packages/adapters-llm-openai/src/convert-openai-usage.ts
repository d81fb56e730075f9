import { tokensProblem, type ServiceTier, type Tokens, type Usage } from "@tenantry/core";
import { isJsonObject, objectOf } from "./json-object.ts";

/**
 * OpenAI's usage in disjoint classes, or null when there is none or it contradicts itself (R6).
 *
 * `prompt_tokens` includes cached, cache-written and audio tokens; `completion_tokens` includes reasoning and audio
 * tokens and rejected predictions. Cache writes (billed since GPT-5.6, kept 30 minutes) are `cacheWrite5m`, the class of
 * a provider's ordinary cache write; those of a longer retention are `cacheWrite1h`. Servers that count reasoning beside
 * `completion_tokens` (xAI) are known by their own total.
 *
 * `serviceTier` is the answer's `service_tier`. Any that is neither the ordinary one nor one of ours (`scale`, which is
 * paid for in advance; a word of tomorrow) is the fee `serviceTier.<word>`: unpriced until somebody prices it, because
 * the ordinary rates would be wrong (R6).
 *
 * https://developers.openai.com/api/reference/resources/chat and
 * https://developers.openai.com/api/docs/guides/prompt-caching
 */
export function convertOpenAIUsage(usage: unknown, serviceTier: unknown): Usage | null {
  if (!isJsonObject(usage)) return null;
  const promptTokens = countOf(usage["prompt_tokens"]);
  const completionTokens = countOf(usage["completion_tokens"]);
  const total = optionalCount(usage["total_tokens"], promptTokens + completionTokens);
  const read = objectOf(usage["prompt_tokens_details"]);
  const wrote = objectOf(usage["completion_tokens_details"]);
  const writes = objectOf(read["cache_write_tokens_details"]);

  const cacheRead = optionalCount(read["cached_tokens"], 0);
  const cacheWrite = optionalCount(read["cache_write_tokens"], 0);
  const cacheWrite1h = optionalCount(writes["ttl_12h_tokens"], 0);
  const audioInput = optionalCount(read["audio_tokens"], 0);
  const reasoning = optionalCount(wrote["reasoning_tokens"], 0);
  const audioOutput = optionalCount(wrote["audio_tokens"], 0);

  const besideCompletion = reasoning > 0 && total === promptTokens + completionTokens + reasoning;
  const written = besideCompletion ? completionTokens + reasoning : completionTokens;
  if (total !== promptTokens + written) return null;
  const tokens: Tokens = {
    input: promptTokens - cacheRead - cacheWrite - audioInput,
    cacheRead,
    cacheWrite5m: cacheWrite - cacheWrite1h,
    cacheWrite1h,
    output: written - reasoning - audioOutput,
    reasoning,
    audioInput,
    audioOutput,
  };
  if (tokensProblem(tokens) !== null) return null;
  return { tokens, ...toServiceTier(serviceTier) };
}

/** A count, or NaN, which makes the whole report unreadable. Beyond 2⁵³ sums round, and a contradiction would not show. */
function countOf(value: unknown): number {
  return Number.isSafeInteger(value) ? (value as number) : Number.NaN;
}

function optionalCount(value: unknown, absent: number): number {
  return value === undefined || value === null ? absent : countOf(value);
}

/** `fast` is asked for and answered as `priority`; both are read. `on_demand` is Groq's word for the ordinary one. */
const knownTiers: ReadonlyMap<unknown, ServiceTier> = new Map<unknown, ServiceTier>([
  [undefined, "standard"],
  [null, "standard"],
  ["", "standard"],
  ["auto", "standard"],
  ["default", "standard"],
  ["standard", "standard"],
  ["on_demand", "standard"],
  ["flex", "flex"],
  ["batch", "batch"],
  ["priority", "priority"],
  ["fast", "priority"],
]);

function toServiceTier(tier: unknown): Pick<Usage, "serviceTier" | "fees"> {
  const known = knownTiers.get(tier);
  if (known !== undefined) return { serviceTier: known, fees: {} };
  return { serviceTier: "standard", fees: { [`serviceTier.${typeof tier === "string" ? tier : "unknown"}`]: 1 } };
}
