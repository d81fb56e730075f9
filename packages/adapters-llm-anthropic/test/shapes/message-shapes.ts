import type { BillingShape } from "@tenantry/testkit";
import { beginning, closing, message, messageEvents, plainUsage, stop } from "./wire.ts";

const docs = "https://platform.claude.com/docs/en";
const messagePage = `${docs}/api/messages/create (2026-11-23)`;
const streamPage = `${docs}/build-with-claude/streaming (2026-11-23)`;
const cachePage = `${docs}/build-with-claude/prompt-caching (2026-11-23)`;
const thinkingPage = `${docs}/build-with-claude/extended-thinking (2026-11-23)`;
const tierPage = `${docs}/api/service-tiers (2026-11-23)`;
const pricesPage = `${docs}/about-claude/pricing (2026-11-23)`;
const searchPage = `${docs}/agents-and-tools/tool-use/web-search-tool (2026-11-23)`;
const fetchPage = `${docs}/agents-and-tools/tool-use/web-fetch-tool (2026-11-23)`;
const codePage = `${docs}/agents-and-tools/tool-use/code-execution-tool (2026-11-23)`;
const stopPage = `${docs}/build-with-claude/handling-stop-reasons (2026-11-23)`;
const notesPage = `${docs}/release-notes/overview, 2 June 2026 (2026-11-23)`;

type Bill = Pick<BillingShape, "tokens" | "total" | "bill">;

/** The same report in a whole message and cumulated over a stream. */
function both(
  name: string,
  source: string,
  usage: Readonly<Record<string, unknown>>,
  bill: Bill,
  more: Readonly<Record<string, unknown>> = {},
): BillingShape[] {
  const shape = { source, operation: "messages", ...bill };
  return [
    { ...shape, name: `message, ${name}`, answer: { whole: message(usage, more) } },
    { ...shape, name: `streamed message, ${name}`, answer: { events: messageEvents(usage, more) } },
  ];
}

const tokenBill = "2_095 × $1/M + 503 × $5/M";
const plainBill: Bill = { tokens: { input: 2_095, output: 503 }, total: 2_598, bill: `${tokenBill} = $0.00461` };
const unpriced = (reason: RegExp): Bill => ({ ...plainBill, bill: { unpriced: reason } });
const unknown: Bill = { tokens: null, total: null, bill: { unknown: "no-usage" } };
const cut: Bill = { tokens: null, total: null, bill: { unknown: "cut" } };

const readCache = { ...plainUsage, input_tokens: 21, cache_read_input_tokens: 188_086, output_tokens: 393 };
const wrote5m = {
  ...plainUsage,
  input_tokens: 21,
  cache_creation_input_tokens: 188_086,
  cache_creation: { ephemeral_5m_input_tokens: 188_086, ephemeral_1h_input_tokens: 0 },
  output_tokens: 393,
};
const wroteBoth = {
  ...plainUsage,
  input_tokens: 2_048,
  cache_read_input_tokens: 1_800,
  cache_creation_input_tokens: 248,
  cache_creation: { ephemeral_5m_input_tokens: 148, ephemeral_1h_input_tokens: 100 },
  output_tokens: 503,
};
/** As before there were two lifetimes: the number alone, which is of five minutes. */
const wroteFlat = {
  input_tokens: 2_048,
  cache_read_input_tokens: 1_800,
  cache_creation_input_tokens: 248,
  output_tokens: 503,
};
const thought = { ...plainUsage, output_tokens_details: { thinking_tokens: 300 } };
const tools = (counts: object): Readonly<Record<string, unknown>> => ({ ...plainUsage, server_tool_use: counts });
const container = { id: "container_011CPR5CNjB747bTd36fQLFk", expires_at: "2026-11-23T21:13:02Z", skills: null };
const nothingWritten = { ...plainUsage, output_tokens: 0 };
const declined = {
  content: [],
  stop_reason: "refusal",
  stop_details: { type: "refusal", category: "cyber", explanation: "This request was declined." },
};

export const messageShapes: readonly BillingShape[] = [
  ...both("plain", messagePage, plainUsage, plainBill),
  ...both("cache read, which is beside the input", cachePage, readCache, {
    tokens: { input: 21, cacheRead: 188_086, output: 393 },
    total: 188_500,
    bill: "21 × $1/M + 188_086 × $0.10/M + 393 × $5/M = $0.0207946",
  }),
  ...both("written to the cache for five minutes", cachePage, wrote5m, {
    tokens: { input: 21, cacheWrite5m: 188_086, output: 393 },
    total: 188_500,
    bill: "21 × $1/M + 188_086 × $1.25/M + 393 × $5/M = $0.2370935",
  }),
  ...both("written to the cache for five minutes and for an hour, and read from it", cachePage, wroteBoth, {
    tokens: { input: 2_048, cacheRead: 1_800, cacheWrite5m: 148, cacheWrite1h: 100, output: 503 },
    total: 4_599,
    bill: "2_048 × $1/M + 1_800 × $0.10/M + 148 × $1.25/M + 100 × $2/M + 503 × $5/M = $0.005128",
  }),
  ...both("written to the cache, told by the number alone", cachePage, wroteFlat, {
    tokens: { input: 2_048, cacheRead: 1_800, cacheWrite5m: 248, output: 503 },
    total: 4_599,
    bill: "2_048 × $1/M + 1_800 × $0.10/M + 248 × $1.25/M + 503 × $5/M = $0.005053",
  }),
  ...both("thinking, which is part of the output", thinkingPage, thought, {
    tokens: { input: 2_095, output: 203, reasoning: 300 },
    total: 2_598,
    bill: "2_095 × $1/M + 203 × $5/M + 300 × $5/M = $0.00461",
  }),
  ...both("three web searches", searchPage, tools({ web_search_requests: 3, web_fetch_requests: 0 }), {
    ...plainBill,
    bill: `${tokenBill} + 3 × $0.01 = $0.03461`,
  }),
  ...both(
    "web fetches, which cost their tokens alone",
    fetchPage,
    tools({ web_search_requests: 0, web_fetch_requests: 4 }),
    plainBill,
  ),
  ...both(
    "code execution, billed by the hour",
    codePage,
    tools({ code_execution_requests: 2, web_search_requests: 0, web_fetch_requests: 0 }),
    unpriced(/no fee for codeExecution/),
  ),
  ...both("a container and no count of what ran in it", codePage, plainUsage, unpriced(/no fee for codeExecution/), {
    container,
  }),
  ...both(
    "a server tool nobody has heard of",
    messagePage,
    tools({ web_search_requests: 0, telescope_requests: 1 }),
    unpriced(/no fee for serverTool\.telescope_requests/),
  ),
  ...both(
    "the priority tier",
    tierPage,
    { ...plainUsage, service_tier: "priority" },
    { ...plainBill, bill: { unpriced: /no priority rates/ } },
  ),
  ...both(
    "the batch tier",
    tierPage,
    { ...plainUsage, service_tier: "batch" },
    { ...plainBill, bill: "2_095 × $0.50/M + 503 × $2.50/M = $0.002305" },
  ),
  ...both(
    "a tier nobody has heard of",
    tierPage,
    { ...plainUsage, service_tier: "overnight" },
    unpriced(/no fee for serviceTier\.overnight/),
  ),
  ...both(
    "inference in one region",
    pricesPage,
    { ...plainUsage, inference_geo: "us" },
    unpriced(/no fee for inferenceGeo\.us/),
  ),
  ...both("fast mode", pricesPage, { ...plainUsage, speed: "fast" }, unpriced(/no fee for fastMode/)),
  ...both(
    "a credit for a refused request, redeemed",
    messagePage,
    { ...plainUsage, fallback_credit: { status: { type: "redeemed" } } },
    unpriced(/no fee for fallbackCredit/),
  ),
  ...both(
    "a credit that was not applied",
    messagePage,
    { ...plainUsage, fallback_credit: { status: { type: "not_applied", reason: "expired" } } },
    plainBill,
  ),
  ...both(
    "refused before anything was written, which is not billed",
    notesPage,
    nothingWritten,
    { tokens: {}, total: 0, bill: "0 × $1/M = $0" },
    declined,
  ),
  ...both("refused in the middle, which is billed as far as it came", notesPage, plainUsage, plainBill, {
    ...declined,
    content: [{ type: "text", text: "Hel" }],
  }),
  ...both(
    "paused for the caller to go on",
    stopPage,
    tools({ web_search_requests: 10, web_fetch_requests: 0 }),
    {
      ...plainBill,
      bill: `${tokenBill} + 10 × $0.01 = $0.10461`,
    },
    { stop_reason: "pause_turn" },
  ),
  ...both("stopped at its limit", stopPage, plainUsage, plainBill, { stop_reason: "max_tokens" }),
  {
    name: "message, a compaction beside its own tokens",
    source: `${docs}/build-with-claude/compaction (2026-11-23)`,
    operation: "messages",
    answer: {
      whole: message({
        ...plainUsage,
        iterations: [
          { type: "compaction", input_tokens: 1_000, output_tokens: 100 },
          { type: "message", input_tokens: 2_095, output_tokens: 503 },
        ],
      }),
    },
    tokens: { input: 3_095, output: 603 },
    total: 3_698,
    bill: "3_095 × $1/M + 603 × $5/M = $0.00611",
  },
  {
    name: "message, an iteration of another model",
    source: messagePage,
    operation: "messages",
    answer: {
      whole: message({
        ...plainUsage,
        iterations: [
          { type: "message", input_tokens: 2_095, output_tokens: 503 },
          { type: "advisor_message", model: "claude-opus-4-8", input_tokens: 9_000, output_tokens: 400 },
        ],
      }),
    },
    ...unpriced(/no fee for advisorMessage/),
  },
  {
    name: "streamed message, searches counted in the closing report alone",
    source: streamPage,
    operation: "messages",
    answer: {
      events: [
        ...beginning({ input_tokens: 472, output_tokens: 2 }),
        closing({ input_tokens: 10_682, output_tokens: 510, server_tool_use: { web_search_requests: 1 } }),
        stop,
      ],
    },
    tokens: { input: 10_682, output: 510 },
    total: 11_192,
    bill: "10_682 × $1/M + 510 × $5/M + 1 × $0.01 = $0.023232",
  },
  {
    name: "streamed message, whose closing report has the output alone",
    source: streamPage,
    operation: "messages",
    answer: { events: [...beginning(wroteBoth), closing({ output_tokens: 503 }), stop] },
    tokens: { input: 2_048, cacheRead: 1_800, cacheWrite5m: 148, cacheWrite1h: 100, output: 503 },
    total: 4_599,
    bill: "2_048 × $1/M + 1_800 × $0.10/M + 148 × $1.25/M + 100 × $2/M + 503 × $5/M = $0.005128",
  },
  {
    name: "streamed message, two closing reports, of which the last counts",
    source: streamPage,
    operation: "messages",
    answer: {
      events: [
        ...beginning(plainUsage),
        closing({ output_tokens: 200 }, { stop_reason: null }),
        closing({ output_tokens: 503 }),
        stop,
      ],
    },
    ...plainBill,
  },
  {
    name: "streamed message, without a closing report",
    source: streamPage,
    operation: "messages",
    answer: { events: [...beginning(plainUsage), closing(null), stop] },
    ...unknown,
  },
  {
    name: "streamed message, cut after its start, where the output is a placeholder",
    source: streamPage,
    operation: "messages",
    answer: { cutAfter: beginning(plainUsage).slice(0, 4) },
    ...cut,
  },
  {
    name: "streamed message, cut before message_stop",
    source: streamPage,
    operation: "messages",
    answer: { cutAfter: [...beginning(plainUsage), closing({ output_tokens: 503 })] },
    ...cut,
  },
  {
    name: "message, cache writes that do not add up",
    source: cachePage,
    operation: "messages",
    answer: { whole: message({ ...wroteBoth, cache_creation_input_tokens: 500 }) },
    ...unknown,
  },
  {
    name: "count of tokens, which is free",
    source: `${docs}/build-with-claude/token-counting (2026-11-23)`,
    operation: "count-tokens",
    answer: { whole: { input_tokens: 14 } },
    tokens: {},
    total: 0,
    bill: "0 × $1/M = $0",
  },
];
