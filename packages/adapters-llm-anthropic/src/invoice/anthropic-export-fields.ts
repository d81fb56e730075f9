/**
 * Field names of Anthropic's exports.
 *
 * Documented: https://platform.claude.com/docs/en/api/admin/cost_report and
 * https://platform.claude.com/docs/en/api/admin/usage_report/retrieve_messages, read 2026-11-23. An `amount` is a decimal
 * text in the lowest unit of the currency: `"123.45"` in USD is $1.2345. A model, a token type and a cost type are there
 * when the report is grouped by `description`. The cost report has no keys.
 *
 * The Console's CSV (https://support.anthropic.com/en/articles/9534590-cost-and-usage-reporting-in-console, read
 * 2026-11-23: Usage and Cost can be exported) has no documented columns. Those listed are the headings of exports of the
 * years 2024 to 2026 in public code, where amounts are in dollars with two decimals.
 */
export const pageFields: readonly string[] = ["data", "has_more", "next_page"];

export const bucketFields: readonly string[] = ["starting_at", "ending_at", "results"];

const dimensions: readonly string[] = [
  "context_window",
  "inference_geo",
  "model",
  "service_tier",
  "speed",
  "workspace_id",
];

export const costFields: readonly string[] = [
  "amount",
  "currency",
  "cost_type",
  "description",
  "token_type",
  ...dimensions,
];

export const usageFields: readonly string[] = [
  "uncached_input_tokens",
  "cache_read_input_tokens",
  "cache_creation",
  "output_tokens",
  "server_tool_use",
  "api_key_id",
  "account_id",
  "service_account_id",
  ...dimensions,
];

export const cacheCreationFields: readonly string[] = ["ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"];

const columns: readonly string[] = [
  "usage_date_utc",
  "workspace",
  "api_key",
  "api_key_id",
  "api_key_status",
  "usage_type",
  "context_window",
  "inference_geo",
  "speed",
];

export const costColumns: readonly string[] = [
  ...columns,
  "model",
  "token_type",
  "cost_usd",
  "list_price_usd",
  "cost_type",
];

export const usageColumns: readonly string[] = [
  ...columns,
  "model_version",
  "usage_input_tokens_no_cache",
  "usage_input_tokens_cache_write_5m",
  "usage_input_tokens_cache_write_1h",
  "usage_input_tokens_cache_read",
  "usage_output_tokens",
  "web_search_count",
];
