import type { BillingShape } from "@tenantry/testkit";
import { chat, chatEvents, chunk, said } from "./wire.ts";

const chatPage = "https://developers.openai.com/api/reference/resources/chat (2026-11-23)";
const streamPage = `${chatPage} and …/chat/subresources/completions/streaming-events (2026-11-23)`;
const cachePage = "https://developers.openai.com/api/docs/guides/prompt-caching (2026-11-23)";
const audioPage = "https://developers.openai.com/api/docs/guides/audio (2026-11-23)";
const tierPage = "https://developers.openai.com/api/docs/guides/flex-processing and …/guides/fast-mode (2026-11-23)";
const searchPage = "https://developers.openai.com/api/docs/guides/tools-web-search (2026-11-23)";
const predictedPage = "https://developers.openai.com/api/docs/guides/predicted-outputs (2026-11-23)";

const noDetails = {
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: 0,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
};
const plain = { prompt_tokens: 1_000, completion_tokens: 20, total_tokens: 1_020, ...noDetails };
const cached = {
  prompt_tokens: 2_006,
  completion_tokens: 300,
  total_tokens: 2_306,
  prompt_tokens_details: { cached_tokens: 1_920, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0 },
};
const wroteCache = {
  prompt_tokens: 2_600,
  completion_tokens: 50,
  total_tokens: 2_650,
  prompt_tokens_details: {
    cached_tokens: 2_000,
    cache_write_tokens: 500,
    cache_write_tokens_details: { ttl_30m_tokens: 400, ttl_12h_tokens: 100 },
  },
};
const reasoned = {
  prompt_tokens: 75,
  completion_tokens: 1_186,
  total_tokens: 1_261,
  prompt_tokens_details: { cached_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 1_024, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
};
const spoke = {
  prompt_tokens: 120,
  completion_tokens: 90,
  total_tokens: 210,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 100, text_tokens: 20, image_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 70, text_tokens: 20 },
};
/** Rejected tokens are part of `completion_tokens` and billed as such. */
const predicted = {
  prompt_tokens: 225,
  completion_tokens: 77,
  total_tokens: 302,
  prompt_tokens_details: { audio_tokens: null, cached_tokens: 0 },
  completion_tokens_details: {
    accepted_prediction_tokens: 6,
    audio_tokens: null,
    reasoning_tokens: 0,
    rejected_prediction_tokens: 4,
  },
};
const citation = {
  type: "url_citation",
  url_citation: { start_index: 0, end_index: 6, url: "https://example.com", title: "Example" },
};
const audioAnswer = {
  role: "assistant",
  content: null,
  refusal: null,
  annotations: [],
  audio: { id: "audio_1", expires_at: 1_741_570_000, data: "UklGRg==", transcript: "Hello!" },
};

type Bill = Pick<BillingShape, "tokens" | "total" | "bill">;

/** The same report in a whole answer and at the end of a stream. */
function both(name: string, source: string, usage: unknown, bill: Bill, more: object = {}): BillingShape[] {
  const shape = { source, operation: "chat-completions", ...bill };
  return [
    { ...shape, name: `chat, ${name}`, answer: { whole: chat(usage, more) } },
    { ...shape, name: `streamed chat, ${name}`, answer: { events: chatEvents(usage, more) } },
  ];
}

const plainBill: Bill = {
  tokens: { input: 1_000, output: 20 },
  total: 1_020,
  bill: "1_000 × $0.15/M + 20 × $0.60/M = $0.000162",
};

export const chatShapes: readonly BillingShape[] = [
  ...both("plain", chatPage, plain, plainBill),
  ...both("cached tokens, which are part of the prompt", cachePage, cached, {
    tokens: { input: 86, cacheRead: 1_920, output: 300 },
    total: 2_306,
    bill: "86 × $0.15/M + 1_920 × $0.075/M + 300 × $0.60/M = $0.0003369",
  }),
  ...both("tokens written to the cache for 30 minutes and for 12 hours", cachePage, wroteCache, {
    tokens: { input: 100, cacheRead: 2_000, cacheWrite5m: 400, cacheWrite1h: 100, output: 50 },
    total: 2_650,
    bill: "100 × $0.15/M + 2_000 × $0.075/M + 400 × $0.1875/M + 100 × $0.30/M + 50 × $0.60/M = $0.0003",
  }),
  ...both("reasoning, which is part of the completion", chatPage, reasoned, {
    tokens: { input: 75, output: 162, reasoning: 1_024 },
    total: 1_261,
    bill: "75 × $0.15/M + 162 × $0.60/M + 1_024 × $0.60/M = $0.00072285",
  }),
  ...both("predicted outputs, of which four were rejected", predictedPage, predicted, {
    tokens: { input: 225, output: 77 },
    total: 302,
    bill: "225 × $0.15/M + 77 × $0.60/M = $0.00007995",
  }),
  {
    name: "chat, audio in and out",
    source: audioPage,
    operation: "chat-completions",
    request: { modalities: ["text", "audio"], audio: { voice: "alloy", format: "wav" } },
    answer: { whole: chat(spoke, { model: "gpt-audio-2025-08-28" }, audioAnswer) },
    tokens: { input: 20, audioInput: 100, output: 20, audioOutput: 70 },
    total: 210,
    bill: "20 × $0.15/M + 100 × $10/M + 20 × $0.60/M + 70 × $20/M = $0.002415",
  },
  ...both(
    "flex",
    tierPage,
    plain,
    { ...plainBill, bill: "1_000 × $0.075/M + 20 × $0.30/M = $0.000081" },
    { service_tier: "flex" },
  ),
  ...both(
    "priority",
    tierPage,
    plain,
    { ...plainBill, bill: "1_000 × $0.26/M + 20 × $1/M = $0.00028" },
    { service_tier: "priority" },
  ),
  ...both(
    "priority, with a class that tier has no price for",
    tierPage,
    wroteCache,
    {
      tokens: { input: 100, cacheRead: 2_000, cacheWrite5m: 400, cacheWrite1h: 100, output: 50 },
      total: 2_650,
      bill: { unpriced: /no rate for cacheRead/ },
    },
    { service_tier: "priority" },
  ),
  ...both(
    "batch",
    chatPage,
    plain,
    { ...plainBill, bill: "1_000 × $0.0750/M + 20 × $0.30/M = $0.000081" },
    { service_tier: "batch" },
  ),
  ...both(
    "scale, which was paid for in advance",
    chatPage,
    plain,
    { ...plainBill, bill: { unpriced: /no fee for serviceTier\.scale/ } },
    { service_tier: "scale" },
  ),
  ...both(
    "a model that searches for every answer",
    searchPage,
    plain,
    { ...plainBill, bill: "1_000 × $0.15/M + 20 × $0.60/M + 1 × $0.01 = $0.010162" },
    { model: "gpt-5-search-api-2025-10-14" },
  ),
  {
    name: "chat, sources cited by a model that is not known to search",
    source: searchPage,
    operation: "chat-completions",
    answer: { whole: chat(plain, {}, { ...said, annotations: [citation] }) },
    tokens: plainBill.tokens,
    total: plainBill.total,
    bill: { unpriced: /no fee for webSearchUncounted/ },
  },
  {
    name: "streamed chat, sources cited by a model that is not known to search",
    source: searchPage,
    operation: "chat-completions",
    answer: { events: chatEvents(plain, {}, { annotations: [citation] }) },
    tokens: plainBill.tokens,
    total: plainBill.total,
    bill: { unpriced: /no fee for webSearchUncounted/ },
  },
  {
    name: "streamed chat, include_usage asked for by the caller",
    source: streamPage,
    operation: "chat-completions",
    request: { stream_options: { include_usage: true } },
    answer: { events: chatEvents(plain) },
    ...plainBill,
  },
  {
    name: "streamed chat, include_usage not obeyed",
    source: streamPage,
    operation: "chat-completions",
    answer: { events: chatEvents(undefined) },
    tokens: null,
    total: null,
    bill: { unknown: "no-usage" },
  },
  {
    name: "streamed chat, cut before its usage",
    source: `${streamPage}: "if the stream is interrupted, you may not receive the final usage chunk"`,
    operation: "chat-completions",
    answer: { cutAfter: chatEvents(plain).slice(0, 2) },
    tokens: null,
    total: null,
    bill: { unknown: "cut" },
  },
  {
    name: "chat, stopped at its limit",
    source: chatPage,
    operation: "chat-completions",
    answer: { whole: chat(plain, {}, said, "length") },
    ...plainBill,
  },
  {
    name: "chat, refused in words, which are billed",
    source: chatPage,
    operation: "chat-completions",
    answer: { whole: chat(plain, {}, { ...said, content: null, refusal: "I cannot help with that." }) },
    ...plainBill,
  },
  {
    name: "chat, a report that contradicts itself",
    source: chatPage,
    operation: "chat-completions",
    answer: { whole: chat({ ...plain, total_tokens: 5_000 }) },
    tokens: null,
    total: null,
    bill: { unknown: "no-usage" },
  },
  {
    name: "streamed chat, usage beside the last choice",
    source: streamPage,
    operation: "chat-completions",
    answer: {
      events: [
        ...chatEvents(undefined).slice(0, 2),
        chunk([{ index: 0, delta: {}, finish_reason: "stop" }], { usage: plain }),
        "data: [DONE]\n\n",
      ],
    },
    ...plainBill,
  },
];
