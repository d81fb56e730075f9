import type { ModelInfo, ModelPrice } from "@pydantic/genai-prices";
import type { Instant, LongContextRates, PicoUsd, Price, Rates, TokenClass } from "@tenantry/core";
import { catalogueSource, catalogueVersion } from "./catalogue-release.ts";
import { picoPerToken, picoPerUnitOfThousand } from "./exact-amounts.ts";

/** The prices of one model, oldest first, or why it cannot be priced exactly. */
export type ConvertedModel =
  | { readonly ok: true; readonly prices: readonly Price[] }
  | { readonly ok: false; readonly problem: string };

/** Keys of the data in dollars per million tokens. The specific cache-write key wins over the general one. */
const classOfKey: ReadonlyMap<string, TokenClass> = new Map([
  ["input_mtok", "input"],
  ["cache_read_mtok", "cacheRead"],
  ["cache_write_mtok", "cacheWrite5m"],
  ["cache_write_5m_mtok", "cacheWrite5m"],
  ["cache_write_1h_mtok", "cacheWrite1h"],
  ["output_mtok", "output"],
  ["output_reasoning_mtok", "reasoning"],
  ["input_audio_mtok", "audioInput"],
  ["output_audio_mtok", "audioOutput"],
]);

/** Keys of the data in dollars per thousand units. */
const feeOfKey: ReadonlyMap<string, string> = new Map([
  ["web_searches_kcount", "webSearch"],
  ["storage_searches_kcount", "fileSearch"],
  ["code_executions_kcount", "codeExecution"],
  ["requests_kcount", "request"],
]);

/**
 * Converts what the catalogue says about one model, exactly or not at all.
 *
 * A model that has units we do not meter (images, hours of audio, cached audio), prices by the time of day, or an
 * amount that is no whole number of pico-USD is refused whole: pricing the rest would bill those units as text or as
 * nothing (R6).
 */
export function convertModel(provider: string, model: ModelInfo): ConvertedModel {
  const periods = periodsOf(model);
  if (typeof periods === "string") return { ok: false, problem: periods };
  const prices: Price[] = [];
  for (const { from, to, terms } of periods) {
    const converted = convertTerms(terms);
    if (typeof converted === "string") return { ok: false, problem: converted };
    const since = from === null ? "always" : new Date(from).toISOString().slice(0, 10);
    prices.push({
      id: `${catalogueSource}:${provider}/${model.id}@${since}`,
      provider,
      model: model.id,
      tenantId: null,
      from,
      to,
      ...converted,
      serviceTiers: {},
      source: catalogueVersion,
    });
  }
  return { ok: true, prices };
}

interface Period {
  readonly from: Instant | null;
  readonly to: Instant | null;
  readonly terms: ModelPrice;
}

/** The data lists prices oldest first and lets the last one win whose start date has come, else the first. */
function periodsOf(model: ModelInfo): Period[] | string {
  if (!Array.isArray(model.prices)) return [{ from: null, to: null, terms: model.prices }];
  const starts: Instant[] = [];
  for (const [index, { constraint }] of model.prices.entries()) {
    if (index > 0 && constraint?.type !== "start_date") return "is not priced by start date alone";
    if (constraint !== undefined && constraint.type !== "start_date") {
      return "is priced by the time of day";
    }
    starts.push(constraint === undefined ? -Infinity : Date.parse(constraint.start_date));
  }
  if (starts.some((start, index) => Number.isNaN(start) || (start <= (starts[index - 1] ?? -Infinity) && index > 0))) {
    return "has start dates out of order";
  }
  return model.prices.map(({ prices }, index) => ({
    from: index === 0 ? null : (starts[index] ?? null),
    to: starts[index + 1] ?? null,
    terms: prices,
  }));
}

function convertTerms(terms: ModelPrice): Pick<Price, "rates" | "longContext" | "fees"> | string {
  const rates: Partial<Record<TokenClass, PicoUsd>> = {};
  const fees: Record<string, PicoUsd> = {};
  const steps = new Map<number, Partial<Record<TokenClass, PicoUsd>>>();
  for (const [key, value] of Object.entries(terms)) {
    if (value === undefined) continue;
    const name = classOfKey.get(key);
    const fee = feeOfKey.get(key);
    if (name === undefined && fee === undefined) return `is priced by ${key}, which is not metered`;
    if (key === "cache_write_mtok" && terms["cache_write_5m_mtok"] !== undefined) continue;
    const tiered = typeof value === "number" ? { base: value, tiers: [] } : value;
    const base = name === undefined ? picoPerUnitOfThousand(tiered.base) : picoPerToken(tiered.base);
    if (base === null) return `${key} is ${tiered.base}, which is not a whole number of pico-USD`;
    if (name === undefined) {
      if (tiered.tiers.length > 0) return `${key} has steps, which fees have not`;
      fees[fee as string] = base;
      continue;
    }
    rates[name] = base;
    for (const { start, price } of tiered.tiers) {
      const rate = picoPerToken(price);
      if (rate === null) return `${key} is ${price}, which is not a whole number of pico-USD`;
      steps.set(start, { ...steps.get(start), [name]: rate });
    }
  }
  if (Object.keys(rates).length === 0) return "has no price per token";
  return { rates, longContext: longContextOf(steps), fees };
}

/** A step of the data applies above `start` input tokens of all kinds, to the whole request: as ours does. */
function longContextOf(steps: ReadonlyMap<number, Rates>): LongContextRates[] {
  return [...steps].toSorted(([a], [b]) => a - b).map(([aboveInputTokens, rates]) => ({ aboveInputTokens, rates }));
}
