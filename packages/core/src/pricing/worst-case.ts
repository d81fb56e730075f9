import type { PicoUsd } from "../money/pico-usd.ts";
import type { Price, Rates } from "./price.ts";
import { rateOf } from "./cost.ts";
import type { TokenClass } from "./usage.ts";

/** The most a request can make a provider do. */
export interface UsageBound {
  /** Upper bound of all input tokens together. */
  readonly inputTokens: number;
  /** Classes the input can be billed under. */
  readonly inputClasses: readonly TokenClass[];
  /** Output limit of one answer, times the answers asked for. */
  readonly outputTokens: number;
}

/**
 * The most a request within this bound can cost under this price: dearest applicable input class × input bound +
 * dearest output class × output bound, over the base rates and every long-context step the bound can reach. Null when
 * the price names no input or no output rate: there is no bound then.
 */
export function worstCaseCost(price: Price, bound: UsageBound): PicoUsd | null {
  const candidates: Rates[] = [price.rates];
  let reached = price.rates;
  for (const step of price.longContext) {
    if (bound.inputTokens <= step.aboveInputTokens) continue;
    reached = { ...reached, ...step.rates };
    candidates.push(reached);
  }
  let worst: PicoUsd | null = null;
  for (const rates of candidates) {
    const input = dearest(rates, bound.inputClasses);
    const output = bound.outputTokens === 0 ? 0n : dearest(rates, ["output", "reasoning"]);
    if (input === null || output === null) return null;
    const amount = input * BigInt(bound.inputTokens) + output * BigInt(bound.outputTokens);
    if (worst === null || amount > worst) worst = amount;
  }
  const request = price.fees["request"];
  return worst === null ? null : worst + (request ?? 0n);
}

function dearest(rates: Rates, classes: readonly TokenClass[]): PicoUsd | null {
  let found: PicoUsd | null = null;
  for (const name of classes) {
    const rate = rateOf(rates, name);
    if (rate !== undefined && (found === null || rate > found)) found = rate;
  }
  return found;
}
