import type { Price, Rates, TokenClass } from "@tenantry/core";

/** Where the vendors state what a batch costs. */
export const batchPages: Readonly<Record<string, string>> = {
  openai: "https://developers.openai.com/api/docs/pricing",
  anthropic: "https://platform.claude.com/docs/en/build-with-claude/batch-processing",
};

const plainText: readonly TokenClass[] = ["input", "output"];
const withCacheReads: readonly TokenClass[] = ["input", "cacheRead", "output"];
const withCaching: readonly TokenClass[] = ["input", "cacheRead", "cacheWrite5m", "cacheWrite1h", "output"];

/**
 * Models whose batch price is half of the standard one, and the token classes of which the vendor says so. Models and
 * classes that are not here have no known batch price. Anthropic halves every token class and lets it combine with
 * caching; OpenAI lists halved cached input for the GPT-5 family only.
 */
const halved: Readonly<Record<string, ReadonlyMap<string, readonly TokenClass[]>>> = {
  openai: new Map<string, readonly TokenClass[]>([
    ...[
      "gpt-3.5-turbo",
      "gpt-4",
      "gpt-4-turbo",
      "gpt-4o",
      "gpt-4o-2024-05-13",
      "gpt-4o-mini",
      "gpt-4.1",
      "gpt-4.1-mini",
      "gpt-4.1-nano",
      "o1",
      "o3",
      "o3-mini",
      "o4-mini",
      "text-embedding-3-large",
      "text-embedding-3-small",
      "text-embedding-ada-002",
    ].map((model) => [model, plainText] as const),
    ...["gpt-5", "gpt-5-mini", "gpt-5-nano"].map((model) => [model, withCacheReads] as const),
  ]),
  anthropic: new Map<string, readonly TokenClass[]>(
    [
      "claude-3-haiku",
      "claude-3-opus-latest",
      "claude-3-5-haiku-latest",
      "claude-3-5-sonnet",
      "claude-3-7-sonnet-latest",
      "claude-haiku-4-5",
      "claude-opus-4-0",
      "claude-opus-4-1",
      "claude-opus-4-5",
      "claude-opus-4-6",
      "claude-opus-4-8",
      "claude-sonnet-4-0",
      "claude-sonnet-4-5",
      "claude-sonnet-4-6",
    ].map((model) => [model, withCaching] as const),
  ),
};

/** The price with its batch tier, where the vendor states one that is exact; else unchanged. */
export function withBatchPrice(price: Price): Price {
  const classes = halved[price.provider]?.get(price.model);
  if (classes === undefined) return price;
  const batch: Partial<Record<TokenClass, bigint>> = {};
  for (const name of classes) {
    const rate = price.rates[name];
    if (rate !== undefined && rate % 2n === 0n) batch[name] = rate / 2n;
  }
  const rates: Rates = batch;
  return {
    ...price,
    serviceTiers: { ...price.serviceTiers, batch: rates },
    source: `${price.source}; batch: ${batchPages[price.provider]}`,
  };
}
