import type { UsdPerMillion } from "./prices.ts";
import { prices } from "./prices.ts";
import type { TokenCounts } from "./token-counts.ts";
import { inputTotal } from "./token-counts.ts";

/**
 * A price in 10⁻¹² USD per token. One USD per million tokens is 10⁶ of them, so six decimals are exact;
 * more decimals, signs and exponents are a RangeError.
 */
export function picoPerToken(usdPerMillion: string): bigint {
  const match = /^(\d+)(?:\.(\d{1,6}))?$/.exec(usdPerMillion);
  if (!match) throw new RangeError(`not a price in USD per million tokens: ${usdPerMillion}`);
  return BigInt(match[1] ?? "0") * 1_000_000n + BigInt((match[2] ?? "").padEnd(6, "0"));
}

function charge(model: string, name: string, tokens: number, price: string | null): bigint {
  if (tokens === 0) return 0n;
  if (price === null) throw new RangeError(`${model} has no price for ${name} tokens`);
  return BigInt(tokens) * picoPerToken(price);
}

/** What the provider bills for these tokens, in 10⁻¹² USD. A RangeError for a family that has no prices. */
export function amountPico(family: string, tokens: TokenCounts): bigint {
  const base = prices[family];
  if (!base) throw new RangeError(`no prices for ${family}`);
  const long = base.longContext;
  const price: UsdPerMillion = long && inputTotal(tokens) > long.aboveInputTokens ? long : base;
  return (
    charge(family, "input", tokens.input, price.input) +
    // A model without a cache discount bills cached tokens as input.
    charge(family, "cacheRead", tokens.cacheRead, price.cacheRead ?? price.input) +
    charge(family, "cacheWrite5m", tokens.cacheWrite5m, price.cacheWrite5m) +
    charge(family, "cacheWrite1h", tokens.cacheWrite1h, price.cacheWrite1h) +
    charge(family, "output", tokens.output, price.output) +
    charge(family, "reasoning", tokens.reasoning, price.output) +
    charge(family, "audioInput", tokens.audioInput, null) +
    charge(family, "audioOutput", tokens.audioOutput, null)
  );
}
