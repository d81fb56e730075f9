import { describe, expect, it } from "vitest";
import { createDataReader } from "../errors/data-reader.ts";
import { usd } from "../money/decimal.ts";
import type { ChargePolicy } from "../pricing/charge.ts";
import { describeCharge } from "./describe-charge.ts";
import { parseCharge } from "./parse-charge.ts";

function read(raw: unknown): { readonly policy: ChargePolicy | null; readonly problems: readonly string[] } {
  const reader = createDataReader();
  const policy = parseCharge(reader, raw, "charge");
  return { policy, problems: reader.issues.map(({ path, message }) => `${path}: ${message}`) };
}

const prices = { "acme/large": { perMillionTokens: { input: "3", output: "0" }, fees: { webSearch: "0.02" } } };

describe("a charge in a configuration", () => {
  it.each<[string, unknown, unknown, string]>([
    [
      "an allowance beyond which the cost is paid",
      { allowance: { calls: 100, per: "day" } },
      {
        kind: "pass-through",
        version: "pass-through+100-calls-day",
        allowance: { unit: "calls", amount: 100n, per: "day" },
      },
      "cost; beyond 100 calls a day",
    ],
    [
      "a markup with all that belongs to it",
      { markup: "20%", allowance: { usd: "5.5", per: "month" }, attempts: { aborted: "free", cut: "charged" } },
      {
        kind: "markup",
        markupPpm: 200_000n,
        version: "markup-200000ppm+5.5-usd-month+aborted-free+cut-charged",
        allowance: { unit: "usd", amount: usd("5.5"), per: "month" },
        attempts: { aborted: "free", cut: "charged", failed: "free" },
      },
      "cost plus 20 %; beyond $5.5 a month; aborted attempts free; cut attempts charged",
    ],
    [
      "prices of one's own",
      { prices, unlisted: { markup: "30%" }, allowance: { tokens: 0, per: "week" } },
      {
        kind: "price-list",
        models: {
          "acme/large": { rates: { input: usd("0.000003"), output: 0n }, fees: { webSearch: usd("0.02") } },
        },
        unlisted: { kind: "markup", markupPpm: 300_000n },
        version: expect.stringMatching(/^list-[0-9a-f]{16}\+unlisted-markup-300000ppm\+0-tokens-week$/),
        allowance: { unit: "tokens", amount: 0n, per: "week" },
      },
      "own prices of 1 model, others cost plus 30 %; beyond 0 tokens a week",
    ],
    [
      "what is not listed passed through",
      { prices, unlisted: "pass-through" },
      expect.objectContaining({ unlisted: { kind: "pass-through" } }),
      "own prices of 1 model, others cost",
    ],
    [
      "what is not listed unknown, as by default",
      { prices },
      read({ prices, unlisted: "unknown" }).policy,
      "own prices of 1 model, others unknown",
    ],
  ])("is %s", (_name, raw, policy, words) => {
    expect(read(raw)).toEqual({ policy, problems: [] });
    expect(describeCharge(read(raw).policy as ChargePolicy)).toBe(words);
  });

  it("that says nothing is refused", () => {
    expect(read({}).problems).toEqual([
      "charge: must set at least one of markup, prices, unlisted, allowance, attempts",
    ]);
  });

  it("has every mistake reported at once, each in its place", () => {
    const raw = {
      markup: "20%",
      prices: { large: { perMillionTokens: { input: 3 } }, "acme/x": { fees: { image: "-1" } } },
      unlisted: "free",
      allowance: { usd: "-1", tokens: 5, per: "fortnight" },
      attempts: { failed: "no", retried: "free" },
    };
    expect(read(raw)).toEqual({
      policy: null,
      problems: [
        "charge: must not set both markup and prices; for models without a price write the markup as unlisted",
        "charge.prices.large: write provider/model, such as acme/large",
        expect.stringContaining("charge.prices.large.perMillionTokens.input: write the price"),
        expect.stringContaining("charge.prices.acme/x.perMillionTokens: must be an object"),
        "charge.prices.acme/x.fees.image: cannot be negative; 0 is the lowest",
        'charge.unlisted: must be "unknown", "pass-through" or an object with markup',
        'charge.allowance.per: must be one of hour, day, week, month, year, not "fortnight"',
        "charge.allowance: must set exactly one of usd, tokens, calls",
        "charge.attempts.retried: is not a known field; known are aborted, cut, failed",
        'charge.attempts.failed: must be one of charged, free, not "no"',
      ],
    });
    expect(read({ unlisted: "unknown", allowance: { usd: "-1", per: "day" } }).problems).toEqual([
      "charge.unlisted: applies to models that are not in prices; there are none",
      "charge.allowance.usd: must not be negative",
    ]);
  });
});
