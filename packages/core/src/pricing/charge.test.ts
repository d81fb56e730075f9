import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { usd } from "../money/decimal.ts";
import { type ChargePolicy, chargeFor } from "./charge.ts";

const passThrough: ChargePolicy = { kind: "pass-through", version: "pass-through" };
const markup = (markupPpm: bigint): ChargePolicy => ({ kind: "markup", version: `markup-${markupPpm}ppm`, markupPpm });

describe("a charge", () => {
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
  ])("is %s", (_name, policy, cost, expected) => {
    expect(chargeFor(policy, cost)).toBe(expected);
  });

  it.each([passThrough, markup(200_000n)])("of an unknown cost is unknown, never 0 (R6): $kind", (policy) => {
    expect(chargeFor(policy, null)).toBeNull();
  });

  it("is within half a pico of the exact markup, rounded once", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 80n }), fc.bigInt({ min: 0n, max: 10n ** 10n }), (cost, ppm) => {
        const exactMillionths = cost * (1_000_000n + ppm);
        const error = chargeFor(markup(ppm), cost)! * 1_000_000n - exactMillionths;
        expect(error >= -500_000n && error <= 500_000n).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
