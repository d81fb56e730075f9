import type { PicoUsd } from "../money/pico-usd.ts";
import type { Price, Rates } from "./price.ts";
import { inputTokens, tokenClasses, type TokenClass, type Usage } from "./usage.ts";

/** One line of a cost: `quantity × ratePico = amountPico`, exactly. */
export interface CostItem {
  /** A token class, or the name of a fee. */
  readonly of: TokenClass | (string & {});
  readonly quantity: number;
  /** Pico-USD per token or unit. */
  readonly ratePico: PicoUsd;
  readonly amountPico: PicoUsd;
}

/** What an attempt cost the operator, or why that is not known. Unknown is never 0 (R6). */
export type Cost =
  | {
      readonly kind: "priced";
      readonly amountPico: PicoUsd;
      readonly items: readonly CostItem[];
      /** Id of the price record. */
      readonly priceId: string;
    }
  | { readonly kind: "unpriced"; readonly reason: string };

/**
 * The rates that apply to this usage, or null when the price does not say: those of its service tier, else the base
 * with every long-context step that is exceeded.
 *
 * Steps are priced for the standard tier alone. A long request in another tier is dearer than that tier's rates by an
 * amount nobody stated, so it has none (R6).
 */
export function ratesFor(price: Price, usage: Usage): Rates | null {
  const input = inputTokens(usage.tokens);
  if (usage.serviceTier !== "standard") {
    const isLong = price.longContext.some((step) => input > step.aboveInputTokens);
    return isLong ? null : (price.serviceTiers[usage.serviceTier] ?? null);
  }
  let rates = price.rates;
  for (const step of price.longContext) {
    if (input > step.aboveInputTokens) rates = { ...rates, ...step.rates };
  }
  return rates;
}

/** Reasoning tokens are billed as output by every provider that reports them, unless the price names them apart. */
export function rateOf(rates: Rates, name: TokenClass): PicoUsd | undefined {
  return rates[name] ?? (name === "reasoning" ? rates.output : undefined);
}

/** Exact cost of a usage under a price (R5): integers only, no rounding, no division. */
export function costOf(usage: Usage, price: Price): Cost {
  const rates = ratesFor(price, usage);
  if (rates === null) {
    const input = inputTokens(usage.tokens);
    return {
      kind: "unpriced",
      reason: `price ${price.id} has no ${usage.serviceTier} rates for ${input} input tokens`,
    };
  }
  const items: CostItem[] = [];
  let amountPico = 0n;
  for (const name of tokenClasses) {
    const quantity = usage.tokens[name];
    if (quantity === 0) continue;
    const ratePico = rateOf(rates, name);
    if (ratePico === undefined) return { kind: "unpriced", reason: `price ${price.id} has no rate for ${name}` };
    const amount = BigInt(quantity) * ratePico;
    amountPico += amount;
    items.push({ of: name, quantity, ratePico, amountPico: amount });
  }
  for (const [name, quantity] of Object.entries(usage.fees)) {
    if (quantity === 0) continue;
    const ratePico = Object.hasOwn(price.fees, name) ? price.fees[name] : undefined;
    if (ratePico === undefined) return { kind: "unpriced", reason: `price ${price.id} has no fee for ${name}` };
    const amount = BigInt(quantity) * ratePico;
    amountPico += amount;
    items.push({ of: name, quantity, ratePico, amountPico: amount });
  }
  return { kind: "priced", amountPico, items, priceId: price.id };
}
