import type { BillingShape } from "@tenantry/testkit";
import { response, responseEvents } from "./wire.ts";

const responsesPage = "https://developers.openai.com/api/reference/resources/responses (2026-11-23)";
const searchPage = "https://developers.openai.com/api/docs/guides/tools-web-search (2026-11-23)";
const pricesPage = "https://developers.openai.com/api/docs/pricing (2026-11-23)";
const embeddingsPage = "https://developers.openai.com/api/reference/resources/embeddings (2026-11-23)";

const usage = {
  input_tokens: 1_500,
  input_tokens_details: { cached_tokens: 1_024, cache_write_tokens: 0 },
  output_tokens: 400,
  output_tokens_details: { reasoning_tokens: 256 },
  total_tokens: 1_900,
};
const used = { tokens: { input: 476, cacheRead: 1_024, output: 144, reasoning: 256 }, total: 1_900 };
const tokenBill = "476 × $0.15/M + 1_024 × $0.075/M + 144 × $0.60/M + 256 × $0.60/M";
const plain = { ...used, bill: `${tokenBill} = $0.0003882` };

const message = (response(null) as { readonly output: readonly object[] }).output;
const search = (action: object): object => ({ type: "web_search_call", id: "ws_1", status: "completed", action });
const searched = search({ type: "search", query: "budget", queries: ["budget"] });
const opened = search({ type: "open_page", url: "https://example.com" });
const found = search({ type: "find_in_page", url: "https://example.com", pattern: "budget" });
const ran = (container: string): object => ({
  type: "code_interpreter_call",
  id: "ci_1",
  status: "completed",
  code: "1+1",
  container_id: container,
  outputs: null,
});

type Bill = Pick<BillingShape, "tokens" | "total" | "bill">;

function both(name: string, source: string, bill: Bill, more: object = {}, report: unknown = usage): BillingShape[] {
  const shape = { source, operation: "responses", ...bill };
  return [
    { ...shape, name: `response, ${name}`, answer: { whole: response(report, more) } },
    { ...shape, name: `streamed response, ${name}`, answer: { events: responseEvents(report, more) } },
  ];
}

const withItems = (...items: readonly object[]): object => ({ output: [...items, ...message] });

export const responsesShapes: readonly BillingShape[] = [
  ...both("cached and reasoning tokens", responsesPage, plain),
  ...both(
    "tokens written to the cache",
    responsesPage,
    {
      tokens: { input: 276, cacheRead: 1_024, cacheWrite5m: 150, cacheWrite1h: 50, output: 400 },
      total: 1_900,
      bill: "276 × $0.15/M + 1_024 × $0.075/M + 150 × $0.1875/M + 50 × $0.30/M + 400 × $0.60/M = $0.000401325",
    },
    {},
    {
      ...usage,
      input_tokens_details: {
        cached_tokens: 1_024,
        cache_write_tokens: 200,
        cache_write_tokens_details: { ttl_30m_tokens: 150, ttl_12h_tokens: 50 },
      },
      output_tokens_details: { reasoning_tokens: 0 },
    },
  ),
  ...both(
    "flex",
    responsesPage,
    { ...used, bill: "476 × $0.075/M + 1_024 × $0.0375/M + 144 × $0.30/M + 256 × $0.30/M = $0.0001941" },
    { service_tier: "flex" },
  ),
  ...both(
    "a tier nobody has heard of",
    responsesPage,
    { ...used, bill: { unpriced: /no fee for serviceTier\.overnight/ } },
    { service_tier: "overnight" },
  ),
  ...both(
    "two searches; opening a page and looking into it cost nothing",
    searchPage,
    { ...used, bill: `${tokenBill} + 2 × $0.01 = $0.0203882` },
    withItems(searched, opened, searched, found),
  ),
  ...both(
    "searches, as the provider itself counts those it bills",
    responsesPage,
    { ...used, bill: `${tokenBill} + 3 × $0.01 = $0.0303882` },
    { ...withItems(searched), tool_usage: { web_search: { num_requests: 3 } } },
  ),
  ...both("a search the provider does not bill", responsesPage, plain, {
    ...withItems(searched),
    tool_usage: { web_search: { num_requests: 0 } },
  }),
  ...both(
    "a search with the older tool, which has its own price",
    pricesPage,
    { ...used, bill: { unpriced: /no fee for webSearchPreview/ } },
    { ...withItems(searched), tools: [{ type: "web_search_preview" }] },
  ),
  ...both(
    "a search that is billed with a fixed block of tokens",
    pricesPage,
    { ...used, bill: { unpriced: /no fee for webSearchFixedBlock/ } },
    { ...withItems(searched), model: "gpt-4.1-mini-2025-04-14", tools: [{ type: "web_search" }] },
  ),
  ...both(
    "a search of files",
    pricesPage,
    { ...used, bill: `${tokenBill} + 1 × $0.0025 = $0.0028882` },
    withItems({ type: "file_search_call", id: "fs_1", status: "completed", queries: ["budget"], results: null }),
  ),
  ...both(
    "code that ran three times in two containers",
    pricesPage,
    { ...used, bill: `${tokenBill} + 2 × $0.03 = $0.0603882` },
    withItems(ran("cntr_1"), ran("cntr_1"), ran("cntr_2")),
  ),
  ...both(
    "a picture, whose tokens are of another model",
    pricesPage,
    { ...used, bill: { unpriced: /no fee for imageGeneration/ } },
    withItems({ type: "image_generation_call", id: "ig_1", status: "completed", result: "aGk=" }),
  ),
  ...both(
    "a hosted tool nobody has heard of",
    responsesPage,
    { ...used, bill: { unpriced: /no fee for telescope_call/ } },
    withItems({ type: "telescope_call", id: "tc_1", status: "completed" }),
  ),
  ...both(
    "calls that run at the caller's or cost their tokens alone",
    responsesPage,
    plain,
    withItems(
      { type: "function_call", id: "fc_1", call_id: "call_1", name: "f", arguments: "{}", status: "completed" },
      { type: "mcp_call", id: "mcp_1", server_label: "s", name: "t", arguments: "{}", output: "1" },
      { type: "computer_call", id: "cc_1", call_id: "call_2", status: "completed", pending_safety_checks: [] },
      { type: "reasoning", id: "rs_1", summary: [] },
    ),
  ),
  {
    name: "response, without a report",
    source: responsesPage,
    operation: "responses",
    answer: { whole: response(null) },
    tokens: null,
    total: null,
    bill: { unknown: "no-usage" },
  },
  {
    name: "streamed response, cut before its end",
    source: responsesPage,
    operation: "responses",
    answer: { cutAfter: responseEvents(usage).slice(0, 2) },
    tokens: null,
    total: null,
    bill: { unknown: "cut" },
  },
  {
    name: "embeddings",
    source: embeddingsPage,
    operation: "embeddings",
    answer: {
      whole: {
        object: "list",
        data: [{ object: "embedding", embedding: [0.0023, -0.0093], index: 0 }],
        model: "text-embedding-3-small",
        usage: { prompt_tokens: 8, total_tokens: 8 },
      },
    },
    tokens: { input: 8 },
    total: 8,
    bill: "8 × $0.15/M = $0.0000012",
  },
  {
    name: "embeddings, without a report",
    source: embeddingsPage,
    operation: "embeddings",
    answer: { whole: { object: "list", data: [], model: "text-embedding-3-small" } },
    tokens: null,
    total: null,
    bill: { unknown: "no-usage" },
  },
];
