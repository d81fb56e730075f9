import type { PicoUsd } from "../money/pico-usd.ts";
import type { Instant } from "../time/instant.ts";
import type { ServiceTier, TokenClass } from "./usage.ts";

/** Pico-USD per token, by class. A class that is absent has no known price; a price of 0 is a price (R6). */
export type Rates = Readonly<Partial<Record<TokenClass, PicoUsd>>>;

/** Rates that replace the base for the whole request once its input is larger than a threshold. */
export interface LongContextRates {
  /** Applies when all input tokens together are more than this. */
  readonly aboveInputTokens: number;
  readonly rates: Rates;
}

/** What one model costs over one period of validity. Immutable: a change of price is another record. */
export interface Price {
  /** Names this record for ever; it is the price version on ledger lines. */
  readonly id: string;
  readonly provider: string;
  readonly model: string;
  /** Only for this tenant; null is everybody. A tenant's own price wins over the global one. */
  readonly tenantId: string | null;
  /** First instant of validity; null is "since ever". */
  readonly from: Instant | null;
  /** First instant after validity; null is "until further notice". */
  readonly to: Instant | null;
  readonly rates: Rates;
  /** Ascending by threshold. */
  readonly longContext: readonly LongContextRates[];
  /** Other service tiers that have prices of their own. `standard` is `rates`. */
  readonly serviceTiers: Readonly<Partial<Record<Exclude<ServiceTier, "standard">, Rates>>>;
  /** Pico-USD per unit of things that are not tokens (`webSearch`, `request`). */
  readonly fees: Readonly<Record<string, PicoUsd>>;
  /** Where the figures come from: a package and version, or a file. */
  readonly source: string;
}
