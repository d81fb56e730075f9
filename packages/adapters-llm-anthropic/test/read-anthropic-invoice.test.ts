import { usd } from "@tenantry/core";
import { describe, expect, it } from "vitest";
import { anthropicModelFamily, readAnthropicInvoice } from "../src/index.ts";

const page = (results: string, day = "2026-08-01", end = "2026-08-02", hasMore = false): string =>
  `{"data":[{"starting_at":"${day}T00:00:00Z","ending_at":"${end}T00:00:00Z","results":[${results}]}],"has_more":${hasMore},"next_page":null}`;

const cost = (amount: string, more: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    amount,
    currency: "USD",
    context_window: "0-200k",
    cost_type: "tokens",
    description: "Claude Sonnet 4 Usage - Input Tokens",
    inference_geo: null,
    model: "claude-sonnet-4-20250514",
    service_tier: "standard",
    token_type: "uncached_input_tokens",
    workspace_id: null,
    ...more,
  });

describe("the cost report", () => {
  it("has amounts in cents, read to the last digit", () => {
    const invoice = readAnthropicInvoice(page([cost("123.45"), cost("0.0000012345")].join()));
    expect(invoice.items.map(({ amount }) => amount)).toEqual([usd("1.2345"), usd("0.000000012345")]);
    expect(invoice).toMatchObject({
      format: "Anthropic cost report, API JSON",
      unit: "usd",
      decimals: 12,
      grain: { key: false, model: true },
      period: { from: Date.UTC(2026, 7, 1), to: Date.UTC(2026, 7, 2) },
    });
  });

  it("has no model for what is no call of one", () => {
    const search = cost("1", {
      model: null,
      cost_type: "web_search",
      description: "Web Search Usage",
      token_type: null,
    });
    expect(readAnthropicInvoice(page(search)).items).toMatchObject([{ model: null, text: "Web Search Usage" }]);
  });

  it("is of whole days where it is grouped by nothing", () => {
    const bare = cost("700.5", {
      model: null,
      cost_type: null,
      description: null,
      token_type: null,
      service_tier: null,
    });
    const invoice = readAnthropicInvoice(page(bare));
    expect(invoice.grain).toEqual({ key: false, model: false });
    expect(invoice.items).toMatchObject([{ amount: usd("7.005"), text: "not grouped by description" }]);
  });

  it.each([
    ["an unknown field", page(cost("1", { discount: "1" })), "data[0].results[0].discount: is not a documented field"],
    ["another currency", page(cost("1", { currency: "EUR" })), "currency: is EUR, not USD"],
    ["an amount that is none", page(cost("1,5")), "amount: must be an amount in digits"],
    ["a missing page", page("", "2026-08-01", "2026-08-02", true), "has_more: is true"],
    ["a page twice", `[${page(cost("1"))},${page(cost("1"))}]`, "a page is in the file twice"],
    ["a bucket of a week", page("", "2026-08-01", "2026-08-08"), "spans more than a day in UTC"],
  ])("is refused by name: %s", (_name, text, problem) => {
    expect(() => readAnthropicInvoice(text)).toThrow(problem);
  });

  it("leaves out a field that is ignored by name", () => {
    expect(readAnthropicInvoice(page(cost("1", { discount: "1" })), { ignore: ["discount"] }).items).toHaveLength(1);
  });
});

describe("the usage report", () => {
  const usage = {
    uncached_input_tokens: 1500,
    cache_creation: { ephemeral_1h_input_tokens: 1000, ephemeral_5m_input_tokens: 500 },
    cache_read_input_tokens: 200,
    output_tokens: 700,
    server_tool_use: { web_search_requests: 10 },
    api_key_id: "apikey_01",
    workspace_id: null,
    model: "claude-sonnet-4-20250514",
    service_tier: "standard",
    context_window: "0-200k",
    inference_geo: "global",
  };

  it("has disjoint classes, cache writes of both kinds together", () => {
    const invoice = readAnthropicInvoice(page(JSON.stringify(usage)));
    expect(invoice).toMatchObject({ unit: "tokens", grain: { key: true, model: true } });
    expect(invoice.items.map(({ key, part, amount }) => [key, part, amount])).toEqual([
      ["apikey_01", "input", 1_500n],
      ["apikey_01", "cacheRead", 200n],
      ["apikey_01", "cacheWrite", 1_500n],
      ["apikey_01", "output", 700n],
    ]);
  });

  it("is refused by the name of a class it is not known to have", () => {
    const later = { ...usage, cache_creation: { ...usage.cache_creation, ephemeral_24h_input_tokens: 1 } };
    expect(() => readAnthropicInvoice(page(JSON.stringify(later)))).toThrow(
      "cache_creation.ephemeral_24h_input_tokens",
    );
  });
});

describe("the Console's CSV", () => {
  const heading =
    "usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,list_price_usd,cost_type,inference_geo,speed,api_key_id,api_key_status";

  it("has amounts in dollars with two decimals, and display names", () => {
    const rows = [
      "2026-08-04,Claude Haiku 4.5,Default,demo,message,≤ 200k,input_no_cache,0.05,0.05,token,global,,apikey_01,active",
      "2026-08-05,,Default,demo,message,,,0.10,0.10,web_search,,,apikey_01,active",
    ];
    const invoice = readAnthropicInvoice([heading, ...rows, ""].join("\r\n"));
    expect(invoice.items).toMatchObject([
      { day: "2026-08-04", key: "apikey_01", model: "Claude Haiku 4.5", amount: usd("0.05") },
      { day: "2026-08-05", key: "apikey_01", model: null, amount: usd("0.1"), text: "web_search" },
    ]);
    expect(invoice).toMatchObject({ decimals: 2, period: { from: Date.UTC(2026, 7, 4), to: Date.UTC(2026, 7, 6) } });
    expect(invoice.notes.join()).toMatch(/never checked on a real account.*Priority Tier.*does not document/);
  });

  it("may be as old as 2024, without a cost type and without key ids", () => {
    const text =
      "usage_date_utc,model,workspace,api_key,usage_type,token_type,cost_usd\n2024-12-07,Claude 3.5 Sonnet 2024-10-22,,ann,message,output,0.30\n";
    expect(readAnthropicInvoice(text).items).toMatchObject([{ key: "ann", model: "Claude 3.5 Sonnet 2024-10-22" }]);
  });

  it("has usage in tokens", () => {
    const text =
      "usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,web_search_count,inference_geo,speed\n2026-03-22 15:00,claude-sonnet-4-20250514,demo,Default,standard,≤ 200k,100,20,3,50,7,0,,\n";
    const invoice = readAnthropicInvoice(text);
    expect(invoice.unit).toBe("tokens");
    expect(invoice.items.map(({ day, part, amount }) => [day, part, amount])).toEqual([
      ["2026-03-22", "input", 100n],
      ["2026-03-22", "cacheRead", 50n],
      ["2026-03-22", "cacheWrite", 23n],
      ["2026-03-22", "output", 7n],
    ]);
  });

  it.each([
    ["a column nobody knows", `${heading},credit_usd\n`, "credit_usd: is not a documented field"],
    ["a day that is none", `usage_date_utc,cost_usd\n08/04/2026,1\n`, "line 2: must be a span of time"],
    ["an amount that is none", `usage_date_utc,cost_usd\n2026-08-04,$1\n`, "cost_usd: must be an amount in digits"],
  ])("is refused by name: %s", (_name, text, problem) => {
    expect(() => readAnthropicInvoice(text)).toThrow(problem);
  });
});

it.each([
  ["Claude Haiku 4.5", "claude-haiku-4-5"],
  ["claude-haiku-4-5-20251001", "claude-haiku-4-5"],
  ["Claude 3.5 Sonnet 2024-10-22", "claude-3-5-sonnet"],
  ["claude-3-5-sonnet-20241022", "claude-3-5-sonnet"],
  ["claude-sonnet-4-20250514", "claude-sonnet-4"],
  ["claude-sonnet-4-0", "claude-sonnet-4"],
  ["claude-3-7-sonnet-latest", "claude-3-7-sonnet"],
])("%s is of the family %s", (model, family) => {
  expect(anthropicModelFamily(model)).toBe(family);
});
