import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { usd } from "../money/decimal.ts";
import { type ChargedAttempt, type ChargePolicy, chargeFor, type CostCharge, type ListCharge } from "./charge.ts";
import { usageOf } from "./usage.ts";

const passThrough: ChargePolicy = { kind: "pass-through", version: "pass-through" };
const markup = (markupPpm: bigint): ChargePolicy => ({ kind: "markup", version: `markup-${markupPpm}ppm`, markupPpm });
const large = { provider: "example", model: "large-1" };
const small = { provider: "example", model: "small-1" };

function attempt(overrides: Partial<ChargedAttempt> = {}): ChargedAttempt {
  return {
    outcome: "ok",
    requested: large,
    answered: large,
    usage: usageOf({ input: 10 }),
    costPico: 100n,
    ...overrides,
  };
}

function priceList(unlisted: CostCharge | null, overrides: Partial<ListCharge> = {}): ChargePolicy {
  const models = { "example/large-1": { rates: { input: 3n, output: 7n }, fees: { webSearch: 1_000n } } };
  return { kind: "price-list", models, unlisted, version: "list-1", ...overrides };
}

describe("a charge by cost", () => {
  it.each<[string, ChargePolicy, bigint, bigint]>([
    ["cost itself, passed through", passThrough, usd("0.00045"), usd("0.00045")],
    ["cost and a fifth of it", markup(200_000n), usd("0.00045"), usd("0.00054")],
    ["twice the cost", markup(1_000_000n), usd("1.5"), usd("3")],
    ["cost without a markup", markup(0n), 12_345n, 12_345n],
    ["nothing for nothing", markup(200_000n), 0n, 0n],
    ["a millionth more", markup(1n), 1_000_000n, 1_000_001n],
    ["a charge of 1.5 pico, rounded up to the even 2", markup(500_000n), 1n, 2n],
    ["a charge of 4.5 pico, rounded down to the even 4", markup(500_000n), 3n, 4n],
    ["less than a half, dropped", markup(499_999n), 1n, 1n],
    ["more than a half, rounded up", markup(500_001n), 1n, 2n],
    ["an amount beyond 2⁶³", markup(200_000n), 10n ** 30n, 12n * 10n ** 29n],
  ])("is %s", (_name, policy, costPico, expected) => {
    expect(chargeFor(policy, attempt({ costPico })).chargePico).toBe(expected);
  });

  it.each([passThrough, markup(200_000n)])("of an unknown cost is unknown, never 0 (R6): $kind", (policy) => {
    expect(chargeFor(policy, attempt({ costPico: null })).chargePico).toBeNull();
    expect(chargeFor(policy, attempt({ usage: null, costPico: null, outcome: "timeout" })).chargePico).toBeNull();
  });

  it("is within half a pico of the exact markup, rounded once", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 80n }), fc.bigInt({ min: 0n, max: 10n ** 10n }), (costPico, ppm) => {
        const exactMillionths = costPico * (1_000_000n + ppm);
        const error = chargeFor(markup(ppm), attempt({ costPico })).chargePico! * 1_000_000n - exactMillionths;
        expect(error >= -500_000n && error <= 500_000n).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe("a charge by the tenant's own prices", () => {
  it("is usage × list, whatever the provider bills, and also where that is not known", () => {
    const usage = { ...usageOf({ input: 10, output: 2, reasoning: 1 }), fees: { webSearch: 2 } };
    for (const costPico of [0n, 999_999n, null]) {
      const charge = chargeFor(priceList(null), attempt({ usage, costPico }));
      expect(charge.chargePico).toBe(10n * 3n + 2n * 7n + 1n * 7n + 2n * 1_000n);
      expect(charge.items?.map(({ of, amountPico }) => [of, amountPico])).toEqual([
        ["input", 30n],
        ["output", 14n],
        ["reasoning", 7n],
        ["webSearch", 2_000n],
      ]);
    }
  });

  it("holds for every service tier of the provider", () => {
    const usage = { ...usageOf({ input: 10 }), serviceTier: "batch" } as const;
    expect(chargeFor(priceList(null), attempt({ usage })).chargePico).toBe(30n);
  });

  it("takes the price of the model that answered, else of the one that was asked", () => {
    expect(chargeFor(priceList(null), attempt({ requested: small })).chargePico).toBe(30n);
    expect(chargeFor(priceList(null), attempt({ answered: small })).chargePico).toBe(30n);
  });

  it.each<[string, Partial<ChargedAttempt>, string]>([
    ["a model", { requested: small, answered: small }, "example/small-1 is not on the price list"],
    ["a class", { usage: usageOf({ audioInput: 1 }) }, "price list of example/large-1 has no rate for audioInput"],
    ["a fee", { usage: { ...usageOf({}), fees: { image: 1 } } }, "price list of example/large-1 has no fee for image"],
  ])("is unknown, with its reason, for %s that is not on the list (R6)", (_name, overrides, reason) => {
    expect(chargeFor(priceList(null), attempt(overrides))).toMatchObject({ chargePico: null, exact: null, reason });
    const other = priceList({ kind: "markup", markupPpm: 500_000n });
    expect(chargeFor(other, attempt(overrides))).toMatchObject({ chargePico: 150n, reason: null, items: null });
    expect(chargeFor(other, attempt({ ...overrides, costPico: null })).chargePico).toBeNull();
  });

  it("takes a price of 0 for a price, and asks nothing for nothing", () => {
    const free = priceList(null, { models: { "example/large-1": { rates: { input: 0n }, fees: {} } } });
    expect(chargeFor(free, attempt()).chargePico).toBe(0n);
    expect(
      chargeFor(priceList(null), attempt({ answered: small, requested: small, usage: usageOf({}) })).chargePico,
    ).toBe(0n);
  });

  it("does not take a model's name for something an object has of itself", () => {
    const named = { provider: "x", model: "y" };
    expect(
      chargeFor(priceList(null, { models: {} }), attempt({ answered: named, requested: named })).chargePico,
    ).toBeNull();
  });
});

describe("an attempt that did not answer", () => {
  const policies = [passThrough, markup(200_000n), priceList({ kind: "pass-through" })];

  it.each(policies)("is paid for what was written when the tenant gave up, and free otherwise: $kind", (policy) => {
    expect(chargeFor(policy, attempt({ outcome: "aborted" }))).toEqual(chargeFor(policy, attempt()));
    for (const outcome of ["refused", "not-sent", "failed", "timeout", "cut", "lost"] as const) {
      expect(chargeFor(policy, attempt({ outcome }))).toMatchObject({ chargePico: 0n, isFree: true });
    }
  });

  it("is charged, or free, as the policy says for how it ended", () => {
    const policy: ChargePolicy = { ...passThrough, attempts: { aborted: "free", cut: "charged", failed: "charged" } };
    expect(chargeFor(policy, attempt({ outcome: "aborted" })).chargePico).toBe(0n);
    expect(chargeFor(policy, attempt({ outcome: "cut" })).chargePico).toBe(100n);
    expect(chargeFor(policy, attempt({ outcome: "timeout" })).chargePico).toBe(100n);
  });
});
