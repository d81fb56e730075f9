import {
  createExportReader,
  type ExportFields,
  type ExportReader,
  type Invoice,
  type InvoiceItem,
  parseInstant,
  readPages,
  type ReadInvoiceOptions,
  readRows,
} from "@tenantry/core";
import {
  bucketFields,
  cacheCreationFields,
  costColumns,
  costFields,
  pageFields,
  usageColumns,
  usageFields,
} from "./anthropic-export-fields.ts";
import { anthropicModelFamily } from "./anthropic-model-family.ts";

const sources: readonly string[] = [
  "https://platform.claude.com/docs/en/api/admin/cost_report (read 2026-11-23)",
  "https://platform.claude.com/docs/en/api/admin/usage_report/retrieve_messages (read 2026-11-23)",
  "https://support.anthropic.com/en/articles/9534590-cost-and-usage-reporting-in-console (read 2026-11-23)",
];

const unchecked =
  "this reader was written from Anthropic's reference and public samples and never checked on a real account";
const noPriority = "Anthropic's cost report leaves out what Priority Tier costs";
const noColumns = "Anthropic does not document the columns of its CSV";

/**
 * Reads an export of Anthropic's: the answer of `GET /v1/organizations/cost_report` or `…/usage_report/messages` (a page,
 * or a list of all pages), or the Console's CSV of Cost or Usage.
 *
 * Amounts are read from their digits (R5): cents in the report, dollars in the CSV. A field or column that is not listed
 * in `anthropic-export-fields.ts` is refused by name. Web search, code execution and whatever else has no model is read as
 * something that is no call of a model.
 *
 * @throws TenantryError `invalid_request` with every problem and its place.
 */
export function readAnthropicInvoice(text: string, options: ReadInvoiceOptions = {}): Invoice {
  const isJson = /^\s*[[{]/.test(text);
  const isUsage = isJson ? /"uncached_input_tokens"\s*:/.test(text) : /model_version|usage_output/.test(heading(text));
  const format = `Anthropic ${isUsage ? "usage" : "cost"} report, ${isJson ? "API JSON" : "Console CSV"}`;
  const reader = createExportReader(format, options.ignore);
  const results = isJson ? ofPages(text, format, reader, isUsage) : ofRows(text, format, reader, isUsage);
  const readItems = isUsage ? (isJson ? usageItems : usageRowItems) : isJson ? costItems : costRowItems;
  const items = results.flatMap((result) => readItems(result, reader));
  reader.finish();
  return {
    format,
    sources,
    unit: isUsage ? "tokens" : "usd",
    grain: {
      key: items.some(({ key }) => key !== null),
      model: results.some(({ fields }) =>
        ["model", "model_version", "cost_type", "description"].some((name) => (fields[name] ?? null) !== null),
      ),
    },
    decimals: isUsage ? 0 : reader.decimals(),
    items,
    period: reader.period(),
    notes: [unchecked, ...(isUsage ? [] : [noPriority]), ...(isJson ? [] : [noColumns])],
    familyOf: anthropicModelFamily,
  };
}

interface Result {
  readonly day: string;
  readonly path: string;
  readonly fields: ExportFields;
}

function heading(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

function ofPages(text: string, format: string, reader: ExportReader, isUsage: boolean): readonly Result[] {
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
      .flatMap((bucket, at) => ofBucket(bucket, `${path}data[${at}]`, reader, isUsage));
  });
}

function ofBucket(bucket: unknown, path: string, reader: ExportReader, isUsage: boolean): readonly Result[] {
  const fields = reader.fields(bucket, path, bucketFields);
  if (fields === null) return [];
  const from = instantOf(fields["starting_at"]);
  reader.once(from, path);
  const day = reader.bucket(from, instantOf(fields["ending_at"]), path);
  return reader.list(fields["results"], `${path}.results`).flatMap((result, index) => {
    const place = `${path}.results[${index}]`;
    const known = reader.fields(result, place, isUsage ? usageFields : costFields);
    return known === null ? [] : [{ day, path: place, fields: known }];
  });
}

function ofRows(text: string, format: string, reader: ExportReader, isUsage: boolean): readonly Result[] {
  const cost = { known: costColumns, required: ["usage_date_utc", "cost_usd"], format };
  const usage = { known: usageColumns, required: ["usage_date_utc", "usage_output_tokens"], format };
  return readRows(text, reader, isUsage ? usage : cost).map(({ path, fields }) => {
    // Finer exports have a time behind the date; rows are compared by day.
    const date = /^(\d{4}-\d\d-\d\d)(?:[T ][\d:.]+(?:Z|\+00:00)?)?$/.exec(String(fields["usage_date_utc"]))?.[1];
    const from = instantOf(date);
    return { day: reader.bucket(from, from === null ? null : from + 86_400_000, path), path, fields };
  });
}

function costItems({ day, path, fields }: Result, reader: ExportReader): readonly InvoiceItem[] {
  const currency = reader.text(fields["currency"], `${path}.currency`);
  if (currency !== "USD") reader.report(`${path}.currency`, `is ${currency ?? "not given"}, not USD`);
  const text = reader.text(fields["description"], `${path}.description`);
  const type = reader.text(fields["cost_type"], `${path}.cost_type`);
  const model = reader.text(fields["model"], `${path}.model`);
  const amount = reader.amount(fields["amount"], `${path}.amount`, 2);
  return [{ day, key: null, model, part: null, amount, text: text ?? type ?? "not grouped by description" }];
}

function costRowItems({ day, path, fields }: Result, reader: ExportReader): readonly InvoiceItem[] {
  const text = (name: string): string | null => reader.text(fields[name], `${path}, ${name}`);
  const type = text("cost_type");
  // The oldest exports have no cost type; there every row is of tokens.
  const model = type === null || type.startsWith("token") ? text("model") : null;
  const amount = reader.amount(fields["cost_usd"], `${path}, cost_usd`, 0);
  return [{ day, key: text("api_key_id") ?? text("api_key"), model, part: null, amount, text: type ?? "cost" }];
}

function usageItems({ day, path, fields }: Result, reader: ExportReader): readonly InvoiceItem[] {
  const count = (name: string): bigint => reader.count(fields[name], `${path}.${name}`);
  const cache = fields["cache_creation"] ?? {};
  const written = reader.fields(cache, `${path}.cache_creation`, cacheCreationFields) ?? {};
  return partsOf(
    day,
    reader.text(fields["api_key_id"], `${path}.api_key_id`),
    reader.text(fields["model"], `${path}.model`),
    {
      input: count("uncached_input_tokens"),
      cacheRead: count("cache_read_input_tokens"),
      cacheWrite: cacheCreationFields.reduce(
        (sum, name) => sum + reader.count(written[name], `${path}.cache_creation.${name}`),
        0n,
      ),
      output: count("output_tokens"),
    },
  );
}

function usageRowItems({ day, path, fields }: Result, reader: ExportReader): readonly InvoiceItem[] {
  const count = (name: string): bigint => reader.count(fields[name], `${path}, ${name}`);
  const key = reader.text(fields["api_key_id"], path) ?? reader.text(fields["api_key"], path);
  return partsOf(day, key, reader.text(fields["model_version"], path), {
    input: count("usage_input_tokens_no_cache"),
    cacheRead: count("usage_input_tokens_cache_read"),
    cacheWrite: count("usage_input_tokens_cache_write_5m") + count("usage_input_tokens_cache_write_1h"),
    output: count("usage_output_tokens"),
  });
}

const parts = ["input", "cacheRead", "cacheWrite", "output"] as const;

function partsOf(
  day: string,
  key: string | null,
  model: string | null,
  counts: Readonly<Record<(typeof parts)[number], bigint>>,
): readonly InvoiceItem[] {
  const text = model ?? "not grouped by model";
  return parts
    .filter((part) => counts[part] !== 0n)
    .map((part) => ({ day, key, model, part, amount: counts[part], text }));
}

function instantOf(value: unknown): number | null {
  const parsed = parseInstant(value);
  return parsed.ok ? parsed.instant : null;
}
