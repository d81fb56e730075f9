/**
 * Field names of OpenAI's exports.
 *
 * Documented: https://developers.openai.com/api/docs/api-reference/usage (`OrganizationCostsResult`,
 * `OrganizationUsageCompletionsResult`, `OrganizationUsageEmbeddingsResult`), read 2026-11-23, and the same types of the
 * `openai` SDK 7.57.0. `input_tokens` there includes cached, cache-write, audio and image tokens, `output_tokens`
 * everything written.
 *
 * The dashboard's CSV (https://help.openai.com/en/articles/8554956-understanding-your-api-usage, read 2026-11-23: Cost and
 * Activity can be exported, times are UTC) has no documented columns. Its cost columns, and the fields that answers hold
 * beyond the reference, are those in captured answers of the year 2026 in public code.
 */
export const pageFields: readonly string[] = ["object", "data", "has_more", "next_page"];

/** Times in ISO form are repeated beside the documented ones. */
const bucketTimes: readonly string[] = ["start_time", "end_time", "start_time_iso", "end_time_iso"];

export const bucketFields: readonly string[] = ["object", ...bucketTimes, "results"];

/** Who it was for, under other names; not in the reference, and of no weight for amounts. */
const labels: readonly string[] = ["organization_id", "organization_name", "project_name", "user_email"];

const costDimensions: readonly string[] = [
  "line_item",
  "api_key_id",
  "project_id",
  "user_id",
  "api_source",
  "quantity",
  "quantity_unit",
  ...labels,
];

export const costFields: readonly string[] = ["object", "amount", ...costDimensions];

export const costColumns: readonly string[] = [...bucketTimes, "amount_value", "amount_currency", ...costDimensions];

const usageDimensions: readonly string[] = [
  "api_key_id",
  "model",
  "batch",
  "project_id",
  "user_id",
  "service_tier",
  "api_source",
  "num_model_requests",
  ...labels,
];

const usageCounts: readonly string[] = [
  "input_tokens",
  "output_tokens",
  "input_cached_tokens",
  "input_cache_write_tokens",
  "input_cache_write_30m_tokens",
  "input_cache_write_12h_tokens",
  "input_uncached_tokens",
  "input_text_tokens",
  "input_audio_tokens",
  "input_image_tokens",
  "input_cached_text_tokens",
  "input_cached_audio_tokens",
  "input_cached_image_tokens",
  "output_text_tokens",
  "output_audio_tokens",
  "output_image_tokens",
];

export const usageFields: readonly string[] = ["object", ...usageDimensions, ...usageCounts];

export const usageColumns: readonly string[] = [...bucketTimes, ...usageDimensions, ...usageCounts];
