import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { usd } from "../money/decimal.ts";
import { chargeVersion } from "../pricing/charge-version.ts";
import type { ChargePolicy } from "../pricing/charge.ts";
import { usageOf } from "../pricing/usage.ts";
import { aLine } from "../testing/builders.ts";
import { allowanceTermsOf, chargeLine, settleCharge } from "./charge-line.ts";
import { explainCharge } from "./explain-charge.ts";
import type { LedgerLine } from "./ledger-line.ts";

type Unnamed = Parameters<typeof chargeVersion>[0];

function policyOf(unnamed: Unnamed): ChargePolicy {
  return { ...unnamed, version: chargeVersion(unnamed) };
}

/** A line as it is stored. */
function stored(unnamed: Unnamed, before: bigint, overrides: Partial<LedgerLine> = {}): LedgerLine {
  const policy = policyOf(unnamed);
  const line = chargeLine(policy, aLine({ usage: usageOf({ input: 800, output: 200 }), ...overrides }));
  const terms = allowanceTermsOf(policy, line, "Europe/Berlin");
  return terms === null ? line : settleCharge(line, terms, before);
}

const list = {
  kind: "price-list",
  models: { "example/large-1": { rates: { input: usd("0.000003"), output: usd("0.000007") }, fees: {} } },
  unlisted: { kind: "markup", markupPpm: 500_000n },
} as const;
const tokens = { unit: "tokens", amount: 10_000n, per: "month" } as const;
const span = "from 2025-12-31T23:00:00.000Z to 2026-01-31T23:00:00.000Z";

describe("an explained charge", () => {
  it("by cost is one product", () => {
    const line = stored({ kind: "markup", markupPpm: 333_333n }, 0n, { costPico: usd("0.000000000001") });
    expect(explainCharge(line, true)).toEqual([
      "  charge $0.000000000001 by markup-333333ppm",
      "    cost $0.000000000001 × 1.333333 = $0.000000000001, rounded once, half-even at 10⁻¹²",
    ]);
    expect(explainCharge(line, false)).toEqual(["  charge $0.000000000001"]);
  });

  it("by one's own prices shows each product, to the tenant too", () => {
    const line = stored(list, 0n);
    const products = ["    800 input × $0.000003 = $0.0024", "    200 output × $0.000007 = $0.0014"];
    expect(explainCharge(line, true)).toEqual([`  charge $0.0038 by ${policyOf(list).version}`, ...products]);
    expect(explainCharge(line, false)).toEqual(["  charge $0.0038", ...products]);
  });

  it("of a model that is not on the list shows what priced it in its place", () => {
    const other = { provider: "example", model: "x" };
    const line = stored(list, 0n, { requested: other, answered: other, costPico: usd("2") });
    expect(explainCharge(line, true)[1]).toBe("    cost $2 × 1.5 = $3");
    const unknown = stored({ ...list, unlisted: null }, 0n, { requested: other, answered: other });
    expect(explainCharge(unknown, false)).toEqual(["  charge unknown: example/x is not on the price list"]);
  });

  it("says where an allowance stood before and after, and splits the line at its edge", () => {
    const line = stored({ ...list, allowance: tokens }, 9_400n);
    expect(explainCharge(line, false).slice(3)).toEqual([
      `    allowance tokens-month: 10000 tokens ${span}`,
      "    9400 used before, 600 of this attempt's 1000 included, 10000 used after",
      "    beyond it: $0.0038 × 400 / 1000 = $0.00152",
    ]);
    expect(explainCharge(stored({ ...list, allowance: tokens }, 9_000n), false).at(-1)).toBe(
      "    within it: $0 in place of $0.0038",
    );
    expect(explainCharge(stored({ ...list, allowance: tokens }, 10_000n), false).at(-1)).toBe("    beyond it: $0.0038");
  });

  it("is rounded once, of the product before any rounding", () => {
    const markup = { kind: "markup", markupPpm: 500_000n, allowance: { ...tokens, amount: 100n } } as const;
    // 1.5 × 10⁻¹² becomes 2 without an allowance; nine tenths of 1.5 are 1.35, and 1.
    const line = stored(markup, 0n, { costPico: 1n });
    expect(explainCharge(line, true).at(-1)).toBe(
      "    beyond it: $0.000000000002 before rounding × 900 / 1000 = $0.000000000001, rounded once, half-even at 10⁻¹²",
    );
    const whole = stored({ ...markup, allowance: { ...tokens, amount: 500n } }, 0n, { costPico: 4n });
    expect(explainCharge(whole, true).at(-1)).toBe("    beyond it: $0.000000000006 × 500 / 1000 = $0.000000000003");
  });

  it("subtracts an allowance of money", () => {
    const line = stored({ ...list, allowance: { unit: "usd", amount: usd("5"), per: "month" } }, usd("4.999"));
    expect(explainCharge(line, false).slice(3)).toEqual([
      `    allowance usd-month: $5 ${span}`,
      "    $4.999 used before, $0.001 of this attempt's $0.0038 included, $5 used after",
      "    beyond it: $0.0038 − $0.001 = $0.0028",
    ]);
  });

  it("says that an attempt was free because of how it ended", () => {
    const line = stored(list, 0n, { outcome: "timeout" });
    expect(explainCharge(line, false)).toEqual(["  charge $0: nothing is asked for an attempt that ended timeout"]);
    expect(line.marks).toEqual(["not-charged"]);
    expect(line.allowance).toBeUndefined();
  });

  it("adds up: what is beyond an allowance is what is written", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), fc.nat(3_000), fc.nat(3_000), (costPico, before, amount) => {
        const allowance = { unit: "tokens", amount: BigInt(amount), per: "day" } as const;
        const line = stored({ kind: "pass-through", allowance }, BigInt(before), { costPico });
        const row = explainCharge(line, false).at(-1) ?? "";
        const split = /^ {4}beyond it: \$(\S+) × (\d+) \/ (\d+) = \$([^,]+)/.exec(row);
        if (split === null) return;
        const [full, beyond, all, charge] = split.slice(1) as [string, string, string, string];
        const twiceError = 2n * (usd(charge) * BigInt(all) - usd(full) * BigInt(beyond));
        expect(twiceError <= BigInt(all) && twiceError >= -BigInt(all)).toBe(true);
        expect(usd(charge)).toBe(line.chargePico);
      }),
      { numRuns: 200 },
    );
  });
});

describe("a charge policy's version", () => {
  it("is the same for the same list in another order, and another for another price", () => {
    const a = { rates: { input: 1n, output: 2n }, fees: { x: 1n, y: 2n } };
    const b = { rates: { output: 2n, input: 1n }, fees: { y: 2n, x: 1n } };
    const of = (models: (typeof list | { models: Record<string, typeof a> })["models"]): string =>
      chargeVersion({ ...list, models });
    expect(of({ "p/1": a, "p/2": b })).toBe(of({ "p/2": a, "p/1": b }));
    expect(of({ "p/1": a })).not.toBe(of({ "p/1": { ...a, rates: { input: 1n, output: 3n } } }));
    expect(of({ "p/1": a })).not.toBe(of({ "p/1": { ...a, fees: { x: 1n, y: 3n } } }));
    expect(of({ "p/1": a })).toMatch(/^list-[0-9a-f]{16}\+unlisted-markup-500000ppm$/);
  });

  it("names allowance and attempts where they differ from what is customary", () => {
    const attempts = { aborted: "free", cut: "free", failed: "charged" } as const;
    const allowance = { unit: "usd", amount: usd("5"), per: "month" } as const;
    expect(chargeVersion({ kind: "pass-through", allowance, attempts })).toBe(
      "pass-through+5-usd-month+aborted-free+failed-charged",
    );
  });
});
