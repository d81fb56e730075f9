import type { ModelInfo } from "@pydantic/genai-prices";
import { type ImportedPrice, isNumberText, type NumberText, parseExactDecimal, type Price } from "@tenantry/core";
import { withBatchPrice } from "../batch-prices.ts";
import { convertModel } from "../convert-prices.ts";
import {
  createIgnoredFields,
  type IgnoredFields,
  type PriceImport,
  type PriceImportOptions,
  type RefusedModel,
} from "./price-import.ts";

type Entry = Readonly<Record<string, unknown>>;

/** Fields of a model that are not about money. */
const plainFields: ReadonlySet<string> = new Set([
  ...["id", "match", "prices", "name", "description", "context_window", "price_comments", "prices_checked"],
  ...["price_discrepancies", "deprecated"],
]);

/**
 * Reads the data of genai-prices (`prices/data.json` of https://github.com/pydantic/genai-prices and its v2), parsed with
 * the digits of its numbers: a list of providers with their models. It is converted as the catalogue is, batch prices
 * included.
 */
export function readGenaiPrices(data: readonly unknown[], options: PriceImportOptions): PriceImport {
  const ignored = createIgnoredFields();
  const prices: ImportedPrice[] = [];
  const refused: RefusedModel[] = [];
  let notAsked = 0;
  for (const [index, value] of data.entries()) {
    const { id, models } = isObject(value) ? value : {};
    const theirs = typeof id === "string" ? id : "";
    const list = Array.isArray(models) ? models : [];
    const provider = options.providers.get(theirs);
    if (provider === undefined) {
      notAsked += list.length;
      continue;
    }
    for (const [place, model] of list.entries()) {
      const path = `[${index}].models[${place}]`;
      const name = isObject(model) && typeof model["id"] === "string" ? model["id"] : "?";
      const read = isObject(model) ? readModel(theirs, model, options.ignore, ignored) : "is not an object";
      if (typeof read === "string") refused.push({ model: `${provider}/${name}`, path, problem: read });
      else prices.push(...read.map((price) => ({ path, price: since(options, { ...price, provider }) })));
    }
  }
  return { prices, refused, ignored: ignored.all(), notAsked };
}

/** A price that has no period of its own holds from the instant asked for. */
function since({ from }: PriceImportOptions, price: Price): Price {
  return price.from === null && price.to === null ? { ...price, from } : price;
}

function readModel(
  provider: string,
  model: Entry,
  ignore: readonly string[],
  ignored: IgnoredFields,
): readonly Price[] | string {
  const inexact: string[] = [];
  const left = new Set<string>();
  const periods = Array.isArray(model["prices"]) ? (model["prices"] as readonly unknown[]) : null;
  const terms = (value: unknown): unknown => {
    if (!isObject(value)) return value;
    for (const field of Object.keys(value)) if (ignore.includes(field)) left.add(field);
    return toNumbers(Object.fromEntries(Object.entries(value).filter(([field]) => !left.has(field))), "", inexact);
  };
  const prices =
    periods === null
      ? terms(model["prices"])
      : periods.map((period) => {
          const { constraint, prices: stated } = isObject(period) ? period : {};
          return constraint === undefined
            ? { prices: terms(stated) }
            : { constraint: toConstraint(constraint), prices: terms(stated) };
        });
  if (inexact.length > 0) return `${inexact[0]}, which a price cannot hold exactly`;
  if (Array.isArray(prices) ? prices.length === 0 : !isObject(prices)) return "has no prices";
  const { id } = model;
  if (typeof id !== "string" || id === "") return "has no id";
  const malformed = (Array.isArray(prices) ? prices.map((period) => period.prices) : [prices])
    .map(termsProblem)
    .find((problem) => problem !== null);
  if (malformed !== undefined) return malformed;
  const converted = convertModel(provider, { id, match: { equals: "" }, prices } as ModelInfo);
  if (!converted.ok) return converted.problem;
  for (const field of left) ignored.add(field, "as asked");
  for (const field of Object.keys(model)) {
    if (!plainFields.has(field)) ignored.add(field, "is not known, and stands beside the prices");
  }
  return converted.prices.map(withBatchPrice);
}

/** What is not an amount, or steps of one; null when all of them are. What is missing is no problem here. */
function termsProblem(terms: unknown): string | null {
  if (!isObject(terms)) return "has a period without prices";
  const wrong = Object.entries(terms).find(([, value]) => typeof value !== "number" && !isStepped(value));
  return wrong === undefined ? null : `${wrong[0]} is neither a number nor a base with its tiers`;
}

function isStepped(value: unknown): boolean {
  if (!isObject(value) || typeof value["base"] !== "number" || !Array.isArray(value["tiers"])) return false;
  return (value["tiers"] as readonly unknown[]).every(
    (tier) =>
      isObject(tier) &&
      typeof tier["price"] === "number" &&
      Number.isSafeInteger(tier["start"]) &&
      (tier["start"] as number) >= 0,
  );
}

/** The data writes what kind of constraint it is by the names in it. */
function toConstraint(constraint: unknown): unknown {
  const { start_date: date, start } = isObject(constraint) ? constraint : {};
  const begin = date ?? start;
  return typeof begin === "string" && Object.keys(constraint as Entry).length === 1
    ? { type: "start_date", start_date: begin }
    : { type: "time_of_date" };
}

/** Numbers as numbers; those that would not come back with the same digits are named. */
function toNumbers(value: unknown, name: string, inexact: string[]): unknown {
  if (isNumberText(value)) return toNumber(value, name, inexact);
  if (Array.isArray(value)) return value.map((item) => toNumbers(item, name, inexact));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([field, item]) => [field, toNumbers(item, name === "" ? field : name, inexact)]),
  );
}

const decimals = 9;

function toNumber({ digits }: NumberText, name: string, inexact: string[]): number {
  const number = Number(digits);
  const [stated, kept] = [parseExactDecimal(digits, decimals), parseExactDecimal(String(number), decimals)];
  if (!stated.ok || !kept.ok || stated.value !== kept.value) inexact.push(`${name} is ${digits}`);
  return number;
}

function isObject(value: unknown): value is Entry {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
