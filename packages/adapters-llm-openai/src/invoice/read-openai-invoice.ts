import {
  createExportReader,
  type ExportFields,
  type ExportReader,
  type Invoice,
  type InvoiceItem,
  isNumberText,
  readPages,
  type ReadInvoiceOptions,
  readRows,
  wholeOf,
} from "@tenantry/core";
import {
  bucketFields,
  costColumns,
  costFields,
  pageFields,
  usageColumns,
  usageFields,
} from "./openai-export-fields.ts";
import { openAIModelFamily } from "./openai-model-family.ts";

const sources: readonly string[] = [
  "https://developers.openai.com/api/docs/api-reference/usage (read 2026-11-23)",
  "https://help.openai.com/en/articles/8554956-understanding-your-api-usage (read 2026-11-23)",
];

const unchecked =
  "this reader was written from OpenAI's reference and public samples and never checked on a real account";

/**
 * Reads an export of OpenAI's: the answer of `GET /v1/organization/costs` or `/v1/organization/usage/{completions,
 * embeddings}` (a page, or a list of all pages), or the dashboard's CSV of Cost or Activity.
 *
 * Amounts are read from their digits, whether numbers as documented or texts as answers hold them (R5). A field or column
 * that is not listed in `openai-export-fields.ts` is refused by name. What a `line_item` says is not documented: "model,
 * class" is read as a model's, all else (`evals | …`, `web search tool calls`) as something that is no call of a model.
 *
 * @throws TenantryError `invalid_request` with every problem and its place.
 */
export function readOpenAIInvoice(text: string, options: ReadInvoiceOptions = {}): Invoice {
  const isJson = /^\s*[[{]/.test(text);
  const kind = isJson ? kindOfPages(text) : kindOfHeading(text);
  const format = `OpenAI ${kind === "costs" ? "costs" : "usage"}, ${isJson ? "API JSON" : "dashboard CSV"}`;
  const reader = createExportReader(format, options.ignore);
  const results = isJson ? ofPages(text, format, reader, kind) : ofRows(text, format, reader, kind);
  const items = results.flatMap((result) =>
    kind === "costs" ? [costItem(result, reader)] : usageItems(result, reader),
  );
  reader.finish();
  const grouped = (name: string): boolean => results.some(({ fields }) => (fields[name] ?? null) !== null);
  const model = kind === "costs" ? "line_item" : "model";
  return {
    format,
    sources,
    unit: kind === "costs" ? "usd" : "tokens",
    grain: { key: grouped("api_key_id"), model: grouped(model) },
    decimals: kind === "costs" ? decimalsOf(results) : 0,
    items,
    period: reader.period(),
    notes: [unchecked, ...(isJson ? [] : ["OpenAI does not document the columns of its CSV"])],
    familyOf: openAIModelFamily,
  };
}

type Kind = "costs" | "usage";

interface Result {
  readonly day: string;
  readonly path: string;
  readonly fields: ExportFields;
}

/** By the first result there is; a file without one says nothing that could be misread. */
function kindOfPages(text: string): Kind {
  return /"object"\s*:\s*"organization\.usage\./.test(text) ? "usage" : "costs";
}

function kindOfHeading(text: string): Kind {
  return /(?:^|,)"?(?:input_tokens|num_model_requests)"?(?:,|$)/m.test(text.split("\n", 1)[0] ?? "")
    ? "usage"
    : "costs";
}

function ofPages(text: string, format: string, reader: ExportReader, kind: Kind): readonly Result[] {
  const pages = readPages(text, format);
  return pages.flatMap((page, index) => {
    const path = pages.length === 1 ? "" : `[${index}].`;
    const fields = reader.fields(page, path, pageFields);
    if (fields === null) return [];
    if (index === pages.length - 1 && fields["has_more"] === true) {
      reader.report(`${path}has_more`, "is true: fetch the pages that follow and put all of them into one list");
    }
    return reader
      .list(fields["data"], `${path}data`)
      .flatMap((bucket, at) => ofBucket(bucket, `${path}data[${at}]`, reader, kind));
  });
}

function ofBucket(bucket: unknown, path: string, reader: ExportReader, kind: Kind): readonly Result[] {
  const fields = reader.fields(bucket, path, bucketFields);
  if (fields === null) return [];
  const from = secondsOf(fields["start_time"]);
  reader.once(from, path);
  const day = reader.bucket(from, secondsOf(fields["end_time"]), path);
  return reader.list(fields["results"], `${path}.results`).flatMap((result, index) => {
    const place = `${path}.results[${index}]`;
    const known = reader.fields(result, place, kind === "costs" ? costFields : usageFields);
    if (known === null) return [];
    checkObject(known["object"], place, reader, kind);
    return [{ day, path: place, fields: known }];
  });
}

function ofRows(text: string, format: string, reader: ExportReader, kind: Kind): readonly Result[] {
  const costs = { known: costColumns, required: ["start_time", "end_time", "amount_value", "amount_currency"], format };
  const usage = { known: usageColumns, required: ["start_time", "end_time", "input_tokens"], format };
  return readRows(text, reader, kind === "costs" ? costs : usage).flatMap(({ path, fields }) => {
    const day = reader.bucket(secondsOf(fields["start_time"]), secondsOf(fields["end_time"]), path);
    if (kind === "usage") return [{ day, path, fields }];
    // Days without cost are rows without an amount.
    if (fields["amount_value"] === null) return [];
    const amount = { value: fields["amount_value"], currency: fields["amount_currency"] };
    return [{ day, path, fields: { ...fields, amount } }];
  });
}

function checkObject(object: unknown, path: string, reader: ExportReader, kind: Kind): void {
  const known =
    kind === "costs"
      ? ["organization.costs.result"]
      : ["organization.usage.completions.result", "organization.usage.embeddings.result"];
  if (!known.includes(String(object)))
    reader.report(`${path}.object`, `is "${String(object)}", not ${known.join(" or ")}`);
}

function costItem({ day, path, fields }: Result, reader: ExportReader): InvoiceItem {
  const amount = reader.fields(fields["amount"], `${path}.amount`, ["value", "currency"]);
  const currency = reader.text(amount?.["currency"], `${path}.amount.currency`);
  if (currency?.toLowerCase() !== "usd")
    reader.report(`${path}.amount.currency`, `is ${currency ?? "not given"}, not usd`);
  const text = reader.text(fields["line_item"], `${path}.line_item`);
  return {
    day,
    key: reader.text(fields["api_key_id"], `${path}.api_key_id`),
    model: text === null ? null : (/^([^|,\s]+)(?: [^|,]+)?, [^|]+$/.exec(text)?.[1] ?? null),
    part: null,
    amount: reader.amount(amount?.["value"], `${path}.amount.value`, 0),
    text: text ?? "not grouped by line item",
  };
}

function usageItems({ day, path, fields }: Result, reader: ExportReader): readonly InvoiceItem[] {
  const count = (name: string): bigint => reader.count(fields[name], `${path}.${name}`);
  const model = reader.text(fields["model"], `${path}.model`);
  const key = reader.text(fields["api_key_id"], `${path}.api_key_id`);
  const [cacheRead, cacheWrite] = [count("input_cached_tokens"), count("input_cache_write_tokens")];
  const input = count("input_tokens") - cacheRead - cacheWrite;
  if (input < 0n) reader.report(`${path}.input_tokens`, "is less than its cached tokens");
  const base = { day, key, model, text: model ?? "not grouped by model" };
  const counts = { input, cacheRead, cacheWrite, output: count("output_tokens") };
  return (["input", "cacheRead", "cacheWrite", "output"] as const)
    .filter((part) => counts[part] !== 0n)
    .map((part) => ({ ...base, part, amount: counts[part] }));
}

/**
 * Answers hold amounts as texts of 30 decimals and more, and the reference has them as numbers: those are doubles, whose 16
 * digits say 10⁻⁹ dollars exactly up to a million dollars.
 */
function decimalsOf(results: readonly Result[]): number {
  const values = results.map(({ fields }) => (fields["amount"] as ExportFields | null | undefined)?.["value"]);
  return values.some(isNumberText) ? 9 : 12;
}

/** Unix seconds as an instant, or null. */
function secondsOf(value: unknown): number | null {
  const seconds = wholeOf(value);
  return seconds === null || seconds > 253_370_764_800n ? null : Number(seconds) * 1000;
}
