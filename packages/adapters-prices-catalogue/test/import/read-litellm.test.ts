import { amountText, type ImportedPrice, TenantryError } from "@tenantry/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PriceImport, readPriceImport } from "../../src/index.ts";

const from = Date.UTC(2026, 10, 1);
const providers = new Map([
  ["openai", "openai"],
  ["azure", "azure-eu"],
]);

function read(text: string, ignore: readonly string[] = []): PriceImport {
  return readPriceImport("litellm", text, { providers, from, ignore });
}

/** One model of OpenAI with these fields, as they stand in the file. */
function model(fields: string, key = "gpt-9"): string {
  return `{ "${key}": { "litellm_provider": "openai", "mode": "chat", ${fields} } }`;
}

const plain = `"input_cost_per_token": 1.5e-07, "output_cost_per_token": 6e-07`;

function only({ prices, refused }: PriceImport): ImportedPrice {
  expect(refused).toEqual([]);
  expect(prices).toHaveLength(1);
  return prices[0] as ImportedPrice;
}

describe("LiteLLM's map", () => {
  it("is read to exact rates: per token, cached, long, by service tier, and a fee", () => {
    const text = `{
      "sample_spec": { "litellm_provider": "openai", "input_cost_per_token": 0.0 },
      "fallback_generalizations": { "rules": [] },
      "openai/gpt-9": {
        "litellm_provider": "openai", "mode": "chat", "max_input_tokens": 400000, "supports_vision": true,
        "source": "https://example.com/pricing", "deprecation_date": "2027-01-01",
        "input_cost_per_token": 1.25e-06, "output_cost_per_token": 0.00001, "cache_read_input_token_cost": 1.25e-7,
        "cache_creation_input_token_cost": 1.5625e-06, "cache_creation_input_token_cost_above_1hr": 2.5e-06,
        "output_cost_per_reasoning_token": 1e-05, "input_cost_per_audio_token": 4E-5, "output_cost_per_audio_token": 8e-5,
        "input_cost_per_token_above_200k_tokens": 2.5e-06, "output_cost_per_token_above_200k_tokens": 1.5e-05,
        "cache_read_input_token_cost_above_272k_tokens": 5e-7,
        "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 5e-06,
        "input_cost_per_token_batches": 6.25e-07, "output_cost_per_token_flex": 5e-06,
        "cache_read_input_token_cost_priority": 2.5e-7,
        "file_search_cost_per_1k_calls": 0.0025, "input_cost_per_request": 0.01,
        "search_context_cost_per_query": { "search_context_size_low": 0.01, "search_context_size_high": 0.01 }
      }
    }`;
    const { price, path } = only(read(text));
    expect(path).toBe('["openai/gpt-9"]');
    expect(price).toMatchObject({ provider: "openai", model: "gpt-9", tenantId: null, from, to: null });
    expect(price.rates).toEqual({
      input: 1_250_000n,
      output: 10_000_000n,
      reasoning: 10_000_000n,
      cacheRead: 125_000n,
      cacheWrite5m: 1_562_500n,
      cacheWrite1h: 2_500_000n,
      audioInput: 40_000_000n,
      audioOutput: 80_000_000n,
    });
    expect(price.longContext).toEqual([
      { aboveInputTokens: 200_000, rates: { input: 2_500_000n, output: 15_000_000n, cacheWrite1h: 5_000_000n } },
      { aboveInputTokens: 272_000, rates: { cacheRead: 500_000n } },
    ]);
    expect(price.serviceTiers).toEqual({
      batch: { input: 625_000n },
      flex: { output: 5_000_000n },
      priority: { cacheRead: 250_000n },
    });
    expect(price.fees).toEqual({ fileSearch: 2_500_000n, request: 10_000_000_000n, webSearch: 10_000_000_000n });
  });

  it("is read from the digits, which no float has: a rate comes back as it was written", () => {
    fc.assert(
      fc.property(fc.nat({ max: 10 ** 9 }), fc.integer({ min: 0, max: 12 }), (digits, decimals) => {
        const text = `${digits}e-${decimals}`;
        const { price } = only(read(model(`"input_cost_per_token": ${text}`)));
        expect(price.rates.input).toBe(BigInt(digits) * 10n ** BigInt(12 - decimals));
      }),
      { numRuns: 200 },
    );
  });

  it.each<[string, string, string]>([
    ["below 10⁻¹² dollars", `"input_cost_per_token": 1.00000005e-07`, "input_cost_per_token is 1.00000005e-07, which"],
    ["negative", `"input_cost_per_token": -1e-07`, "input_cost_per_token is -1e-07, which is negative"],
    ["no number", `"input_cost_per_token": "1e-07"`, "input_cost_per_token is not a number"],
    ["by the image", `${plain}, "output_cost_per_image": 0.04`, "output_cost_per_image bills what is not metered"],
    ["by image tokens", `${plain}, "input_cost_per_image_token": 1e-06`, "input_cost_per_image_token bills"],
    ["by cached audio", `${plain}, "cache_read_input_audio_token_cost": 1e-06`, "cache_read_input_audio_token_cost"],
    ["with a markup for a region", `${plain}, "regional_processing_uplift_multiplier_eu": 1.1`, "regional_processing"],
    ["in tiers of its own", `${plain}, "tiered_pricing": [{ "range": [0, 1] }]`, "tiered_pricing"],
    ["by a field of tomorrow", `${plain}, "quantum_cost_per_qubit": 3`, "quantum_cost_per_qubit bills"],
    ["by nothing known", `"max_tokens": 5`, "has no price per token"],
  ])("refuses a model priced %s whole, and names the field", (_name, fields, problem) => {
    const { prices, refused } = read(model(fields));
    expect(prices).toEqual([]);
    expect(refused).toEqual([
      { model: "openai/gpt-9", path: '["gpt-9"]', problem: expect.stringContaining(problem) as string },
    ]);
  });

  it("takes such a model once the field is ignored by name, and lists what has no effect", () => {
    const fields = `${plain}, "output_cost_per_image": 0.04, "input_cost_per_pixel": 0, "glitter": true,
      "code_interpreter_cost_per_session": 0.03, "input_cost_per_token_above_272k_tokens_priority": 1e-5,
      "search_context_cost_per_query": { "search_context_size_low": 0.01, "search_context_size_high": 0.02 }`;
    const read1 = read(model(fields), ["output_cost_per_image"]);
    expect(only(read1).price.fees).toEqual({});
    expect(read1.ignored.map(({ field, models }) => [field, models])).toEqual([
      ["code_interpreter_cost_per_session", 1],
      ["glitter", 1],
      ["input_cost_per_pixel", 1],
      ["input_cost_per_token_above_272k_tokens_priority", 1],
      ["output_cost_per_image", 1],
      ["search_context_cost_per_query", 1],
    ]);
  });

  it("takes the providers asked for, under the names they have here, and counts the others", () => {
    const text = `{
      "azure/gpt-9": { "litellm_provider": "azure", ${plain} },
      "gpt-9": { "litellm_provider": "openai", ${plain} },
      "gemini/x": { "litellm_provider": "gemini", ${plain} },
      "broken": 5
    }`;
    const { prices, notAsked } = read(text);
    expect(prices.map(({ price }) => `${price.provider}/${price.model}`)).toEqual(["azure-eu/gpt-9", "openai/gpt-9"]);
    expect(notAsked).toBe(2);
  });

  it("prices aliases, and refuses a second entry for one model", () => {
    const text = `{
      "gpt-9": { "litellm_provider": "openai", "aliases": ["gpt-9-2026"], ${plain} },
      "openai/gpt-9": { "litellm_provider": "openai", ${plain} }
    }`;
    const { prices, refused } = read(text);
    expect(prices.map(({ price }) => price.model)).toEqual(["gpt-9", "gpt-9-2026"]);
    expect(refused).toEqual([
      { model: "openai/gpt-9", path: '["openai/gpt-9"]', problem: 'is priced by ["gpt-9"] already' },
    ]);
    expect(amountText(prices[0]?.price.rates.input ?? 0n, "million tokens")).toBe("0.15");
  });

  it.each(["", "[]", "5", '{ "a": ', "null"])("refuses %j as a file", (text) => {
    expect(() => read(text)).toThrow(TenantryError);
  });

  it("never throws otherwise, whatever the entries are", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (data) => {
        const entries = { ...data, x: { litellm_provider: "openai", ...data } };
        expect(read(JSON.stringify(entries)).notAsked).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 200 },
    );
  });
});
