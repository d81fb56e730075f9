import type { ServiceTier, TokenClass } from "@tenantry/core";

/** Rates in USD per token (https://docs.litellm.ai/docs/proxy/model_cost_map, 2026-10-19). */
const rates: ReadonlyMap<string, TokenClass> = new Map([
  ["input_cost_per_token", "input"],
  ["output_cost_per_token", "output"],
  ["output_cost_per_reasoning_token", "reasoning"],
  ["cache_read_input_token_cost", "cacheRead"],
  ["cache_creation_input_token_cost", "cacheWrite5m"],
  ["cache_creation_input_token_cost_above_1hr", "cacheWrite1h"],
  ["input_cost_per_audio_token", "audioInput"],
  ["output_cost_per_audio_token", "audioOutput"],
]);

const tiers: Readonly<Record<string, Exclude<ServiceTier, "standard">>> = {
  batches: "batch",
  flex: "flex",
  priority: "priority",
};

/** What a field of a model says. */
export type FieldMeaning =
  | {
      readonly kind: "rate";
      readonly class: TokenClass;
      /** The rate holds above this many input tokens, for the whole request. */
      readonly above: number | null;
      readonly tier: Exclude<ServiceTier, "standard"> | null;
    }
  /** Dollars for so many units. */
  | { readonly kind: "fee"; readonly fee: string; readonly units: 1 | 1000 }
  | { readonly kind: "search" }
  /** Bills a unit of its own: usage that has it stays unpriced, never billed as something else (R6). */
  | { readonly kind: "own-unit" }
  /** Bills what would be billed as text without it, or changes other rates. */
  | { readonly kind: "unmetered" }
  /** Says nothing about money. */
  | { readonly kind: "plain" }
  | { readonly kind: "unknown" };

const rateField = new RegExp(
  `^(${[...rates.keys()].sort((a, b) => b.length - a.length).join("|")})(?:_above_(\\d{1,6})k_tokens)?(?:_(batches|flex|priority))?$`,
);

const fees: ReadonlyMap<string, FieldMeaning> = new Map<string, FieldMeaning>([
  ["file_search_cost_per_1k_calls", { kind: "fee", fee: "fileSearch", units: 1000 }],
  ["input_cost_per_request", { kind: "fee", fee: "request", units: 1 }],
  ["search_context_cost_per_query", { kind: "search" }],
  ["code_interpreter_cost_per_session", { kind: "own-unit" }],
  ["file_search_cost_per_gb_per_day", { kind: "own-unit" }],
  ["google_maps_grounding_cost_per_query", { kind: "own-unit" }],
]);

const plainFields: ReadonlySet<string> = new Set([
  ...["litellm_provider", "mode", "source", "metadata", "comment", "deprecation_date", "rpm", "tpm", "aliases"],
  ...["output_vector_size", "prompt_cache_min_tokens", "tool_use_system_prompt_tokens", "thinking_always_on"],
  ...["reasoning_effort_levels", "default_reasoning_effort", "provider_specific_entry", "web_search_billing_unit"],
]);
const plainBeginnings = /^(?:supports|supported|max|bedrock|gemini|vertex|use|uses)_/;
const billing = /cost|price|pricing|_per_|multiplier|uplift|dbu/;

/**
 * The meaning of a field of `model_prices_and_context_window.json`, by its name. New fields appear there regularly, so a
 * name that speaks of money and is not known here is taken for one that bills.
 */
export function meaningOf(field: string): FieldMeaning {
  const rate = rateField.exec(field);
  if (rate !== null) {
    const [, base = "", above, tier] = rate;
    return {
      kind: "rate",
      class: rates.get(base) as TokenClass,
      above: above === undefined ? null : Number(above) * 1000,
      tier: tier === undefined ? null : (tiers[tier] ?? null),
    };
  }
  const fee = fees.get(field);
  if (fee !== undefined) return fee;
  if (plainFields.has(field) || plainBeginnings.test(field)) return { kind: "plain" };
  return { kind: billing.test(field) ? "unmetered" : "unknown" };
}
