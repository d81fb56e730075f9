import { formatPerMillionUsd, formatUsd } from "../money/decimal.ts";
import { formatModelRef } from "../tenancy/model-ref.ts";
import { formatInstant } from "../time/instant.ts";
import type { Price, Rates } from "./price.ts";
import { tokenClasses } from "./usage.ts";

/** A price as JSON carries it; rates are decimal strings of USD per million tokens, absent where there is none. */
export type PriceView = {
  readonly model: string;
  readonly priceId: string;
  /** Only for this tenant; null is everybody. */
  readonly tenantId: string | null;
  /** First instant of validity; null is "since ever". */
  readonly from: string | null;
  /** First instant after validity; null is "until further notice". */
  readonly to: string | null;
  readonly source: string;
} & Readonly<Partial<Record<keyof Rates, string>>>;

/** One figure of a price. */
export interface PriceFigure {
  /** `input`, or `output, batch`. */
  readonly of: string;
  /** Decimal string. */
  readonly usd: string;
  /** `million tokens` or `unit`. */
  readonly per: string;
}

export function priceView(price: Price): PriceView {
  const rates = tokenClasses.flatMap((name) => {
    const amount = rateText(price.rates, name);
    return amount === null ? [] : [[name, amount] as const];
  });
  return {
    model: formatModelRef(price),
    priceId: price.id,
    tenantId: price.tenantId,
    from: price.from === null ? null : formatInstant(price.from),
    to: price.to === null ? null : formatInstant(price.to),
    ...Object.fromEntries(rates),
    source: price.source,
  };
}

/** Every figure of a price: standard, long-context and other service tiers' rates, and fees. */
export function priceFigures(price: Price): readonly PriceFigure[] {
  const figuresOf = (rates: Rates, suffix: string): PriceFigure[] =>
    tokenClasses.flatMap((name) => {
      const usd = rateText(rates, name);
      return usd === null ? [] : [{ of: `${name}${suffix}`, usd, per: "million tokens" }];
    });
  return [
    ...figuresOf(price.rates, ""),
    ...price.longContext.flatMap((step) => figuresOf(step.rates, `, above ${step.aboveInputTokens} input tokens`)),
    ...Object.entries(price.serviceTiers).flatMap(([name, rates]) => figuresOf(rates, `, ${name}`)),
    ...Object.entries(price.fees).map(([name, amount]) => ({ of: name, usd: formatUsd(amount), per: "unit" })),
  ];
}

function rateText(rates: Rates, name: keyof Rates): string | null {
  const value = rates[name];
  return value === undefined ? null : formatPerMillionUsd(value);
}
