import {
  type ImportedPrice,
  isNumberText,
  type LongContextRates,
  parseExactDecimal,
  type PicoUsd,
  type Price,
  type Rates,
  type TokenClass,
} from "@tenantry/core";
import { type FieldMeaning, meaningOf } from "./litellm-fields.ts";
import { createIgnoredFields, type IgnoredFields, type PriceImport, type PriceImportOptions } from "./price-import.ts";

type Entry = Readonly<Record<string, unknown>>;

/** Entries of the map that are no models. */
const noModels: ReadonlySet<string> = new Set(["sample_spec", "fallback_generalizations"]);

/**
 * Reads LiteLLM's `model_prices_and_context_window.json`
 * (https://docs.litellm.ai/docs/provider_registration/add_model_pricing, 2026-10-10), parsed with the digits of its
 * numbers. It states what holds now: its prices hold from `options.from` on.
 */
export function readLiteLlm(data: Entry, options: PriceImportOptions): PriceImport {
  const ignored = createIgnoredFields();
  const prices = new Map<string, ImportedPrice>();
  const refused: { model: string; path: string; problem: string }[] = [];
  let notAsked = 0;
  for (const [key, value] of Object.entries(data)) {
    if (noModels.has(key)) continue;
    const path = `[${JSON.stringify(key)}]`;
    const entry = isObject(value) ? value : {};
    const theirs = typeof entry["litellm_provider"] === "string" ? entry["litellm_provider"] : "";
    const provider = options.providers.get(theirs);
    if (provider === undefined) {
      notAsked += 1;
      continue;
    }
    const name = key.startsWith(`${theirs}/`) ? key.slice(theirs.length + 1) : key;
    const terms = readTerms(entry, options.ignore, ignored);
    for (const model of [name, ...aliasesOf(entry)]) {
      const ref = `${provider}/${model}`;
      const known = prices.get(ref);
      if (typeof terms === "string") refused.push({ model: ref, path, problem: terms });
      else if (known === undefined) prices.set(ref, { path, price: toPrice({ provider, model }, terms, options) });
      else refused.push({ model: ref, path, problem: `is priced by ${known.path} already` });
    }
  }
  return { prices: [...prices.values()], refused, ignored: ignored.all(), notAsked };
}

type Terms = Pick<Price, "rates" | "longContext" | "serviceTiers" | "fees">;

function toPrice(ref: Pick<Price, "provider" | "model">, terms: Terms, { from }: PriceImportOptions): Price {
  return { id: "", ...ref, tenantId: null, from, to: null, ...terms, source: "" };
}

type MutableRates = Partial<Record<TokenClass, PicoUsd>>;

interface Reading {
  readonly rates: MutableRates;
  readonly steps: Map<number, MutableRates>;
  readonly tiers: Record<string, MutableRates>;
  readonly fees: Record<string, PicoUsd>;
}

/** The prices of an entry, or why it is refused; the problem begins with the field. */
function readTerms(entry: Entry, ignore: readonly string[], ignored: IgnoredFields): Terms | string {
  const reading: Reading = { rates: {}, steps: new Map(), tiers: {}, fees: {} };
  const left: (readonly [field: string, reason: string])[] = [];
  for (const [field, value] of Object.entries(entry)) {
    if (ignore.includes(field)) {
      left.push([field, "as asked"]);
      continue;
    }
    const outcome = readField(reading, field, value, entry);
    if (outcome === null) continue;
    if (outcome.kind === "refused") return `${field} ${outcome.problem}`;
    left.push([field, outcome.reason]);
  }
  if (Object.keys(reading.rates).length === 0) return "has no price per token";
  for (const [field, reason] of left) ignored.add(field, reason);
  return {
    rates: reading.rates,
    longContext: [...reading.steps]
      .toSorted(([a], [b]) => a - b)
      .map(([aboveInputTokens, rates]): LongContextRates => ({ aboveInputTokens, rates })),
    serviceTiers: reading.tiers as Readonly<Record<string, Rates>>,
    fees: reading.fees,
  };
}

type Outcome =
  | { readonly kind: "refused"; readonly problem: string }
  | { readonly kind: "ignored"; readonly reason: string }
  | null;

function readField(reading: Reading, field: string, value: unknown, entry: Entry): Outcome {
  const meaning = meaningOf(field);
  switch (meaning.kind) {
    case "plain":
      return null;
    case "unknown":
      return { kind: "ignored", reason: "is not known, and its name does not speak of money" };
    case "own-unit":
      return { kind: "ignored", reason: "bills a unit that is not metered; usage that has it is unpriced" };
    case "unmetered":
      return isZero(value)
        ? { kind: "ignored", reason: "bills what is not metered, at 0" }
        : { kind: "refused", problem: "bills what is not metered; --ignore it if it never applies" };
    case "search":
      return readSearch(reading, value, entry);
    case "fee":
      return amount(value, meaning.units === 1 ? 12 : 9, (pico) => (reading.fees[meaning.fee] = pico));
    case "rate":
      return readRate(reading, meaning, value);
  }
}

function readRate(reading: Reading, meaning: FieldMeaning & { kind: "rate" }, value: unknown): Outcome {
  const { class: name, above, tier } = meaning;
  if (above !== null && tier !== null) {
    return { kind: "ignored", reason: "long requests in another service tier stay unpriced" };
  }
  return amount(value, 12, (pico) => {
    if (above !== null) reading.steps.set(above, { ...reading.steps.get(above), [name]: pico });
    else if (tier !== null) reading.tiers[tier] = { ...reading.tiers[tier], [name]: pico };
    else reading.rates[name] = pico;
  });
}

/** A search has one price here; the map has one for each size of context, and sometimes one for each prompt. */
function readSearch(reading: Reading, value: unknown, entry: Entry): Outcome {
  const sizes = isObject(value) ? Object.values(value) : [];
  const digits = new Set(sizes.map((size) => (isNumberText(size) ? size.digits : "")));
  if (digits.size === 1 && entry["web_search_billing_unit"] !== "per_prompt") {
    return amount(sizes[0], 12, (pico) => (reading.fees["webSearch"] = pico));
  }
  return { kind: "ignored", reason: "has a price for each size of context; searches are unpriced" };
}

function amount(value: unknown, decimals: number, take: (pico: PicoUsd) => void): Outcome {
  if (!isNumberText(value)) return { kind: "refused", problem: "is not a number" };
  const parsed = parseExactDecimal(value.digits, decimals);
  if (!parsed.ok) return { kind: "refused", problem: `is ${value.digits}, which ${parsed.problem}` };
  take(parsed.value);
  return null;
}

function isZero(value: unknown): boolean {
  if (isNumberText(value)) return /^-?[0.]+(?:e[+-]?\d+)?$/i.test(value.digits);
  return isObject(value) && Object.values(value).every(isZero);
}

function aliasesOf(entry: Entry): readonly string[] {
  const aliases = entry["aliases"];
  return Array.isArray(aliases) ? aliases.filter((alias) => typeof alias === "string") : [];
}

function isObject(value: unknown): value is Entry {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
