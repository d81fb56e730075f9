import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildLine } from "../calls/build-line.ts";
import { formatUsd, usd } from "../money/decimal.ts";
import { tokensOf, type Usage, usageOf } from "../pricing/usage.ts";
import { aCallRecord, aLine, anIntent, aPrice, aPriceBook } from "../testing/builders.ts";
import { explainCall } from "./explain-call.ts";
import type { LedgerLine } from "./ledger-line.ts";

const text = (lines: readonly LedgerLine[], showCost = true, call = aCallRecord()): string =>
  explainCall({ call, lines }, { showCost }).join("\n");

/** A line as it is really made: measured usage, priced, charged with a markup of a fifth. */
function priced(usage: Usage, some: { attemptId?: string; rate?: bigint } = {}): LedgerLine {
  const rate = some.rate ?? 150_000n;
  return buildLine({
    intent: anIntent({ attemptId: some.attemptId ?? "att-1" }),
    facts: { outcome: "ok", source: "measured", usage },
    recordedAt: Date.UTC(2026, 0, 15, 12, 0, 1),
    book: aPriceBook([
      aPrice({ rates: { input: rate, cacheRead: rate / 2n, output: 4n * rate }, fees: { webSearch: usd("0.01") } }),
    ]),
    charge: { kind: "markup", version: "markup-200000ppm", markupPpm: 200_000n },
    holdPico: 9_999_999_999n,
    latencyMs: 812.4,
    reportedModel: null,
    responseId: "resp-1",
    status: 200,
  });
}

describe("an explained call", () => {
  it("reads like the sum a person would write down", () => {
    const line = priced({ ...usageOf({ input: 1_000, cacheRead: 200, output: 50 }), fees: { webSearch: 2 } });
    const call = aCallRecord({
      userId: "u",
      sessionId: "s",
      feature: "summary",
      featuresUsed: ["decisions", "summary"],
      verdicts: [{ objectiveId: "latency-p95-2000ms", verdict: "good" }],
    });
    expect(text([line], true, call).split("\n")).toEqual([
      "call call-1: ok",
      "  tenant tenant-a, user u, session s, feature summary; tier tier-a, using decisions, summary",
      "  admitted 2026-01-15T12:00:00.000Z, 1 attempt, 850 ms to the last byte, 200 ms to the first",
      "  objective latency-p95-2000ms: good",
      "",
      "attempt 1 att-1: ok, HTTP 200",
      "  model example/large-1",
      "  sent 2026-01-15T12:00:00.000Z, took 812 ms",
      "  provider's response resp-1",
      "  usage measured by the provider: 1000 input + 200 cacheRead + 50 output + 2 webSearch = 1250 tokens",
      "  cost $0.020195, exact, no rounding; price price-1; held $0.009999999999 before it was sent",
      "    1000 input × $0.00000015 = $0.00015",
      "    200 cacheRead × $0.000000075 = $0.000015",
      "    50 output × $0.0000006 = $0.00003",
      "    2 webSearch × $0.01 = $0.02",
      "  charge $0.024234 by markup-200000ppm",
      "    cost $0.020195 × 1.2 = $0.024234",
      "  marks: hold-exceeded",
      "",
      "total cost $0.020195",
      "total charge $0.024234",
    ]);
  });

  it("adds up: every product, every sum of products, every total", () => {
    const anyUsage = fc
      .record({ input: fc.nat(10_000_000), cacheRead: fc.nat(10_000), output: fc.nat(100_000) })
      .chain((tokens) => fc.record({ tokens: fc.constant(tokensOf(tokens)), webSearch: fc.nat(3) }))
      .map(({ tokens, webSearch }): Usage => ({ tokens, fees: { webSearch }, serviceTier: "standard" }));
    const lines = fc
      .array(fc.tuple(anyUsage, fc.bigInt({ min: 0n, max: 2n ** 66n })), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.map(([usage, rate], index) => priced(usage, { attemptId: `att-${index}`, rate })));
    fc.assert(
      fc.property(lines, (made) => {
        const printed = text(made).split("\n");
        let itemSum = 0n;
        let costSum = 0n;
        let chargeSum = 0n;
        let costs = 0;
        let open: bigint | null = null;
        for (const row of printed) {
          const product = /^ {4}(\d+) \S+ × \$(\S+) = \$(\S+)$/.exec(row);
          if (product !== null) {
            expect(BigInt(product[1]!) * usd(product[2]!)).toBe(usd(product[3]!));
            itemSum += usd(product[3]!);
          } else if (open !== null) {
            expect(itemSum).toBe(open);
            open = null;
          }
          const cost = /^ {2}cost \$([^,]+), exact/.exec(row);
          if (cost !== null) {
            open = usd(cost[1]!);
            itemSum = 0n;
            costSum += open;
            costs += 1;
          }
          const charge = /^ {2}charge \$(\S+) by /.exec(row);
          if (charge !== null) chargeSum += usd(charge[1]!);
          const used = /: (.*) = (\d+) tokens$/.exec(row);
          if (used !== null) {
            const tokens = used[1]!.split(" + ").filter((part) => !part.endsWith(" webSearch"));
            expect(tokens.reduce((sum, part) => sum + Number.parseInt(part, 10), 0)).toBe(Number(used[2]));
          }
        }
        expect(costs).toBe(made.length);
        expect(printed.at(-2)).toBe(`total cost $${formatUsd(costSum)}`);
        expect(printed.at(-1)).toBe(`total charge $${formatUsd(chargeSum)}`);
      }),
      { numRuns: 200 },
    );
  });

  it("shows no cost, rate, hold or price where cost is not to be seen", () => {
    const hidden = text([priced(usageOf({ input: 1_000, output: 50 }))], false);
    expect(hidden).not.toMatch(/cost|held|×|price-1/);
    expect(hidden).toContain("charge $0.000216");
    expect(hidden, "the markup would tell the cost").not.toContain("markup");
    expect(hidden).toContain("1000 input + 50 output = 1050 tokens");
    expect(hidden.split("\n").at(-1)).toBe("total charge $0.000216");
  });
});

describe("an explained attempt", () => {
  it.each<[string, Partial<LedgerLine>, string]>([
    [
      "of unknown usage says so, with the most it can be",
      { outcome: "timeout", source: "unknown", usage: null, costPico: null, chargePico: null, atMostPico: 5_000n },
      "  cost unknown, at most $0.000000005; held $0.000000005 before it was sent",
    ],
    [
      "of unknown usage without a bound says so",
      { source: "unknown", usage: null, costPico: null, chargePico: null, holdPico: null },
      "  cost unknown, without a known bound",
    ],
    [
      "of unknown usage was asked all the same",
      { source: "unknown", usage: null, costPico: null, chargePico: null },
      "  usage unknown: the provider was asked and we never heard how much it used",
    ],
    [
      "without a price says why, and is not called free",
      { costPico: null, chargePico: null, unpricedReason: "no price for a/b at that time", holdPico: null },
      "  cost unknown: unpriced, no price for a/b at that time",
    ],
    [
      "that was estimated says by whom",
      { source: "estimated" },
      "  usage estimated by us: 8 input + 2 output = 10 tokens",
    ],
    ["that used nothing says so", { usage: usageOf({}), costPico: 0n }, "  usage measured by the provider: none"],
    [
      "answered by another model names both",
      { answered: { provider: "example", model: "x" } },
      "  model example/large-1, answered by example/x",
    ],
    [
      "answered by a dated edition names it",
      { reportedModel: "large-1-0613" },
      "  model example/large-1 as large-1-0613",
    ],
    ["that answered under its own name does not repeat it", { reportedModel: "large-1" }, "  model example/large-1"],
    ["with marks shows them", { marks: ["model-differs", "hold-exceeded"] }, "  marks: model-differs, hold-exceeded"],
    ["that failed says how", { outcome: "refused", status: 429 }, "attempt 1 att-1: refused, HTTP 429"],
    ["that never had an answer has no status", { outcome: "reset" as never, status: null }, "attempt 1 att-1: reset"],
    ["that was lost has no time", { latencyMs: null }, "  sent 2026-01-15T12:00:00.000Z"],
  ])("%s", (_name, some, expected) => {
    expect(text([aLine(some)]).split("\n")).toContain(expected);
  });

  it("that was superseded stays readable and leaves the totals", () => {
    const old = aLine({ source: "unknown", usage: null, costPico: null, chargePico: null });
    const late = aLine({
      lineId: "late",
      supersedes: "att-1",
      costPico: 700n,
      chargePico: 700n,
      reportedBy: "admin:key-1",
      usage: null,
      priceId: null,
    });
    const rows = text([old, late]).split("\n");
    expect(rows).toContain("attempt 1 att-1: ok, HTTP 200 (superseded)");
    expect(rows).toContain("  line late of 2026-01-15T12:00:00.000Z supersedes line att-1, told by admin:key-1");
    expect(rows).toContain("  usage not told, only what it cost");
    expect(rows).toContain(
      "  cost $0.0000000007, billed by the provider, not computed here; held $0.000000005 before it was sent",
    );
    expect(text([old, late], false)).not.toContain("admin:key-1");
    expect(rows.slice(-2)).toEqual(["total cost $0.0000000007", "total charge $0.0000000007"]);
  });
});

describe("the total of an explained call", () => {
  it("says how many of its attempts it does not know", () => {
    const unknown = aLine({
      attemptId: "att-2",
      ordinal: 2,
      costPico: null,
      chargePico: null,
      source: "unknown",
      usage: null,
    });
    const rows = text([aLine(), unknown]).split("\n");
    expect(rows.slice(-2)).toEqual([
      "total cost $0.000000001, except 1 of unknown cost",
      "total charge $0.000000001, except 1 of unknown charge",
    ]);
  });
});

describe("the head of an explained call", () => {
  it.each<[string, Parameters<typeof aCallRecord>[0], string]>([
    [
      "says why it failed",
      { outcome: "failed", failure: "upstream_timeout" },
      "call call-1: failed (upstream_timeout)",
    ],
    ["does not call best effort a promise kept", {}, "  no objective: best effort"],
    ["names the tenant alone where nobody else is known", {}, "  tenant tenant-a; tier tier-a"],
    [
      "says when its latency is unknown, and counts attempts",
      { latencyMs: null, ttftMs: null, attempts: 2 },
      "  admitted 2026-01-15T12:00:00.000Z, 2 attempts, unknown latency",
    ],
    [
      "without attempts says so",
      { attempts: 0, ttftMs: null },
      "  admitted 2026-01-15T12:00:00.000Z, 0 attempts, 850 ms to the last byte",
    ],
  ])("%s", (_name, some, expected) => {
    expect(text([], true, aCallRecord(some)).split("\n")).toContain(expected);
  });

  it("of a call in flight says what has ended so far", () => {
    const rows = explainCall({ call: null, lines: [aLine()] }, { showCost: true });
    expect(rows[0]).toBe("call call-1 is in flight; 1 of its attempts have ended");
    expect(rows).toContain("attempt 1 att-1: ok, HTTP 200");
  });
});
