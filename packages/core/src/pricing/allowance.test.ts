import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AllowanceTerms, type AllowanceUnit, drawOnAllowance } from "./allowance.ts";
import { type Usage, usageOf } from "./usage.ts";

interface Line {
  readonly exact: AllowanceTerms["exact"];
  readonly usage: Usage;
}

const period = { from: 0, to: 1_000 };

function terms(unit: AllowanceUnit, limit: bigint, exact: Line["exact"]): AllowanceTerms {
  return { id: `${unit}-month`, unit, limit, period, exact };
}

/** Lines settled one after another. */
function settle(unit: AllowanceUnit, limit: bigint, lines: readonly Line[]): { charges: bigint[]; used: bigint } {
  let used = 0n;
  const charges = lines.map(({ exact, usage }) => {
    const { chargePico, share } = drawOnAllowance(terms(unit, limit, exact), usage, used);
    expect(share.before).toBe(used);
    used += share.covered;
    return chargePico;
  });
  return { charges, used };
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);
const whole = (pico: bigint): Line["exact"] => ({ numerator: pico, denominator: 1n });
const some = fc.bigInt({ min: 0n, max: 2n ** 70n });
const tokens = fc.nat({ max: 5_000 });

describe("an allowance in money", () => {
  it("leaves of a period's lines exactly what is beyond it, in whatever order they are settled", () => {
    fc.assert(
      fc.property(
        fc
          .array(some, { maxLength: 20 })
          .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        fc.bigInt({ min: 0n, max: 2n ** 73n }),
        ([amounts, shuffled], limit) => {
          const linesOf = (of: readonly bigint[]): Line[] =>
            of.map((pico) => ({ exact: whole(pico), usage: usageOf({}) }));
          const total = sum(amounts);
          const beyond = total > limit ? total - limit : 0n;
          for (const order of [amounts, shuffled]) {
            const { charges, used } = settle("usd", limit, linesOf(order));
            expect(sum(charges)).toBe(beyond);
            expect(used).toBe(total - beyond);
            expect(charges.every((charge) => charge >= 0n)).toBe(true);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("is rounded once, before it is split", () => {
    const third = { numerator: 10n, denominator: 3n };
    expect(drawOnAllowance(terms("usd", 2n, third), usageOf({}), 0n)).toMatchObject({
      chargePico: 1n,
      share: { fullPico: 3n, quantity: 3n, covered: 2n },
    });
  });
});

describe("an allowance in tokens", () => {
  it("leaves the overage price of exactly the tokens beyond it, where every token costs the same", () => {
    fc.assert(
      fc.property(
        fc.array(tokens, { maxLength: 20 }),
        fc.nat({ max: 30_000 }),
        fc.bigInt({ min: 0n, max: 10n ** 9n }),
        (counts, limit, rate) => {
          const lines = counts.map((input) => ({ exact: whole(BigInt(input) * rate), usage: usageOf({ input }) }));
          const total = counts.reduce((all, count) => all + count, 0);
          const beyond = BigInt(Math.max(0, total - limit)) * rate;
          expect(sum(settle("tokens", BigInt(limit), lines).charges)).toBe(beyond);
          expect(sum(settle("tokens", BigInt(limit), lines.toReversed()).charges)).toBe(beyond);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("splits a line by its own tokens, within half a pico of exact, and never above its full charge", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.nat({ max: 8_000 }),
        fc.nat({ max: 8_000 }),
        some,
        fc.bigInt({ min: 1n, max: 10n ** 7n }),
        (count, limit, before, numerator, denominator) => {
          const exact = { numerator, denominator };
          const drawn = drawOnAllowance(
            terms("tokens", BigInt(limit), exact),
            usageOf({ output: count }),
            BigInt(before),
          );
          const beyond = BigInt(count) - drawn.share.covered;
          expect(drawn.share.covered).toBe(BigInt(Math.min(count, Math.max(0, limit - before))));
          const twiceError = 2n * (drawn.chargePico * denominator * BigInt(count) - numerator * beyond);
          const bound = denominator * BigInt(count);
          expect(twiceError >= -bound && twiceError <= bound).toBe(true);
          expect(drawn.chargePico >= 0n && drawn.chargePico <= drawn.share.fullPico).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("is not touched by what has a charge and no tokens", () => {
    const { chargePico, share } = drawOnAllowance(terms("tokens", 100n, whole(9n)), usageOf({}), 0n);
    expect([chargePico, share.covered]).toEqual([9n, 0n]);
  });
});

describe("an allowance in calls", () => {
  it("includes the first that are settled, whole", () => {
    const lines = [5n, 7n, 11n, 13n].map((pico) => ({ exact: whole(pico), usage: usageOf({ input: 1 }) }));
    expect(settle("calls", 2n, lines)).toEqual({ charges: [0n, 0n, 11n, 13n], used: 2n });
    expect(settle("calls", 0n, lines).charges).toEqual([5n, 7n, 11n, 13n]);
  });
});

it("of which more was used than there is now includes nothing more, and gives nothing back", () => {
  const { chargePico, share } = drawOnAllowance(terms("usd", 10n, whole(4n)), usageOf({}), 25n);
  expect([chargePico, share.covered, share.before]).toEqual([4n, 0n, 25n]);
});
