import { usd } from "@tenantry/core";
import { describe, expect, it } from "vitest";
import { openAIModelFamily, readOpenAIInvoice } from "../src/index.ts";

const day = 1_781_395_200; // 2026-06-14T00:00:00Z

const page = (results: string, more: { start?: number; end?: number; hasMore?: boolean } = {}): string => {
  const { start = day, end = start + 86_400, hasMore = false } = more;
  const bucket = `{"object":"bucket","start_time":${start},"end_time":${end},"results":[${results}]}`;
  return `{"object":"page","data":[${bucket}],"has_more":${hasMore},"next_page":null}`;
};

const cost = (value: string, lineItem: string | null, more = ""): string =>
  `{"object":"organization.costs.result","amount":{"value":${value},"currency":"usd"},"line_item":${JSON.stringify(lineItem)},"project_id":null${more}}`;

const itemsOf = (text: string): unknown[] =>
  readOpenAIInvoice(text).items.map(({ model, amount, text: what }) => [model, amount, what]);

describe("the costs API", () => {
  it("is read to the last digit, from numbers and from texts", () => {
    const results = [
      cost("0.1000000000000000055511151231257827", "gpt-4o-mini-2024-07-18, input"),
      cost('"0.00003420000000000000000000000000000000"', "gpt-4o-mini-2024-07-18, output"),
      cost('"0E-6176"', "gpt-4o-mini-2024-07-18, cached input"),
      cost("4.5e-06", "gpt-4o-mini-2024-07-18, input"),
    ];
    const invoice = readOpenAIInvoice(page(results.join()));
    expect(invoice.items.map(({ amount }) => amount)).toEqual([usd("0.1"), usd("0.0000342"), 0n, usd("0.0000045")]);
    expect(invoice).toMatchObject({
      format: "OpenAI costs, API JSON",
      unit: "usd",
      decimals: 9,
      grain: { key: false, model: true },
      period: { from: day * 1000, to: (day + 86_400) * 1000 },
    });
  });

  it("has a model where the line item names one, and none for what is no call", () => {
    const named = ["gpt-5-nano, input_tokens", "evals | gpt-4o-mini-2024-07-18, input", "web search tool calls"];
    expect(itemsOf(page(named.map((text) => cost("1", text)).join()))).toEqual([
      ["gpt-5-nano", usd("1"), named[0]],
      [null, usd("1"), named[1]],
      [null, usd("1"), named[2]],
    ]);
  });

  it("has the key of each item where it is grouped by key", () => {
    const invoice = readOpenAIInvoice(page(cost("0.06", null, ',"api_key_id":"key_abc","quantity":null')));
    expect(invoice.grain).toEqual({ key: true, model: false });
    expect(invoice.items).toMatchObject([{ key: "key_abc", day: "2026-06-14", text: "not grouped by line item" }]);
    expect(invoice.decimals).toBe(9);
    expect(readOpenAIInvoice(page(cost('"0.06"', null))).decimals).toBe(12);
  });

  it("may be a list of pages, and covers the days without cost too", () => {
    const next = page("", { start: day + 86_400 });
    const invoice = readOpenAIInvoice(`[${page(cost("1", null), { hasMore: true })},${next}]`);
    expect(invoice.period).toEqual({ from: day * 1000, to: (day + 2 * 86_400) * 1000 });
  });

  it.each([
    [
      "an unknown field",
      page(cost("1", null, ',"discount":0.5')),
      "data[0].results[0].discount: is not a documented field",
    ],
    ["a missing page", page("", { hasMore: true }), "has_more: is true"],
    ["a page twice", `[${page(cost("1", null))},${page(cost("1", null))}]`, "a page is in the file twice"],
    ["another currency", page(cost("1", null).replace("usd", "eur")), "amount.currency: is eur, not usd"],
    ["an amount that is none", page(cost('"free"', null)), "amount.value: must be an amount in digits"],
    ["no amount", page('{"object":"organization.costs.result"}'), "results[0].amount: must be an object"],
    [
      "another result",
      page(cost("1", null).replace("costs.result", "usage.images.result")),
      "organization.usage.images.result",
    ],
    ["a bucket of a week", page("", { end: day + 7 * 86_400 }), "spans more than a day in UTC"],
    ["half a day", page("", { end: day + 43_200 }), "begins or ends within a day"],
    ["the other half", page("", { start: day + 43_200, end: day + 86_400 }), "begins or ends within a day"],
    ["a bucket of nothing", page("", { end: day }), "must be a span of time"],
    ["no JSON", "{]", "is not JSON"],
  ])("is refused by name: %s", (_name, text, problem) => {
    expect(() => readOpenAIInvoice(text)).toThrow(problem);
  });

  it("leaves out a field that is ignored by name", () => {
    const text = page(cost("1", null, ',"discount":0.5'));
    expect(readOpenAIInvoice(text, { ignore: ["discount"] }).items).toHaveLength(1);
  });
});

describe("the usage API", () => {
  const usage = (more: string): string =>
    `{"object":"organization.usage.completions.result","input_tokens":5000,"output_tokens":1000,"num_model_requests":5${more}}`;

  it("has disjoint classes that add up to the provider's own totals", () => {
    const fields =
      ',"input_cached_tokens":4000,"input_cache_write_tokens":100,"model":"gpt-4o-mini-2024-07-18","api_key_id":"key_abc"';
    const invoice = readOpenAIInvoice(page(usage(fields)));
    expect(invoice).toMatchObject({
      format: "OpenAI usage, API JSON",
      unit: "tokens",
      grain: { key: true, model: true },
    });
    expect(invoice.items.map(({ part, amount }) => [part, amount])).toEqual([
      ["input", 900n],
      ["cacheRead", 4_000n],
      ["cacheWrite", 100n],
      ["output", 1_000n],
    ]);
  });

  it("may have buckets of an hour, as long as they make whole days", () => {
    const buckets = Array.from({ length: 24 }, (_, hour) =>
      page(usage(""), { start: day + hour * 3600, end: day + (hour + 1) * 3600 }),
    );
    const invoice = readOpenAIInvoice(`[${buckets.join()}]`);
    expect(new Set(invoice.items.map((item) => item.day))).toEqual(new Set(["2026-06-14"]));
  });

  it.each([
    ["more cached than there is", usage(',"input_cached_tokens":5001'), "is less than its cached tokens"],
    ["a fraction of a token", usage(',"input_cached_tokens":1.5'), "must be a whole number of at least 0"],
    ["less than nothing", usage(',"input_cached_tokens":-1'), "must be a whole number of at least 0"],
  ])("is refused by name: %s", (_name, result, problem) => {
    expect(() => readOpenAIInvoice(page(result))).toThrow(problem);
  });
});

describe("the dashboard's CSV", () => {
  const heading =
    "start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,quantity,quantity_unit,line_item,user_id,api_key_id,project_id,organization_id,project_name,organization_name,user_email,api_source";

  it("has amounts in dollars; a day without an amount is a day without cost", () => {
    const rows = [
      `${day},${day + 86_400},2026-06-14T00:00:00,2026-06-15T00:00:00,0.0038359800000000000,usd,57,tokens,"gpt-5-nano, input",,key_1,proj_a,org-a,A,Org,a@example.com,`,
      `${day + 86_400},${day + 172_800},2026-06-15T00:00:00,2026-06-16T00:00:00,,,,,,,,,,,,,`,
    ];
    const invoice = readOpenAIInvoice([heading, ...rows].join("\n"));
    expect(invoice.items).toMatchObject([{ key: "key_1", model: "gpt-5-nano", amount: usd("0.00383598") }]);
    expect(invoice.period).toEqual({ from: day * 1000, to: (day + 172_800) * 1000 });
    expect(invoice.notes.join()).toMatch(/never checked on a real account.*does not document the columns/);
  });

  it("has usage under the names of the usage API", () => {
    const text = `start_time,end_time,model,input_tokens,output_tokens,num_model_requests\n${day},${day + 86_400},gpt-4o,10,2,1\n`;
    expect(readOpenAIInvoice(text).items.map(({ part, amount }) => [part, amount])).toEqual([
      ["input", 10n],
      ["output", 2n],
    ]);
  });

  it.each([
    ["a column nobody knows", `${heading},discount_rate\n`, "discount_rate: is not a documented field"],
    ["a column that lacks", heading.replace("amount_value,", ""), "amount_value: is a column that is needed"],
    ["a row too short", `${heading}\n1,2`, "line 2 has 2 cells"],
  ])("is refused by name: %s", (_name, text, problem) => {
    expect(() => readOpenAIInvoice(text)).toThrow(problem);
  });
});

it.each([
  ["gpt-4o-mini-2024-07-18", "gpt-4o-mini"],
  ["gpt-4-0613", "gpt-4"],
  ["gpt-3.5-turbo-0125", "gpt-3.5-turbo"],
  ["chatgpt-4o-latest", "chatgpt-4o"],
  ["ft:gpt-4o-mini-2024-07-18:acme::abc", "ft-gpt-4o-mini"],
  ["ft-gpt-4o-mini-2024-07-18", "ft-gpt-4o-mini"],
  ["o3", "o3"],
])("%s is of the family %s", (model, family) => {
  expect(openAIModelFamily(model)).toBe(family);
});
