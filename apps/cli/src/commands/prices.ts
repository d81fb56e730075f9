import {
  formatInstant,
  formatModelRef,
  formatPerMillionUsd,
  formatUsd,
  parseModelRef,
  type Price,
  type Rates,
  TenantryError,
  tokenClasses,
} from "@tenantry/core";
import type { Context } from "../context.ts";

/** `tenantry prices list`: what the tiers' models cost now; with `--all`, every price known. */
export async function listPrices(context: Context, options: { readonly all?: boolean }): Promise<number> {
  const { catalogue, prices } = await context.config();
  const book = prices.current();
  const routes = [...catalogue.tiers.values()].flatMap((tier) => tier.route);
  const offered = new Map(routes.map((ref) => [formatModelRef(ref), book.find(ref, Date.now())]));
  const listed = options.all === true ? book.prices : [...offered.values()].filter((price) => price !== null);
  context.print({
    title: `Prices in USD per million tokens, ${options.all === true ? "all" : "of the tiers' models"}; book ${book.version}`,
    columns: [
      { key: "model", title: "model" },
      { key: "from", title: "from" },
      ...(["input", "cacheRead", "cacheWrite5m", "output"] as const).map((key) => ({
        key,
        title: key,
        align: "right" as const,
      })),
      { key: "priceId", title: "price" },
    ],
    rows: listed.map((price) => ({
      model: formatModelRef(price),
      from: price.from === null ? null : formatInstant(price.from).slice(0, 10),
      input: rate(price.rates, "input"),
      cacheRead: rate(price.rates, "cacheRead"),
      cacheWrite5m: rate(price.rates, "cacheWrite5m"),
      output: rate(price.rates, "output"),
      priceId: price.id,
    })),
    meta: { version: book.version },
  });
  return 0;
}

/** `tenantry prices show <provider/model>`: every figure of the price in force, and its source. */
export async function showPrice(context: Context, text: string): Promise<number> {
  const ref = parseModelRef(text);
  if (ref === null)
    throw TenantryError.invalidRequest("model", 'must be written "provider/model", such as openai/gpt-4o-mini');
  const { prices } = await context.config();
  const price = prices.current().find(ref, Date.now());
  if (price === null) throw new TenantryError("not_found", `${text} has no price in book ${prices.current().version}`);
  context.print({
    title: `Price of ${text} now`,
    columns: [
      { key: "of", title: "of" },
      { key: "usd", title: "USD", align: "right" },
      { key: "unit", title: "per" },
    ],
    rows: priceRows(price),
    meta: { priceId: price.id, source: price.source, from: price.from, to: price.to },
    notes: [`price ${price.id}`, `source ${price.source}`],
  });
  return 0;
}

function priceRows(price: Price): { of: string; usd: string; unit: string }[] {
  const ratesOf = (rates: Rates, prefix: string): { of: string; usd: string; unit: string }[] =>
    tokenClasses.flatMap((name) => {
      const value = rate(rates, name);
      return value === null ? [] : [{ of: `${prefix}${name}`, usd: value, unit: "million tokens" }];
    });
  return [
    ...ratesOf(price.rates, ""),
    ...price.longContext.flatMap((step) => ratesOf(step.rates, `above ${step.aboveInputTokens} input tokens: `)),
    ...Object.entries(price.serviceTiers).flatMap(([name, rates]) => ratesOf(rates, `${name}: `)),
    ...Object.entries(price.fees).map(([name, amount]) => ({ of: name, usd: formatUsd(amount), unit: "unit" })),
  ];
}

function rate(rates: Rates, name: keyof Rates): string | null {
  const value = rates[name];
  return value === undefined ? null : formatPerMillionUsd(value);
}
