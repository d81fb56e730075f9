import { createDataReader, join, type DataReader } from "../errors/data-reader.ts";
import type { Issue } from "../errors/issue.ts";
import { parsePerMillionUsd, parseUsd } from "../money/decimal.ts";
import type { PicoUsd } from "../money/pico-usd.ts";
import { formatModelRef, parseModelRef, type ModelRef } from "../tenancy/model-ref.ts";
import { formatInstant, parseInstant, type Instant } from "../time/instant.ts";
import type { LongContextRates, Price, Rates } from "./price.ts";
import { tokenClasses, type TokenClass } from "./usage.ts";

/** The prices of a file, or everything that is wrong with it. */
export type ParsedPrices =
  | { readonly ok: true; readonly prices: readonly Price[] }
  | { readonly ok: false; readonly issues: readonly Issue[] };

const priceFields = ["model", "from", "to", "tenant", "perMillionTokens", "longContext", "serviceTiers", "fees"];
const pricedTiers = ["batch", "flex", "priority"] as const;

/**
 * Reads prices from plain data: what a YAML or JSON price file parses to.
 *
 * ```yaml
 * prices:
 *   - model: acme/large        # provider/model
 *     from: 2024-07-18                 # first instant of validity; left out: since ever
 *     to: 2026-01-01                   # first instant after it; left out: until further notice
 *     tenant: apex-legal               # only for this tenant; left out: everybody
 *     perMillionTokens: { input: "0.15", cacheRead: "0.075", output: "0.60" }   # USD, in quotes
 *     longContext:                     # ascending; replaces classes for the whole request
 *       - aboveInputTokens: 200000
 *         perMillionTokens: { input: "0.30" }
 *     serviceTiers: { batch: { input: "0.075", output: "0.30" } }               # batch, flex, priority
 *     fees: { webSearch: "0.01" }      # USD per unit
 * ```
 *
 * Amounts are decimal strings: a number is a float and is refused (R5). A class that is left out has no known price,
 * and "0" is a price (R6). All problems are reported at once, each with its path; never throws.
 *
 * @param source Names where the data comes from; it begins every price's id. Ids are `source:provider/model@from`
 *   (`source:tenant:provider/model@from`), so they stay the same when entries are moved.
 */
export function parsePrices(data: unknown, source: string): ParsedPrices {
  const reader = createDataReader();
  const document = reader.fields(data, "", ["prices"]);
  const items = document === null ? [] : reader.list(document["prices"], "prices");
  const entries = items
    .map((item, index) => readEntry(reader, item, join("prices", index), source))
    .filter((entry) => entry !== null);
  reportOverlaps(reader, entries);
  return reader.issues.length > 0
    ? { ok: false, issues: reader.issues }
    : { ok: true, prices: entries.map((entry) => entry.price) };
}

interface Entry {
  readonly path: string;
  readonly price: Price;
}

/** Null when model, tenant or period cannot be read, so that nothing follows from a guess. */
function readEntry(reader: DataReader, item: unknown, path: string, source: string): Entry | null {
  const fields = reader.fields(item, path, priceFields);
  if (fields === null) return null;
  const before = reader.issues.length;
  const ref = readModel(reader, fields["model"], join(path, "model"));
  const tenantId = ifPresent(fields["tenant"], (value) => reader.text(value, join(path, "tenant")));
  const from = readInstant(reader, fields["from"], join(path, "from"));
  const to = readInstant(reader, fields["to"], join(path, "to"));
  if (from !== null && to !== null && from >= to) {
    reader.report(join(path, "to"), "the period ends before it begins; put `to` after `from`");
  }
  const identified = ref !== null && reader.issues.length === before;
  const terms = readTerms(reader, fields, path);
  if (!identified) return null;
  const id = priceId(source, ref, tenantId, from);
  return { path, price: { id, ...ref, tenantId, from, to, ...terms, source } };
}

function readTerms(
  reader: DataReader,
  fields: Readonly<Record<string, unknown>>,
  path: string,
): Pick<Price, "rates" | "longContext" | "serviceTiers" | "fees"> {
  return {
    rates: readRates(reader, fields["perMillionTokens"], join(path, "perMillionTokens")),
    longContext:
      ifPresent(fields["longContext"], (value) => readLongContext(reader, value, join(path, "longContext"))) ?? [],
    serviceTiers:
      ifPresent(fields["serviceTiers"], (value) => readServiceTiers(reader, value, join(path, "serviceTiers"))) ?? {},
    fees: ifPresent(fields["fees"], (value) => readFees(reader, value, join(path, "fees"))) ?? {},
  };
}

function readModel(reader: DataReader, value: unknown, path: string): ModelRef | null {
  const text = reader.text(value, path);
  if (text === null) return null;
  const ref = parseModelRef(text);
  if (ref === null) reader.report(path, "write provider/model, such as acme/large");
  return ref;
}

function readInstant(reader: DataReader, value: unknown, path: string): Instant | null {
  return ifPresent(value, (present) => reader.parsed(parseInstant(present), path)?.instant ?? null);
}

/** Rates per class of tokens, as `perMillionTokens` writes them. */
export function readRates(reader: DataReader, value: unknown, path: string): Rates {
  const fields = reader.fields(value, path, tokenClasses);
  if (fields === null) return {};
  const rates: Partial<Record<TokenClass, PicoUsd>> = {};
  for (const name of tokenClasses) {
    if (!Object.hasOwn(fields, name)) continue;
    const parsed = reader.parsed(parsePerMillionUsd(fields[name]), join(path, name));
    if (parsed !== null) rates[name] = parsed.picoPerToken;
  }
  if (Object.keys(fields).length === 0) {
    reader.report(path, `price at least one of ${tokenClasses.join(", ")}`);
  }
  return rates;
}

function readLongContext(reader: DataReader, value: unknown, path: string): LongContextRates[] {
  const steps: LongContextRates[] = [];
  for (const [index, item] of reader.list(value, path).entries()) {
    const stepPath = join(path, index);
    const fields = reader.fields(item, stepPath, ["aboveInputTokens", "perMillionTokens"]);
    if (fields === null) continue;
    const thresholdPath = join(stepPath, "aboveInputTokens");
    const aboveInputTokens = reader.whole(fields["aboveInputTokens"], thresholdPath, 1);
    const rates = readRates(reader, fields["perMillionTokens"], join(stepPath, "perMillionTokens"));
    if (aboveInputTokens === null) continue;
    const last = steps.at(-1);
    if (last !== undefined && aboveInputTokens <= last.aboveInputTokens) {
      reader.report(
        thresholdPath,
        `must be more than the ${last.aboveInputTokens} of the step before; order the steps by threshold`,
      );
    }
    steps.push({ aboveInputTokens, rates });
  }
  return steps;
}

function readServiceTiers(reader: DataReader, value: unknown, path: string): Price["serviceTiers"] {
  const fields = reader.fields(value, path, pricedTiers);
  const tiers: Partial<Record<(typeof pricedTiers)[number], Rates>> = {};
  for (const name of pricedTiers) {
    if (fields === null || !Object.hasOwn(fields, name)) continue;
    tiers[name] = readRates(reader, fields[name], join(path, name));
  }
  return tiers;
}

/** US dollars a unit, by the name of the fee. */
export function readFees(reader: DataReader, value: unknown, path: string): Record<string, PicoUsd> {
  const fees: [string, PicoUsd][] = [];
  for (const [name, amount] of reader.entries(value, path)) {
    const parsed = reader.parsed(parseUsd(amount), join(path, name));
    if (parsed === null) continue;
    if (parsed.pico < 0n) reader.report(join(path, name), "cannot be negative; 0 is the lowest");
    fees.push([name, parsed.pico]);
  }
  return Object.fromEntries(fees);
}

/** One price a model, tenant and instant: reports what `createPriceBook` would refuse, with both places. */
function reportOverlaps(reader: DataReader, entries: readonly Entry[]): void {
  const sorted = entries.toSorted((a, b) => startOf(a.price) - startOf(b.price));
  const latestByKey = new Map<string, Entry>();
  for (const entry of sorted) {
    const { price, path } = entry;
    const key = JSON.stringify([price.provider, price.model, price.tenantId]);
    const latest = latestByKey.get(key);
    if (latest !== undefined && startOf(price) < endOf(latest.price)) {
      const isSame = startOf(price) === startOf(latest.price);
      reader.report(
        path,
        isSame
          ? `is a duplicate of ${latest.path} (${formatModelRef(price)}); remove one of them`
          : `overlaps ${latest.path} (${formatModelRef(price)}); end that one with \`to\` where this one begins`,
      );
    }
    if (latest === undefined || endOf(price) > endOf(latest.price)) latestByKey.set(key, entry);
  }
}

function startOf(price: Price): number {
  return price.from ?? -Infinity;
}

function endOf(price: Price): number {
  return price.to ?? Infinity;
}

/** `source:provider/model@from`, with the tenant before the model where it is a tenant's own. */
export function priceId(source: string, ref: ModelRef, tenantId: string | null, from: Instant | null): string {
  const owner = tenantId === null ? "" : `${tenantId}:`;
  const since = from === null ? "always" : formatInstant(from).replace("T00:00:00.000Z", "");
  return `${source}:${owner}${formatModelRef(ref)}@${since}`;
}

/** A field left out and one left empty (`from:`) are the same in YAML. */
function ifPresent<Read>(value: unknown, read: (present: unknown) => Read | null): Read | null {
  return value === undefined || value === null ? null : read(value);
}
