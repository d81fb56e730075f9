import { formatPerMillionUsd, formatUsd } from "../money/decimal.ts";
import type { PicoUsd } from "../money/pico-usd.ts";
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

/** A figure of a price as an exact amount. */
export interface PriceAmount {
  /** `input`, or `output, batch`. */
  readonly of: string;
  /** Per token, or per unit. */
  readonly pico: PicoUsd;
  readonly per: "million tokens" | "unit";
}

/** Every figure of a price: standard, long-context and other service tiers' rates, and fees. */
export function priceAmounts(price: Price): readonly PriceAmount[] {
  const amountsOf = (rates: Rates, suffix: string): PriceAmount[] =>
    tokenClasses.flatMap((name) => {
      const pico = rates[name];
      return pico === undefined ? [] : [{ of: `${name}${suffix}`, pico, per: "million tokens" }];
    });
  return [
    ...amountsOf(price.rates, ""),
    ...price.longContext.flatMap((step) => amountsOf(step.rates, `, above ${step.aboveInputTokens} input tokens`)),
    ...Object.entries(price.serviceTiers).flatMap(([name, rates]) => amountsOf(rates, `, ${name}`)),
    ...Object.entries(price.fees).map(([name, pico]): PriceAmount => ({ of: name, pico, per: "unit" })),
  ];
}

/** The same figures as text. */
export function priceFigures(price: Price): readonly PriceFigure[] {
  return priceAmounts(price).map(({ of, pico, per }) => ({ of, usd: amountText(pico, per), per }));
}

/** An amount of a price in US dollars per its unit. */
export function amountText(pico: PicoUsd, per: PriceAmount["per"]): string {
  return per === "unit" ? formatUsd(pico) : formatPerMillionUsd(pico);
}

function rateText(rates: Rates, name: keyof Rates): string | null {
  const value = rates[name];
  return value === undefined ? null : formatPerMillionUsd(value);
}
